package mjml_test

import (
	"errors"
	"strings"
	"testing"

	"rapport/pkg/mjml"
)

// mistakes are documents with what is said about them. The documents are one line each, so that columns can be counted.
func mistakes() map[string][]string {
	in := func(s string) string { return wrapped("<mj-section><mj-column>" + s + "</mj-column></mj-section>") }
	return map[string][]string{
		"": {"1:1: there is no <mjml>; a document is <mjml><mj-body>...</mj-body></mjml>"},
		"<mjml></mjml>": {
			"1:1: there is no <mj-body>; what is to be read stands in <mjml><mj-body>...</mj-body></mjml>",
		},
		"<mjml>\n<mj-body>\n<mj-section>\n</mj-body></mjml>": {"3:1: <mj-section> is not closed before </mj-body> of line 4; add </mj-section>"},
		"<mjml>\n<mj-body>":                     {"1:1: <mjml> is never closed; add </mjml>", "2:1: <mj-body> is never closed; add </mj-body>"},
		wrapped("</mj-column>"):                 {"1:16: </mj-column> closes nothing; <mj-body> of line 1 is still open"},
		in("<mj-text>Hi"):                       {"1:39: <mj-text> is not closed before </mj-column> of line 1; add </mj-text>"},
		in("<mj-button href=a>Hi</mj-button>"):  {`1:50: the value of href is not in quotes; write href="a"`},
		in("<mj-button href>Hi</mj-button>"):    {`1:50: the attribute href has no value; write href="..."`},
		in(`<mj-image src="a/>`):                {"1:49: the value of src is never closed; add \""},
		in("<mj-txt>a</mj-txt>"):                {"1:39: there is no element <mj-txt> in MJML; did you mean <mj-text>?"},
		in("<p>a</p>"):                          {"1:39: there is no element <p> in MJML; HTML goes into <mj-text>, <mj-table> or <mj-raw>"},
		in("Hello"):                             {"1:39: text between elements does not reach the mail; put it into <mj-text> in a column"},
		in(`<mj-text colour="red">a</mj-text>`): {"1:48: <mj-text> has no attribute colour; did you mean color?"},
		in(`<mj-text color="rod">a</mj-text>`):  {"1:55: the value rod is not possible for color of <mj-text>; write a colour, such as #cc0000 or red"},
		in(`<mj-text align="{{ side }}">a</mj-text>`): {
			"1:55: align takes part in the layout, which is made when the template is compiled, so that it cannot hold Liquid; write a value, or the element twice, in {% if %} and {% else %}",
		},
		in(`<mj-text {% if a %}color="red"{% endif %}>a</mj-text>`): {
			`1:48: Liquid cannot add attributes to <mj-text>; put it inside the value, as in href="{% if sale %}...{% endif %}", or write the element twice in {% if %} and {% else %}`,
			`1:69: there is no space behind the value of color; write a space between attributes; a " inside a value is written &quot;`,
			`1:69: Liquid cannot add attributes to <mj-text>; put it inside the value, as in href="{% if sale %}...{% endif %}", or write the element twice in {% if %} and {% else %}`,
		},
		wrapped("{% if a %}<mj-section>{% endif %}</mj-section>"): {
			"1:16: {% if %} does not end in <mj-body>; a block begins and ends inside the same element: write {% endif %} there, or put the whole block around the element",
			"1:38: {% endif %} belongs to no block that begins in <mj-section>; a block begins and ends inside the same element; move its beginning here, or its end there",
		},
		in("<mj-text>{{ a </mj-text>"): {"1:48: {{ is never closed; add }}"},
		in("<mj-carousel>{% for i in l %}<mj-carousel-image src=\"a\" />{% endfor %}</mj-carousel>"): {
			"1:52: Liquid cannot stand among the children of <mj-carousel>; put the block around <mj-carousel>, or write what it holds as HTML in <mj-raw>",
			"1:97: Liquid cannot stand among the children of <mj-carousel>; put the block around <mj-carousel>, or write what it holds as HTML in <mj-raw>",
		},
		in(`<mj-image src="a" width="1em" padding="1" align="up" />`): {
			"1:64: the value 1em is not possible for width of <mj-image>; write a number with px",
			"1:78: the value 1 is not possible for padding of <mj-image>; write 1 to 4 numbers with px or %",
			"1:88: the value up is not possible for align of <mj-image>; write left or center or right",
		},
		in(`<mj-section></mj-section>`):         {"1:39: mj-section cannot be used inside mj-column, only inside: mj-attributes, mj-body, mj-wrapper"},
		wrapped(`<mj-include path="a.mjml" />`): {"1:16: mj-include is not possible here; write what it would include into this file"},
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	c := compiler(t, mjml.Config{})
	for text, want := range mistakes() {
		_, err := c.Compile(t.Context(), text, mjml.Options{File: "a"})
		var got mjml.Problems
		if !errors.As(err, &got) {
			t.Errorf("%s\n got: %v\nwant: %q", text, err, want)
			continue
		}
		for i, p := range got {
			if i >= len(want) || strings.TrimPrefix(p.String(), "a:") != strings.TrimPrefix(want[i], "a:") {
				t.Errorf("%s\n got: %v\nwant: %q", text, p, want)
			}
		}
		if len(got) < len(want) {
			t.Errorf("%s\n got %d problems, want %d", text, len(got), len(want))
		}
	}
}

// TestLeft: what mail programs want and people write is no mistake.
func TestLeft(t *testing.T) {
	t.Parallel()
	c := compiler(t, mjml.Config{})
	for _, text := range []string{
		`a & b &nbsp; &nosuch; <br> <b>open <img src=x alt=y> < 3`,
		`<!--[if mso]><table><tr><td><![endif]--> x <!--[if mso]></td></tr></table><![endif]-->`,
		`<a href="{{ u | default: "b" }}" {% if t %}title="{{ t }}"{% endif %}>{{ a | replace: "}", ">" }}</a>`,
		`{% raw %}{{ not liquid {% endraw %}{% comment %} {{ nor this {% endcomment %}`,
		`rpq0z <!--rpq1c--> #e7d000`,
		`<style>a { color: {{ c }} }</style>`,
		`{{ a }}` + "\r\n" + `ä€😀{{ b }}`,
	} {
		got := compile(t, c, wrapped("<mj-section><mj-column><mj-text>"+text+"</mj-text></mj-column></mj-section>"))
		if want := strings.ReplaceAll(text, "\r", ""); !strings.Contains(got, want) {
			t.Errorf("%s\nis lost in %s", text, got)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	c := compiler(t, mjml.Config{})
	text := wrapped("<mj-section>{% for i in l %}<mj-column><mj-text>a<mj-divider /></mj-text></mj-column>{% endfor %}</mj-section>")
	for range 2 { // compiled, and kept
		res, err := c.Compile(t.Context(), text, mjml.Options{File: "a"})
		if err != nil || len(res.Warnings) != 2 {
			t.Fatalf("%v, %v", res.Warnings, err)
		}
		for i, want := range []string{"a:1:44: how wide <mj-column> is", "a:1:65: <mj-divider> inside <mj-text> is not compiled"} {
			if got := res.Warnings[i].String(); !strings.HasPrefix(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	}
}
