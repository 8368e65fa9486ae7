package link

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

// tokens are those of a page by another reader of HTML: what stands in conditional comments is a
// page, too, whose links count. Of <a> and <area> only what Rewrite may change is left out:
// href is put through known, and the data attributes of ours are dropped.
func tokens(page string, known func(href string) string) []string {
	var list []string
	z := html.NewTokenizer(strings.NewReader(page))
	for z.Next() != html.ErrorToken {
		raw := string(z.Raw()) // Token decodes character references of comments
		tok := z.Token()
		if inner, conditional := strings.CutPrefix(raw, "<!--[if mso]>"); conditional && tok.Type == html.CommentToken {
			inner = strings.TrimSuffix(inner, "-->")
			list = append(list, "conditional")
			list = append(list, tokens(inner, known)...)
			continue
		}
		var attrs []string
		seen := map[string]bool{}
		for _, a := range tok.Attr {
			name, value := a.Key, a.Val
			if link := tok.Data == "a" || tok.Data == "area"; link && tok.Type != html.EndTagToken {
				if ours(name) {
					continue
				}
				if name == "href" && !seen[name] {
					value = known(value)
				}
			}
			seen[name] = true
			attrs = append(attrs, fmt.Sprintf("%s=%q", name, value))
		}
		if tok.Type == html.SelfClosingTagToken { // It looks at the / only, which an unquoted value may end with.
			tok.Type = html.StartTagToken
		}
		list = append(list, fmt.Sprintf("%v %q %v", tok.Type, tok.Data, attrs))
	}
	return list
}

func ours(name string) bool {
	return name == "data-link" || name == "data-product-id" || name == "data-category" || name == "data-rapport-track"
}

// pages are made of pieces, whole and broken ones.
func pages() *rapid.Generator[string] {
	pieces := rapid.OneOf(rapid.SampledFrom([]string{
		"<a ", "<A\n", "<area/", "<p ", "<img ", "<td", "</a>", "</a href='https://x.example/'>", "</body>", "<abbr ", "<!doctype html>", ">", "/>", " ",
		`href="https://shop.example/?a=1&amp;b=2"`, "href='https://shop.example/&copy=1'", "href=https://shop.example/x", "HREF = \"mailto:a@b\"", "href=''", " href",
		"href=\"https://shop.example/a b\"", "href=\"&#104;ttps://shop.example/&lt;&quot;'\"", "href='https://shop.example/\"'", `href="https://shop.example/?sig=1"`,
		" data-link=hero", " data-product-id='p 1'", ` data-category="a"`, " data-rapport-track=off", ` title="a > b <a href='https://x.example/'>"`, " alt=it's", ` x='"'`, " class", "=", "\"", "'",
		"text & more", "1 < 2", "<", "</", "<!--", "-->", "<!-->", "<!--[if mso]>", "<![endif]-->", "<style>", "</style>", "<script>", "</script >", "<title>", "</TITLE>",
	}), rapid.StringMatching(`[ -~]{0,6}`))
	return rapid.Map(rapid.SliceOfN(pieces, 0, 30), func(s []string) string { return strings.Join(s, "") })
}

// TestOnlyLinksChange: another reader of HTML sees the same page before and after, save for
// where links lead; and those lead, over the portal, where they led.
func TestOnlyLinksChange(t *testing.T) {
	t.Parallel()
	m := makerOf(t)
	rapid.Check(t, func(rt *rapid.T) {
		in := pages().Draw(rt, "page")
		out := m.Rewrite(in, command())
		if again := m.Rewrite(in, command()); again != out {
			rt.Fatalf("%q became %q and %q", in, out, again)
		}
		led := func(href string) string {
			token, over := strings.CutPrefix(href, portal+clickPath)
			if !over {
				return ascii(strings.Trim(href, " \t\r\n\f"))
			}
			got, err := m.Keys.OpenAs(Click, token, decided)
			if err != nil {
				rt.Fatalf("%v: %s", err, href)
			}
			return got.URL
		}
		before, after := tokens(in, led), tokens(out, led)
		if strings.Join(before, "\n") != strings.Join(after, "\n") {
			rt.Fatalf("%q\nbecame %q\n%s\n----\n%s", in, out, strings.Join(before, "\n"), strings.Join(after, "\n"))
		}
	})
}

// FuzzRewrite: no page makes it panic or lose a byte outside of links.
func FuzzRewrite(f *testing.F) {
	m := makerOf(f)
	m.UTM.Source, m.Opens = "rapport", true
	f.Add(`<body><a href="https://shop.example/?a=1&amp;b" data-link=x>x</a><!--[if mso]><a href='https://shop.example/'><![endif]--></body>`)
	f.Add("<a href=https://shop.example/ <a href='")
	f.Add("<style><a></style ><title>")
	f.Fuzz(func(t *testing.T, page string) {
		out := m.Rewrite(page, command())
		if !strings.Contains(out, portal+openPath) {
			t.Errorf("%q became %q, without a pixel", page, out)
		}
		if same := *m; !strings.ContainsAny(page, "<") {
			if same.Opens = false; same.Rewrite(page, command()) != page {
				t.Errorf("%q has no tag and was changed", page)
			}
		}
		m.Plain(page, command())
	})
}
