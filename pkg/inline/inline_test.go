package inline_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"rapport/pkg/inline"
)

// TestAppend: what becomes of a body under a style.
func TestAppend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ css, body, want string }{
		"element":           {"p{color:red}", "<p>a</p><div>b</div>", `<p style="color:red">a</p><div>b</div>`},
		"case":              {"P.a{COLOR:Red}", `<p class="a">x`, `<p class="a" style="color:Red">x`},
		"class":             {".a{color:red;margin:0 auto}", `<p class="b a">x</p><p class=aa>y`, `<p class="b a" style="color:red;margin:0 auto">x</p><p class=aa>y`},
		"id":                {"#x{top:0}", `<p id=x>a`, `<p id=x style="top:0">a`},
		"list":              {"h1, .a ,td{top:0}", `<h1>a</h1><b class="a">`, `<h1 style="top:0">a</h1><b class="a" style="top:0">`},
		"below":             {".c p{top:0}", `<div class="c"><i><p>a</p></i></div><p>b</p>`, `<div class="c"><i><p style="top:0">a</p></i></div><p>b</p>`},
		"child":             {"div>b{top:0}", `<div><b>a</b><i><b>c</b></i></div>`, `<div><b style="top:0">a</b><i><b>c</b></i></div>`},
		"deep":              {"table.x td > a{top:0}", `<table class=x><tr><td>1<td><a>2</a></table><a>3</a>`, `<table class=x><tr><td>1<td><a style="top:0">2</a></table><a>3</a>`},
		"attributes":        {`a[href^="mailto:"]{top:0} [data-x]{left:0} td[align=right]{right:0}`, `<a href="mailto:x"><i data-x></i></a><td align="right">`, `<a href="mailto:x" style="top:0"><i data-x style="left:0"></i></a><td align="right" style="right:0">`},
		"first":             {"li:first-child{top:0} tr:nth-child(even){left:0}", `<ul><li>a<li>b</ul><table><tr><td><tr><td><tr></table>`, `<ul><li style="top:0">a<li>b</ul><table><tr><td><tr style="left:0"><td><tr></table>`},
		"weight":            {"#i{color:a}.c{color:b}p{color:c;top:0}", `<p class=c id=i>`, `<p class=c id=i style="top:0;color:a">`},
		"order":             {".b{color:a}.a{color:b}", `<p class="a b">`, `<p class="a b" style="color:b">`},
		"own style wins":    {"p{color:a;top:0}", `<p style="color:b; left:0">`, `<p style="top:0;color:b;left:0">`},
		"important":         {"p{color:a !important;top:0!important}", `<p style="color:b;top:1px !important">`, `<p style="top:1px !important;color:a">`},
		"important weak":    {"p{color:a!important}.c{color:b}", `<p class=c>`, `<p class=c style="color:a">`},
		"shorthand":         {"p{padding-left:1px}.c{padding:0}", `<p class=c>`, `<p class=c style="padding-left:1px;padding:0">`},
		"fallbacks":         {"p{background:red;background:linear-gradient(red,blue)}", `<p>`, `<p style="background:red;background:linear-gradient(red,blue)">`},
		"quotes":            {`p{font-family:"Segoe UI",'A'}b{font-family:"B"}`, `<p><b>`, `<p style="font-family:&quot;Segoe UI&quot;,'A'"><b style="font-family:'B'">`},
		"quotes of the own": {"p{top:0}", `<p style='font-family:"A;B",&quot;C&quot;; left:0'>`, `<p style="top:0;font-family:&quot;A;B&quot;,&quot;C&quot;;left:0">`},
		"url":               {"p{background:url(data:a;b)}", `<p style="left:0">`, `<p style="background:url(data:a;b);left:0">`},
		"self-closing":      {"img{border:0}br{top:0}", `<img src="a"/><br />`, `<img src="a" style="border:0"/><br style="top:0"/>`},
		"comments":          {"/* a{ */p/**/{/*;*/color:/* x */red}", `<!-- <p> --><p><!--[if mso]><p><![endif]--><!--[if !mso]><!--><p><!--<![endif]-->`, `<!-- <p> --><p style="color:red"><!--[if mso]><p><![endif]--><!--[if !mso]><!--><p style="color:red"><!--<![endif]-->`},
		"script":            {"b{top:0}", `<script>"<b>"</script><title><b></title><b>`, `<script>"<b>"</script><title><b></title><b style="top:0">`},
		"no end tags":       {"td td{top:0} li li{left:0} p p{right:0}", `<table><tr><td>a<td>b<tr><td>c</table><ul><li>a<li>b</ul><p>a<p>b`, `<table><tr><td>a<td>b<tr><td>c</table><ul><li>a<li>b</ul><p>a<p>b`},
		"nested table":      {"td td{top:0}", `<table><tr><td><table><tr><td>a</td></tr></table></td><td>b</td></tr></table>`, `<table><tr><td><table><tr><td style="top:0">a</td></tr></table></td><td>b</td></tr></table>`},
		"stray end tags":    {"div p{top:0}", `<div><td></div><p>a</td></div><p>b`, `<div><td></div><p style="top:0">a</td></div><p>b`},
		"broken":            {"p{top:0}", `a < b <p <`, `a < b <p <`},
		"signs":             {"p{top:0}", `<p class="a>b" title='"'>`, `<p class="a>b" title='"' style="top:0">`},
	} {
		rest, sheet, notes := inline.Take("<style>" + c.css + "</style>")
		if strings.TrimSpace(rest) != "" || len(notes) > 0 {
			t.Errorf("%s: %q is left, %v", name, rest, notes)
		}
		if got := string(sheet.Append(nil, c.body)); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// TestStays: rules that cannot be moved stay where they are, and nothing else does.
func TestStays(t *testing.T) {
	t.Parallel()
	for _, css := range []string{
		"@media (max-width:480px){p{top:0!important}}", "@font-face{font-family:x;src:url(a)}", "@import url(x);", "a:hover{top:0}", "a{top:0}/**/",
		"p::before{content:'}'}", "*{top:0}", "a+b{top:0}", "a~b{top:0}", "p,a:hover{top:0}", ":root{color-scheme:light dark}", "p{top:0;b{left:0}}", "li:last-child{top:0}", "u + .x p{top:0}", "p{color red}",
	} {
		page := "<style>\n" + css + "\n.gone{top:0}\n</style>"
		rest, sheet, _ := inline.Take(page)
		want := strings.Replace(page, ".gone{top:0}", "", 1)
		if strings.HasPrefix(css, "a{") {
			want = "\n\n\n"
		}
		if rest != want || sheet == nil {
			t.Errorf("%s: %q is left", css, rest)
		}
	}
	for _, page := range []string{
		`<style data-inline="off">p{top:0}</style>`, "<!--[if mso]><style>p{top:0}</style><![endif]-->", "<style>{% if a %}p{top:0}{% endif %}</style>",
		"<style>p{top:0", "<title><style>p{top:0}</style></title>", "",
	} {
		if rest, sheet, _ := inline.Take(page); rest != page || sheet != nil {
			t.Errorf("%s became %q", page, rest)
		}
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	page := "<style>p{color:red;top:0}\n@media print { p { margin:0; color:blue; top:1px !important } }</style>"
	_, _, notes := inline.Take(page)
	if len(notes) != 1 || !strings.HasPrefix(page[notes[0].Offset:], "color:blue") {
		t.Errorf("notes: %v", notes)
	}
	if _, sheet, notes := inline.Take("<style>p{top:0}}</style>x"); sheet != nil && len(notes) > 0 {
		t.Errorf("notes: %v", notes)
	}
	if _, sheet, notes := inline.Take("<style>p{top:0 </style>"); sheet != nil || len(notes) != 1 {
		t.Errorf("open brace: %v, %v", sheet, notes)
	}
}

// TestPlaces: what stands behind a style element keeps its line and column.
func TestPlaces(t *testing.T) {
	t.Parallel()
	page := "<style>\n  p { top: 0 }\n  a:hover { top: 0 }\n  b { left: 0 } </style>{{ x }}\n{{ y }}"
	rest, _, _ := inline.Take(page)
	for _, mark := range []string{"{{ x }}", "{{ y }}", "a:hover"} {
		if where(rest, mark) != where(page, mark) {
			t.Errorf("%s is at %v, and was at %v", mark, where(rest, mark), where(page, mark))
		}
	}
}

func where(text, mark string) [2]int {
	head, _, _ := strings.Cut(text, mark)
	return [2]int{strings.Count(head, "\n"), len(head) - strings.LastIndex(head, "\n")}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	_, first, _ := inline.Take("<style>p{color:red;top:0}</style>")
	_, second, _ := inline.Take("<style>p{color:blue}</style>")
	if got := string(inline.Join(first, nil, second).Append(nil, "<p>")); got != `<p style="top:0;color:blue">` {
		t.Error(got)
	}
	if inline.Join(nil, nil) != nil {
		t.Error("a sheet of nothing")
	}
}

// TestGolden: whole pages. With -update what is expected is written anew.
func TestGolden(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("testdata/*.html")
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, name := range pages {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rest, sheet, _ := inline.Take(string(page))
		got := sheet.Append(nil, rest)
		golden := strings.TrimSuffix(name, ".html") + ".golden"
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(golden, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || string(got) != string(want) {
			t.Errorf("%s became\n%s\n%v", name, got, err)
		}
	}
}

// TestChangesStylesOnly: whatever the page, nothing but style attributes differs.
func TestChangesStylesOnly(t *testing.T) {
	t.Parallel()
	_, sheet, _ := inline.Take("<style>p{top:0}.a b{left:0}td>i{right:0 !important}#x{bottom:0}</style>")
	piece := rapid.SampledFrom([]string{"<p>", "</p>", "<b class='a x'>", "</b>", `<td style="top:1px">`, "</td>", "<i id=x>", "</i>", "<table><tr>", "</table>", "text", "<br/>", "<!-- <p> -->", "<li>", "&amp;", "\n"})
	rapid.Check(t, func(t *rapid.T) {
		page := strings.Join(rapid.SliceOfN(piece, 0, 40).Draw(t, "pieces"), "")
		if before, after := tokens(page), tokens(string(sheet.Append(nil, page))); before != after {
			t.Fatalf("%s became other than by styles:\n%s\n%s", page, before, after)
		}
	})
}

// tokens is a page without its style attributes.
func tokens(page string) string {
	var b strings.Builder
	for z := html.NewTokenizer(strings.NewReader(page)); z.Next() != html.ErrorToken; {
		tok := z.Token()
		kept := tok.Attr[:0]
		for _, a := range tok.Attr {
			if a.Key != "style" {
				kept = append(kept, a)
			}
		}
		tok.Attr = kept
		b.WriteString(tok.String())
	}
	return b.String()
}

func FuzzInline(f *testing.F) {
	f.Add("p{top:0}", "<p>")
	f.Add("a[b=\"c\"]>d:nth-child(2){e:f!important}", `<a b='c'><d/><d style="x:&quot;;`)
	f.Add("@media{p{", "<!--")
	f.Fuzz(func(t *testing.T, css, page string) {
		rest, sheet, notes := inline.Take("<style>" + css + "</style>" + page)
		for _, n := range notes {
			if n.Offset < 0 || n.Offset > len(css)+len(page)+15 {
				t.Errorf("a note at %d", n.Offset)
			}
		}
		if strings.Count(rest, "\n") != strings.Count(css+page, "\n") {
			t.Error("lines are lost")
		}
		sheet.Append(nil, page)
	})
}

// TestPasted: a sheet that says things many times over, with others between, does what it does without those that lose.
func TestPasted(t *testing.T) {
	t.Parallel()
	rule := rapid.SampledFrom([]string{"p{color:a}", "p{color:b;top:0}", "p{color:c!important}", ".x{color:d}", "div p{color:e;top:1px}", "p.x{top:2px}", "p{top:3px!important;left:0}", "p:first-child{color:f}"})
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(rule, 1, 12).Draw(t, "rules")
		own := rapid.SampledFrom([]string{"", ` style="color:z"`, ` style="top:9px !important"`, ` style=""`}).Draw(t, "own")
		page := `<div><p class="x"` + own + `>a</p></div><p class="x"` + own + `><p` + own + `>`
		_, sheet, _ := inline.Take("<style>" + strings.Join(rules, "\n") + "</style>")
		got := string(sheet.Append(nil, page))
		_, longer, _ := inline.Take("<style>" + strings.Join(slices.Concat(rules, rules), "\n") + "</style>")
		if again := string(longer.Append(nil, page)); again != got {
			t.Fatalf("said twice:\n%s\nonce:\n%s", again, got)
		}
	})
}
