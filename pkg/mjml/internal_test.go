package mjml

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
)

// TestBundle: the compiler is the one that bundle.json and THIRD_PARTY.txt describe, and it does not use the colours that
// stand for Liquid.
func TestBundle(t *testing.T) {
	t.Parallel()
	var bundle struct {
		MJML     string
		SHA256   string
		Packages []struct{ Name, Version, Licence, Integrity string }
	}
	data, err := os.ReadFile("bundle/bundle.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &bundle); err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(compilerCode))
	if err != nil {
		t.Fatal(err)
	}
	code, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(code); hex.EncodeToString(sum[:]) != bundle.SHA256 {
		t.Errorf("the compiler is not that of bundle.json")
	}
	if bytes.Contains(bytes.ToLower(code), []byte("#e7d")) {
		t.Errorf("the compiler has a colour that begins with #e7d")
	}
	licences, err := os.ReadFile("bundle/THIRD_PARTY.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range bundle.Packages {
		if !strings.Contains(string(licences), "\n"+p.Name+" "+p.Version+" ("+p.Licence+")\n") || p.Integrity == "" {
			t.Errorf("%s %s has no licence in THIRD_PARTY.txt, or no checksum", p.Name, p.Version)
		}
	}
	if len(bundle.Packages) < 15 || bundle.MJML == "" {
		t.Errorf("%d packages, MJML %q", len(bundle.Packages), bundle.MJML)
	}
}

// FuzzParse: whatever stands in a file, reading it ends, and places lie within it.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"<mjml><mj-body>{% if a %}<mj-section a='{{ b }}'/>{% endif %}</mj-body></mjml>", "<mj-text><!-- {{ a }} --><style>{% x %}</style></mj-text>",
		"<mj-raw><a b={{ c }} d=\"e>\" /></mj-raw>", "{% raw %}{{{% endraw %}", "<mj-include path=\"a\"/>", "<mj-text><mj-text></mj-text></mj-text></mj-column>", "<a", "</", "<!--", "{{", "<mj-title>{{a}}</mj-title", "<mjml a=\"{{ \"x\" }}\"></mjml>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := report{table: readTable()}
		in := &includer{report: &r, find: func(_, _ string) (string, string, error) { return "b", "<mj-section></mj-section>", nil }}
		d := assemble(in.resolve(&source{name: "a", text: clean(text)}), in.heads, &r)
		for _, p := range append(r.errors, r.warnings...) {
			if p.Line < 1 || p.Col < 1 || p.Line > strings.Count(text, "\n")+2 {
				t.Errorf("%q: a place outside: %v", text, p)
			}
		}
		if len(r.errors) > 0 {
			return
		}
		e := emit(d, in.files, r.table)
		got, _ := e.restore(e.b.String(), &r)
		if len(r.errors) > 0 {
			t.Errorf("%q: Liquid was lost without the compiler: %v\n%s", text, r.errors, got)
		}
	})
}
