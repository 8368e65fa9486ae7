package lint

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// TestRatio: figures that WCAG's own material and its well-known greys give.
func TestRatio(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{"#000", "#fff", 21},
		{"white", "white", 1},
		{"#767676", "#ffffff", 4.54},
		{"#777777", "#ffffff", 4.47},
		{"#949494", "#fff", 3.03},
		{"#959595", "#fff", 2.99},
		{"red", "#ffffff", 3.99},
		{"rgb(0, 0, 255)", "white", 8.59},
		{"hsl(120, 100%, 25%)", "#fff", 5.17},
		{"#0000ee", "#ffffff", 9.39},
	} {
		x, ok := colorOf(c.a)
		y, ok2 := colorOf(c.b)
		if got := ratio(x, y); !ok || !ok2 || math.Abs(got-c.want) > 0.011 || ratio(y, x) != got {
			t.Errorf("%s on %s: %.3f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}

func TestColorOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"#ABC": "#aabbcc 1", "#aabbcc80": "#aabbcc 0.5", "rgba(1,2,3,.5)": "#010203 0.5", "rgb(10% 20% 30% / 40%)": "#1a334d 0.4", "RGB(300,-1,0)": "#ff0000 1",
		"hsl(0 100% 50%)": "#ff0000 1", "hsla(240deg,100%,50%,1)": "#0000ff 1", "transparent": "#000000 0", " Navy ": "#000080 1",
	} {
		c, ok := colorOf(text)
		if got := fmt.Sprintf("%s %.1g", c, c.a); !ok || got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "#12", "#ggg", "rgb(1,2)", "rgb(a,b,c)", "currentcolor", "var(--x)", "lab(1 2 3)", "inherit", "rgb(1,2,3"} {
		if c, ok := colorOf(text); ok {
			t.Errorf("%q is %v", text, c)
		}
	}
}

// TestContrast: whose colour a text has, what is behind it, and where that is not known.
func TestContrast(t *testing.T) {
	t.Parallel()
	const grey = "#999999"
	for name, c := range map[string]struct {
		html string
		want int // findings
	}{
		"own colour":                      {`<p style="color:#999999">x</p>`, 1},
		"dark enough":                     {`<p style="color:#767676">x</p>`, 0},
		"not quite":                       {`<p style="color:#777777">x</p>`, 1},
		"inherited":                       {`<div style="color:#999999"><b>x</b></div>`, 1},
		"overridden":                      {`<div style="color:#999999"><b style="color:#000">x</b></div>`, 0},
		"a font's":                        {`<font color="#999999">x</font>`, 1},
		"a ground's":                      {`<table><tr><td bgcolor="#999999" style="color:#fff">x</td></tr></table>`, 1},
		"a ground by style":               {`<div style="background:#222">x</div>`, 1},
		"the inner ground":                {`<div style="background:#222"><p style="background-color:#fff">x</p></div>`, 0},
		"over a picture":                  {`<div style="background:url(x.png) #222">x</div>`, 0},
		"over a gradient":                 {`<div style="background-image:linear-gradient(#222,#222)">x</div>`, 0},
		"a ground above a picture":        {`<div style="background:url(x.png)"><p style="background:#222">x</p></div>`, 1},
		"a picture taken back":            {`<div style="background:url(x.png); background:#222">x</div>`, 1},
		"an unknown ground":               {`<div style="background:var(--x); color:#999999">x</div>`, 0},
		"an unknown colour":               {`<div style="color:var(--x); background:#000">x</div>`, 0},
		"a picture by attribute":          {`<table background="x.png" style="color:#fff"><tr><td>x</td></tr></table>`, 0},
		"large":                           {`<p style="color:#949494; font-size:24px">x</p>`, 0},
		"large and too light":             {`<p style="color:#959595; font-size:24px">x</p>`, 1},
		"nearly large":                    {`<p style="color:#949494; font-size:23px">x</p>`, 1},
		"large in bold":                   {`<p style="color:#949494; font-size:14pt; font-weight:700">x</p>`, 0},
		"14 points":                       {`<p style="color:#949494; font-size:14pt">x</p>`, 1},
		"in ems":                          {`<div style="font-size:12px"><p style="color:#949494; font-size:2em">x</p></div>`, 0},
		"by the shorthand":                {`<p style="color:#949494; font:bold 24px/1 Arial">x</p>`, 0},
		"a heading":                       {`<h1 style="color:#949494">x</h1>`, 0},
		"translucent":                     {`<p style="color:rgba(0,0,0,.4)">x</p>`, 1},
		"translucent and dark enough":     {`<p style="color:rgba(0,0,0,.7)">x</p>`, 0},
		"a translucent ground":            {`<div style="background:rgba(0,0,0,.9)">x</div>`, 1},
		"faded":                           {`<p style="color:#999999; opacity:.5">x</p>`, 0},
		"not faded":                       {`<p style="color:#999999; opacity:1">x</p>`, 1},
		"a figure":                        {`<p style="color:#999999">0</p>`, 1},
		"an end tag of what is outside":   {`<div style="color:#999999"><table><tr><td></div>x</td></tr></table></div>`, 1},
		"an end tag that closes":          {`<div style="color:#999999"><span></div>x`, 0},
		"hidden":                          {`<p style="color:#999999; display:none">x</p>`, 0},
		"hidden by its height":            {`<div style="max-height:0; overflow:hidden"><p style="color:#999999">x</p></div>`, 0},
		"a link of the program's colour":  {`<div style="background:#000"><a href="https://x.shop">x</a></div>`, 0},
		"a link of its own":               {`<a href="https://x.shop" style="color:#999999">x</a>`, 1},
		"no words":                        {`<p style="color:#999999">&middot; &nbsp; |</p>`, 0},
		"a rule":                          {`<style>.a { color: #999999 }</style><p class="a b">x</p>`, 1},
		"a rule for another":              {`<style>.a { color: #999999 }</style><p class="ab">x</p>`, 0},
		"a rule for what is in":           {`<style>.a p { color: #999999 }</style><div class="a"><i><p>x</p></i></div>`, 1},
		"a rule for what is directly in":  {`<style>.a > p { color: #999999 }</style><div class="a"><i><p>x</p></i></div>`, 0},
		"of two, the weightier":           {`<style>#i { color: #999999 } p.a { color: #000 }</style><p class="a" id="i">x</p>`, 1},
		"of two, the later":               {`<style>.a { color: #000 } .a { color: #999999 }</style><p class="a">x</p>`, 1},
		"the style attribute wins":        {`<style>.a { color: #999999 }</style><p class="a" style="color:#000">x</p>`, 0},
		"but not over important":          {`<style>.a { color: #999999 !important }</style><p class="a" style="color:#000">x</p>`, 1},
		"a rule for narrow screens":       {`<style>@media (max-width:400px) { .a { color: #999999 } }</style><p class="a">x</p>`, 0},
		"a rule for screens":              {`<style>@media screen { .a { color: #999999 } }</style><p class="a">x</p>`, 1},
		"a selector that is not followed": {`<style>p:hover { color: #999999 }</style><p>x</p>`, 0},
		"a rule in a comment":             {`<style>/* p { color: #999999 } */</style><p>x</p>`, 0},
		"dark":                            {`<style>@media (prefers-color-scheme:dark) { .a { background:#111 !important } }</style><div class="a" style="background:#fff; color:#000">x</div>`, 1},
		"dark, thought through":           {`<style>@media (prefers-color-scheme:dark) { .a { background:#111 !important; color:#eee !important } }</style><div class="a" style="background:#fff; color:#000">x</div>`, 0},
		"dark, unknown":                   {`<style>@media (prefers-color-scheme:dark) { .a { color:#222 !important } }</style><p class="a">x</p>`, 0},
		"once for a pair":                 {`<p style="color:#999999">x</p><p style="color:#999999">y</p><p style="color:#aaaaaa">z</p>`, 2},
		"cells that are not closed":       {`<table><tr><td style="color:#999999">x<td>y<tr><td>z</table>`, 1},
	} {
		found := Mail(Letter{HTML: c.html}, Rules{})
		got, line := 0, 0
		for _, f := range found {
			if f.Rule == Contrast {
				got, line = got+1, f.Line
			}
		}
		if got != c.want || got > 0 && line != 1 {
			t.Errorf("%s: %d findings, want %d\n%s\n%+v", name, got, c.want, c.html, found)
		}
		if dark := strings.Contains(fmt.Sprint(found), "in the dark: "); dark != (name == "dark") {
			t.Errorf("%s: in the dark: %v", name, dark)
		}
	}
	m := letter0()
	m.HTML = strings.Replace(m.HTML, "\n</td>", "\n<p style=\"color:"+grey+"\">Too light</p>\n</td>", 1)
	// In the dark its ground is another, on which it can be read.
	if got := Mail(m, rules0()); len(got) != 1 || got[0].Line != 18 || got[0].Excerpt != "Too light" || !strings.Contains(got[0].Message, "#999999 on #ffffff has a contrast of 2.84:1, and text needs 4.5:1") {
		t.Errorf("%+v", got)
	}
}
