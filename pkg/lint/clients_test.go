package lint

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of clients anew")

// testdata is the directory of published data; tests that need it are skipped without.
func testdata(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("RAPPORT_TESTDATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "testdata")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no %s: set RAPPORT_TESTDATA to where the published data lies", path)
	}
	return path
}

// columns are the clients and the families and platforms of caniemail they stand for; no platforms: all.
var columns = []struct {
	client, family string
	platforms      []string
}{
	{"gmail", "gmail", nil},
	{"outlook", "outlook", []string{"windows"}},
	{"outlook-new", "outlook", []string{"outlook-com", "ios", "android", "macos"}},
	{"apple-mail", "apple-mail", nil},
	{"yahoo", "yahoo", nil},
	{"aol", "aol", nil},
	{"gmx", "gmx", nil},
	{"web-de", "web-de", nil},
	{"ionos", "ionos-1and1", nil},
	{"samsung", "samsung-email", nil},
	{"thunderbird", "thunderbird", nil},
	{"protonmail", "protonmail", nil},
	{"fastmail", "fastmail", nil},
	{"hey", "hey", nil},
	{"orange", "orange", nil},
	{"laposte", "laposte", nil},
	{"sfr", "sfr", nil},
	{"mail-ru", "mail-ru", nil},
}

// canIEmail is the published data, as far as it is of use.
type canIEmail struct {
	Features []struct {
		Slug, Title, Category string
		Stats                 map[string]map[string]map[string]string
	}
}

// manual are features whose keys do not follow from their titles; without keys they are left out.
var manual = map[string][2]string{
	"css-gap": {"prop", "gap,column-gap,row-gap"}, "css-left-right-top-bottom": {"prop", "left,right,top,bottom"},
	"css-grid-template": {"prop", "grid-template,grid-template-columns,grid-template-rows,grid-template-areas"}, "css-column-layout-properties": {"prop", "column-rule,column-fill,column-span"},
	"css-column-count": {"prop", "column-count,columns"}, "css-margin-inline-block": {"prop", "margin-inline,margin-block"}, "css-padding-inline-block": {"prop", "padding-inline,padding-block"},
	"css-margin-inline-start-end": {"prop", "margin-inline-start,margin-inline-end"}, "css-padding-inline-start-end": {"prop", "padding-inline-start,padding-inline-end"},
	"css-margin-block-start-end": {"prop", "margin-block-start,margin-block-end"}, "css-padding-block-start-end": {"prop", "padding-block-start,padding-block-end"},
	"css-block-inline-size": {"prop", "block-size"}, "css-variables": {"func", "var"}, "css-unit-calc": {"func", "calc"}, "css-modern-color": {"func", "lch,oklch,lab,oklab"},
	"css-display-flex": {"value", "display:flex,display:inline-flex"}, "css-display-grid": {"value", "display:grid,display:inline-grid"}, "css-display-none": {}, "css-display": {},
	"css-flex-direction": {"prop", "flex-direction"}, "css-flex-wrap": {"prop", "flex-wrap"}, "css-rgb": {"func", "rgb"}, "css-important": {}, "css-comments": {}, "css-inert-attribute": {"attr", "inert"}, "css-color-scheme": {},
	"html-svg": {"element", "svg"}, "html-semantics": {"element", "article,aside,details,figcaption,figure,footer,header,main,nav,section,summary"}, "html-srcset": {"attr", "srcset"},
	"image-heif": {"image", "heif,heic"}, "image-tiff": {"image", "tiff,tif"}, "image-jpg": {"image", "jpg,jpeg"}, "image-base64": {}, "html-body": {}, "html-style": {}, "html-link": {}, "html-form": {}, "html-object": {}, "html-video": {}, "html-audio": {}, "html-select": {}, "html-textarea": {}, "html-table": {}, "html-img": {},
}

var titles = []struct {
	category, kind string
	match          *regexp.Regexp
}{
	{"css", "prop", regexp.MustCompile(`^([a-z-]+)(?: property| shorthand| CSS property)?\s*$`)},
	{"css", "func", regexp.MustCompile(`^([a-z-]+)\(\)$`)},
	{"css", "unit", regexp.MustCompile(`^([a-z]+) unit$`)},
	{"html", "element", regexp.MustCompile(`^<([a-z0-9]+)> element$`)},
	{"html", "attr", regexp.MustCompile(`^([a-z-]+) attribute$`)},
}

func keysOf(slug, title, category string) (kind, keys string) {
	if m, ok := manual[slug]; ok {
		return m[0], m[1]
	}
	if ext, ok := strings.CutPrefix(slug, "image-"); ok {
		return "image", ext
	}
	if strings.Contains(slug, "pseudo") || strings.Contains(slug, "selector") || strings.Contains(slug, "-at-") || slug == "css-unit-initial" || slug == "css-nesting" {
		return "", "" // enhancements by their nature
	}
	for _, t := range titles {
		if m := t.match.FindStringSubmatch(title); m != nil && t.category == category {
			return t.kind, m[1]
		}
	}
	return "", ""
}

// newest are the values of a platform's newest versions: those that are dates and those that are numbers.
func newest(versions map[string]string) []string {
	best := map[bool]string{}
	for v := range versions {
		dated := len(v) >= 4 && (v[:2] == "20" || v[:2] == "19") && !strings.Contains(v, ".")
		if best[dated] == "" || number(v) > number(best[dated]) {
			best[dated] = v
		}
	}
	var out []string
	for _, v := range best {
		out = append(out, versions[v][:1])
	}
	return out
}

// number makes versions comparable as texts.
func number(version string) string {
	var b strings.Builder
	for _, part := range regexp.MustCompile(`[0-9]+`).FindAllString(version, -1) {
		fmt.Fprintf(&b, "%012s", part)
	}
	return b.String()
}

func clientsOf(data canIEmail) string {
	var b strings.Builder
	for i, c := range columns {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(c.client)
	}
	b.WriteByte('\n')
	for _, f := range data.Features {
		kind, keys := keysOf(f.Slug, f.Title, f.Category)
		letters := ""
		for _, c := range columns {
			all := map[string]bool{}
			for platform, versions := range f.Stats[c.family] {
				if c.platforms == nil || slices.Contains(c.platforms, platform) {
					for _, v := range newest(versions) {
						all[v] = true
					}
				}
			}
			delete(all, "u")
			switch values := slices.Sorted(maps.Keys(all)); {
			case len(values) == 0:
				letters += "u"
			case len(values) == 1 && values[0] != "a":
				letters += values[0]
			default:
				letters += "p"
			}
		}
		if kind != "" && strings.ContainsAny(letters, "np") {
			fmt.Fprintf(&b, "%s\t%s\t%s\t%s\t%s\n", f.Slug, kind, keys, strings.TrimSpace(f.Title), letters)
		}
	}
	return b.String()
}

// TestClientTable: the table that ships is what the published data says.
func TestClientTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(testdata(t, "caniemail/caniemail_features.json"))
	if err != nil {
		t.Fatal(err)
	}
	var data canIEmail
	if err := json.Unmarshal(text, &data); err != nil {
		t.Fatal(err)
	}
	want := clientsOf(data)
	if *update {
		if err := os.WriteFile("clients.tsv", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if clientTable != want {
		t.Error("clients.tsv is not what the published data says; write it with -update and look at the difference")
	}
}

// TestClientTableIsWhole: every line has a letter for each client, and every feature that breaks pages is in it.
func TestClientTableIsWhole(t *testing.T) {
	t.Parallel()
	s := known()
	if len(s.features) < 100 || len(s.clients) != len(columns) {
		t.Fatalf("%d features, %d clients", len(s.features), len(s.clients))
	}
	slugs := map[string]bool{}
	for _, f := range s.features {
		slugs[f.slug] = true
		if len(f.support) != len(s.clients) || strings.Trim(f.support, "ynpu") != "" {
			t.Errorf("%s: %q", f.slug, f.support)
		}
	}
	for _, b := range breaking {
		if !slugs[b] {
			t.Errorf("%s is not in the table", b)
		}
	}
	for _, c := range DefaultClients() {
		if !slices.Contains(Clients(), c) {
			t.Errorf("the default %s is no client", c)
		}
	}
}
