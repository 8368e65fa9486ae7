package mjml_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/pkg/mjml"
)

var liquid = regexp.MustCompile(`(?s)\{\{.*?\}\}|\{%.*?%\}`)

// output draws Liquid with what HTML, JavaScript and regular expressions could stumble over.
func output(t *rapid.T, counter *int) string {
	*counter++
	tail := rapid.SampledFrom([]string{"", ` | default: "a"`, ` | default: 'b'`, ` | append: "<b>&amp;"`, ` | url: "a=1&b=2"`, " | money\n", ` | replace: "$1", "\\"`, ` | append: "-->"`}).Draw(t, "tail")
	return fmt.Sprintf("{{ v%d%s }}", *counter, tail)
}

// maybe puts a block around something.
func maybe(t *rapid.T, counter *int, inside string) string {
	switch rapid.IntRange(0, 3).Draw(t, "block") {
	case 0:
		*counter++
		return fmt.Sprintf(`{%% if v%d == "x" and a < 3 %%}`, *counter) + inside + "{% endif %}"
	case 1:
		*counter++
		return fmt.Sprintf("{%%- for i in v%d -%%}", *counter) + inside + "{%- endfor -%}"
	}
	return inside
}

// body draws a document of sections, columns and texts with Liquid in text and around elements.
func body(t *rapid.T) string {
	n := 0
	several := func(most int, one func() string) string {
		var b strings.Builder
		for range rapid.IntRange(1, most).Draw(t, "several") {
			b.WriteString(maybe(t, &n, one()) + "\n")
		}
		return b.String()
	}
	block := func() string {
		switch rapid.IntRange(0, 4).Draw(t, "element") {
		case 0:
			return "<mj-text><p>" + output(t, &n) + "</p>" + maybe(t, &n, "<b>"+output(t, &n)+"</b>") + "</mj-text>"
		case 1:
			return "<mj-button>" + output(t, &n) + "</mj-button>"
		case 2:
			return "<mj-table>" + maybe(t, &n, "<tr><td title=\""+output(t, &n)+"\">"+output(t, &n)+"</td></tr>") + "</mj-table>"
		case 3:
			return "<mj-raw><!-- " + output(t, &n) + " -->" + output(t, &n) + "</mj-raw>"
		}
		return "<mj-social>" + maybe(t, &n, `<mj-social-element name="facebook">`+output(t, &n)+"</mj-social-element>") + "</mj-social>"
	}
	return several(3, func() string {
		return "<mj-section>" + several(2, func() string {
			return "<mj-column width=\"50%\">" + several(3, block) + "</mj-column>"
		}) + "</mj-section>"
	})
}

// TestLiquidStays: each token comes out once, unchanged, in the order of the document, and is found where it was written.
func TestLiquidStays(t *testing.T) {
	t.Parallel()
	c := compiler(t, mjml.Config{Keep: -1})
	rapid.Check(t, func(rt *rapid.T) {
		head := ""
		if rapid.Bool().Draw(rt, "inline") {
			head = `<mj-head><mj-style inline="inline">p { color: red } td { padding: 0 }</mj-style></mj-head>`
		}
		text := "<mjml>" + head + "<mj-body>\n" + body(rt) + "</mj-body></mjml>"
		res, err := c.Compile(t.Context(), text, mjml.Options{File: "a"})
		if err != nil {
			rt.Fatalf("%v\n%s", err, text)
		}
		got, want := liquid.FindAllString(res.HTML, -1), liquid.FindAllString(text, -1)
		if !slices.Equal(got, want) {
			rt.Fatalf("got  %q\nwant %q\n%s", got, want, text)
		}
		for _, at := range liquid.FindAllStringIndex(res.HTML, -1) {
			place, ok := res.Place(position(res.HTML, at[0]))
			if line := strings.Split(text, "\n")[place.Line-1]; !ok || !strings.HasPrefix(string([]rune(line)[place.Col-1:]), strings.Split(res.HTML[at[0]:at[1]], "\n")[0]) {
				rt.Fatalf("%q is placed at %v", res.HTML[at[0]:at[1]], place)
			}
		}
	})
}

// position is the line and column of an offset, in characters.
func position(text string, at int) (line, col int) {
	lines := strings.Split(text[:at], "\n")
	return len(lines), len([]rune(lines[len(lines)-1])) + 1
}

// TestLiquidInAttributes: what MJML prints twice, or not at all, is still what was written.
func TestLiquidInAttributes(t *testing.T) {
	t.Parallel()
	c := compiler(t, mjml.Config{})
	got := compile(t, c, `{% assign a = "<b>" %}
<mjml>
  <mj-head>
    <mj-title>{{ title }}</mj-title>
    <mj-attributes><mj-all color="{{ brand.text }}" /></mj-attributes>
    <mj-style inline="inline">.a { color: {{ brand.a }}; }</mj-style>
    <mj-html-attributes><mj-selector path=".a p"><mj-html-attribute name="data-x">{{ x | default: "y" }}</mj-html-attribute></mj-selector></mj-html-attributes>
  </mj-head>
  <mj-body background-color="{{ bg }}">
    <mj-section><mj-column>
      <mj-text css-class="a {{ class }}"><p>{{ a }}</p></mj-text>
      <mj-button href="{{ url | default: "/" }}?a=1&b={{ b }}" background-color="{% if hot %}red{% else %}blue{% endif %}">Go</mj-button>
      <mj-image src='{{ image | append: "x" }}' alt="{{ alt | default: 'a "quoted" one' }}" />
    </mj-column></mj-section>
  </mj-body>
</mjml>
{% comment %} <i> {{ end {% endcomment %}
`)
	for _, want := range []string{
		`{% assign a = "<b>" %}<!doctype html>`, "<title>{{ title }}</title>", "color:{{ brand.text }}", "color: {{ brand.a }};",
		`<p data-x="{{ x | default: "y" }}">{{ a }}</p>`, `<body style="word-spacing:normal;background-color:{{ bg }};">`, `class="a {{ class }}"`,
		`href="{{ url | default: "/" }}?a=1&b={{ b }}"`, `bgcolor="{% if hot %}red{% else %}blue{% endif %}"`,
		`src="{{ image | append: "x" }}"`, `alt="{{ alt | default: 'a "quoted" one' }}"`, "{% comment %} <i> {{ end {% endcomment %}",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
}
