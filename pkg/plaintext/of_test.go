package plaintext_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"rapport/pkg/plaintext"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ page, want string }{
		"empty":          {"", ""},
		"white space":    {"<p>  one\n two </p>  <p>three</p>", "one two\n\nthree\n"},
		"inline":         {"<p><b>Hi</b> Ada, <i>you</i>!</p>", "Hi Ada, you!\n"},
		"break":          {"a<br>b<br><br>c", "a\nb\n\nc\n"},
		"headings":       {"<h1>Thank you</h1><p>x</p><h2>Größe</h2><h3>Small</h3>y", "Thank you\n=========\n\nx\n\nGröße\n-----\n\nSmall\n\ny\n"},
		"rule":           {"a<hr>b", "a\n\n" + strings.Repeat("-", 64) + "\n\nb\n"},
		"list":           {"<ul><li>one</li><li>two<ul><li>deep</li></ul></li></ul><ol start=9><li>nine<br>more</li><li>ten</li></ol>", "- one\n- two\n  - deep\n\n9. nine\n   more\n10. ten\n"},
		"quote":          {"<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b\n"},
		"pre":            {"<pre>a  b\n  c</pre>", "a  b\n  c\n"},
		"link":           {`<p>Look <a href="https://x.example/a?b=1&amp;c=2">around</a> now.</p>`, "Look around: https://x.example/a?b=1&c=2 now.\n"},
		"link is label":  {`<a href="https://x.example/">x.example</a>`, "x.example\n"},
		"mailto":         {`<a href="mailto:a@x.example?subject=stop">Unsubscribe</a>`, "Unsubscribe: a@x.example\n"},
		"no address":     {`<a href="#top">Top</a> <a href="javascript:x()">X</a>`, "Top X\n"},
		"picture":        {`<img src="a.png" alt="A lamp"><img src="b.png" alt="">`, "A lamp\n"},
		"linked picture": {`<a href="https://x.example"><img src="a.png" alt="A lamp"></a><a href="https://x.example"><img src="b.png"></a>`, "A lamp: https://x.example\n"},
		"button": {
			`<table role="presentation"><tr><td><a href="https://x.example/go" style="display:inline-block">Go to your cart</a></td></tr></table>`,
			"Go to your cart: https://x.example/go\n",
		},
		"link around a block": {`<a href="https://x.example"><div>Look</div></a>`, "Look\nhttps://x.example\n"},
		"preheader":           {`<div style="display: none; mso-hide:all">Soon&#847;&zwnj;&nbsp;</div><div>&#847;&zwnj;&nbsp;&#8203;</div>Hello&nbsp;you`, "Hello you\n"},
		"hidden":              {`<p hidden>a</p><p aria-hidden="true">b</p><p style="visibility:hidden">c</p>d`, "d\n"},
		"for outlook":         {`<!--[if mso]><table><tr><td>old<![endif]-->new<!--[if !mso]><!--> and fine<!--<![endif]-->`, "new and fine\n"},
		"head":                {`<html><head><title>T</title><style>p{}</style></head><body>b<script>x</script></body></html>`, "b\n"},
		"layout":              {`<table><tr><td><table><tr><td><p>one</p></td></tr></table></td></tr><tr><td>two</td><td></td></tr></table>`, "one\n\ntwo\n"},
		"order": {
			`<table><tr><th>Item</th><th align="right">Price</th></tr><tr><td><a href="https://x.example/p">Lamp</a><br>1 × £9.00</td><td style="text-align: right">£9.00</td></tr>
			<tr><td>Total</td><td align="right">£109.00</td></tr></table>`,
			"Item                            Price\n-------------------------------------\nLamp                            £9.00\n1 × £9.00\n  https://x.example/p\nTotal                         £109.00\n",
		},
		"wide": {`<table><tr><td>ランプ</td><td>1</td></tr><tr><td>Lamp</td><td>2</td></tr><tr><td>é</td><td>3</td></tr></table>`, "ランプ  1\nLamp    2\né       3\n"},
		"side by side": {
			`<table><tr><td><p>` + strings.Repeat("long ", 20) + `</p></td><td><p>short</p></td></tr></table>`,
			strings.TrimSpace(strings.Repeat("long ", 20)) + "\n\nshort\n",
		},
	} {
		if got := plaintext.Of(c.page); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// TestDeep: whatever is nested, and however deep, its text is found, in a time that ends.
func TestDeep(t *testing.T) {
	t.Parallel()
	for _, open := range []string{"<div>", "<table><tr><td>a</td><td>", "<ul><li>x", "<blockquote>", "<b>"} {
		for _, n := range []int{100, 400, 20_000} {
			got := plaintext.Of(strings.Repeat(open, n) + "end")
			if !strings.Contains(got, "end") {
				t.Errorf("%d times %s: the text is lost", n, open)
			}
		}
	}
}

// TestKeepsWords: words that stand in paragraphs are all there, in their order.
func TestKeepsWords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-zäß漢]{1,8}`), 1, 20).Draw(t, "words")
		var page strings.Builder
		for _, w := range words {
			tag := rapid.SampledFrom([]string{"p", "div", "span", "h1", "li", "td", "blockquote"}).Draw(t, "tag")
			page.WriteString("<" + tag + ">" + w + " </" + tag + ">")
		}
		at := 0
		text := plaintext.Of(page.String())
		for _, w := range words {
			i := strings.Index(text[at:], w)
			if i < 0 {
				t.Fatalf("%q is missing behind byte %d of %q, of %s", w, at, text, page.String())
			}
			at += i
		}
	})
}

func FuzzOf(f *testing.F) {
	for _, s := range []string{"", "<p>a</p>", "<table><tr><td>a<td>b", "<a href=https://x>y", "<ul><li><pre>\n\n", "<!--[if mso]>", "&nbsp;\u200b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, page string) {
		got := plaintext.Of(page)
		if utf8.ValidString(page) && !utf8.ValidString(got) {
			t.Errorf("%q is no text", got)
		}
		if got != "" && (!strings.HasSuffix(got, "\n") || strings.HasSuffix(got, "\n\n") || strings.HasPrefix(got, "\n")) {
			t.Errorf("%q does not end its lines", got)
		}
		if got != plaintext.Of(page) {
			t.Error("it differs from time to time")
		}
	})
}
