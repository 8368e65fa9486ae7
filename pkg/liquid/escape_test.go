package liquid_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"rapport/pkg/liquid"
)

// htmlPartials are used by the tests of this file.
func htmlPartials() map[string]string {
	return map[string]string{
		"wrap":   "<main>{{ body }}</main>",
		"link":   `<a href="{{ url }}">{{ text }}</a>`,
		"plain":  "{{ url }}",
		"script": "<script>{{ x }}</script>",
	}
}

func htmlVars() map[string]any {
	return map[string]any{
		"evil":  `<img src=x onerror='alert("1&2")'>`,
		"name":  "Ben & Jo",
		"list":  []any{"<a>", "b&"},
		"html":  liquid.Safe("<b>bold</b>"),
		"lines": "one\r\n<two>",
		"url":   "https://shop.example/?a=1&b=2",
		"js":    "javascript:alert(1)",
		"n":     int64(5),
		"color": "#b7410e",
		"css":   "red;background:url(//evil.example)",
		"obj":   map[string]any{"a": "</script><b>", "n": int64(1)},
	}
}

func TestEscapingOfOutput(t *testing.T) {
	t.Parallel()
	const evil = "&lt;img src=x onerror=&#39;alert(&quot;1&amp;2&quot;)&#39;&gt;"
	cases := []struct{ name, template, want string }{
		{"a variable", "{{ evil }}", evil},
		{"echo", "{% echo evil %}", evil},
		{"a literal is text too", "{{ '<br>' }}", "&lt;br&gt;"},
		{"numbers", "{{ n }}{{ 1.5 }}", "51.5"},
		{"items of an array", "{{ list }}", "&lt;a&gt;b&amp;"},
		{"cycle", "{% cycle evil %}", evil},
		{"a raw value", "{{ '<br>' | raw }}", "<br>"},
		{"Safe data", "{{ html }}", "<b>bold</b>"},
		{"escape does it once", "{{ name | escape }} {{ name | escape | escape }}", "Ben &amp; Jo Ben &amp; Jo"},
		{"escape_once", "{{ '1 &lt; 2 & 3' | escape_once }}", "1 &lt; 2 &amp; 3"},
		{"a capture is HTML", "{% capture x %}<i>{{ name }}</i>{% endcapture %}{{ x }}", "<i>Ben &amp; Jo</i>"},
		{"a capture stays HTML when trimmed", "{% capture x %} <i>{{ name }}</i> {% endcapture %}{{ x | strip }}", "<i>Ben &amp; Jo</i>"},
		{"cutting a capture cuts what is read", "{% capture x %}{{ name }}{% endcapture %}{{ x | truncate: 6, '' }}", "Ben &amp; "},
		{"a capture equals its text", "{% capture x %}{{ name }}{% endcapture %}{% if x == 'Ben & Jo' %}same{% endif %}", "same"},
		{"joining text to HTML escapes the text", "{{ html | append: name }}", "<b>bold</b>Ben &amp; Jo"},
		{"joining HTML to text escapes the text", "{{ evil | append: html }}", evil + "<b>bold</b>"},
		{"prepend", "{{ name | prepend: html }}", "<b>bold</b>Ben &amp; Jo"},
		{"join with HTML", "{% assign br = '<br>' | raw %}{{ list | join: br }}", "&lt;a&gt;<br>b&amp;"},
		{"join with text", "{{ list | join: '<br>' }}", "&lt;a&gt;&lt;br&gt;b&amp;"},
		{"replace by HTML", "{% assign b = '<b>' | raw %}{{ '<x>y' | replace: 'y', b }}", "&lt;x&gt;<b>"},
		{"replace in HTML by text", "{{ html | replace: 'bold', evil }}", "<b>" + evil + "</b>"},
		{"newline_to_br escapes the rest", "{{ lines | newline_to_br }}", "one<br />\n&lt;two&gt;"},
		{"strip_html leaves nothing dangerous", "{{ '<b>x</b> &amp; <img src=x onerror=alert(1)' | strip_html }}", "x &amp; &lt;img src=x onerror=alert(1)"},
		{"upcase of HTML", "{{ html | upcase }}", "<B>BOLD</B>"},
		{"split HTML is text", "{{ html | split: 'x' }}", "&lt;b&gt;bold&lt;/b&gt;"},
		{"default keeps HTML", "{{ html | default: 'x' }}", "<b>bold</b>"},
		{"render gets HTML through", "{% capture b %}<p>{{ name }}</p>{% endcapture %}{% render 'wrap', body: b %}", "<main><p>Ben &amp; Jo</p></main>"},
		{"render escapes text", "{% render 'wrap', body: evil %}", "<main>" + evil + "</main>"},
		{"an attribute", `<p title="{{ evil }}">`, `<p title="` + evil + `">`},
		{"a comment", "<!-- {{ '-->' }} -->", "<!-- --&gt; -->"},
		{"json in text", "{{ obj | json }}", `{&quot;a&quot;:&quot;\u003c/script\u003e\u003cb\u003e&quot;,&quot;n&quot;:1}`},
		{"json in a JSON script", `<script type="application/ld+json">{{ obj | json }}</script>`, `<script type="application/ld+json">{"a":"\u003c/script\u003e\u003cb\u003e","n":1}</script>`},
		{"url_encode", "{{ evil | url_encode }}", "%3Cimg+src%3Dx+onerror%3D%27alert%28%221%262%22%29%27%3E"},
	}
	e := liquid.New(liquid.WithLoader(loaderOf(htmlPartials())))
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := e.Render(context.Background(), "mail", c.template, htmlVars())
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("%s\n got  %s\n want %s", c.template, got, c.want)
			}
		})
	}
}

func TestTextModeDoesNotEscape(t *testing.T) {
	t.Parallel()
	e := liquid.New(liquid.Escape(liquid.Text))
	const template = "{{ name }} {% capture x %}{{ name }}{% endcapture %}{{ x }} {{ name | raw }} {{ '<' | escape }} {{ lines | newline_to_br }} <a href={{ js }}>"
	got, err := e.Render(context.Background(), "sms", template, htmlVars())
	if err != nil {
		t.Fatal(err)
	}
	if want := "Ben & Jo Ben & Jo Ben & Jo &lt; one<br />\n<two> <a href=javascript:alert(1)>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, template string
		vars           map[string]any
		refused        string // the scheme named in the error; "" if allowed
	}{
		{name: "https", template: `<a href="{{ url }}">`},
		{name: "relative", template: `<a href="/p/{{ name | url_encode }}">`},
		{name: "fragment", template: `<a href="#{{ n }}">`},
		{name: "cid", template: `<img src="{{ 'cid:logo' }}">`},
		{name: "mailto in capitals", template: `<a href="{{ 'MAILTO:a@b.example' }}">`},
		{name: "tel", template: `<a href='{{ "tel:+43" }}'>`},
		{name: "a colon behind a slash", template: `<a href="{{ '/a:b' }}">`},
		{name: "empty", template: `<a href="{{ '' }}">`},
		{name: "a scheme in the template is the author's", template: `<a href="sms:+43">{{ n }}</a>`},
		{name: "a scheme of the author's with a value", template: `<a href="sms:{{ n }}">{{ n }}</a>`},
		{name: "a path of the author's", template: `<a href="/x/{{ js }}">`},
		{name: "a picture in the address", template: `<img src="data:image/png;base64,{{ n }}">`},
		{name: "javascript", template: `<a href="{{ js }}">`, refused: "javascript"},
		{name: "single quotes", template: `<a href='{{ js }}'>`, refused: "javascript"},
		{name: "src", template: `<img src="{{ js }}">`, refused: "javascript"},
		{name: "data", template: `<a href="{{ 'data:text/html,x' }}">`, refused: "data"},
		{name: "capitals", template: `<a HREF="{{ 'JaVaScRiPt:x' }}">`, refused: "JaVaScRiPt"},
		{name: "white space before", template: `<a href="  {{ js }}">`, refused: "javascript"},
		{name: "control characters", template: `<a href="{{ x }}">`, vars: map[string]any{"x": "\x01java\tscr\nipt:x"}, refused: "javascript"},
		{name: "raw is no way round", template: `<a href="{{ js | raw }}">`, refused: "javascript"},
		{name: "entities in raw", template: `<a href="{{ 'javascript&colon;alert(1)' | raw }}">`, refused: "javascript"},
		{name: "numeric entities in raw", template: `<a href="{{ '&#106;avascript&#58;alert(1)' | raw }}">`, refused: "javascript"},
		{name: "put together from two", template: `<a href="{{ 'javascript' }}{{ ':alert(1)' }}">`, refused: "javascript"},
		{name: "begun by the template", template: `<a href="java{{ 'script:x' }}">`, refused: "javascript"},
		{name: "ended by the template", template: `<a href="{{ 'javascript' }}:x">`, refused: "javascript"},
		{name: "over a branch", template: `<a href="{% if n %}{{ js }}{% else %}x{% endif %}">`, refused: "javascript"},
		{name: "by a loop", template: `<a href="{% for c in parts %}{{ c }}{% endfor %}">`, vars: map[string]any{"parts": []any{"vb", "script", ":x"}}, refused: "vbscript"},
		{name: "by a partial", template: `<a href="{% render 'plain', url: js %}">`, refused: "javascript"},
		{name: "in a partial", template: `{% render 'link', url: js, text: 'x' %}`, refused: "javascript"},
		{name: "by a capture", template: `{% capture u %}{{ js }}{% endcapture %}<a href="{{ u }}">`, refused: "javascript"},
		{name: "captured whole", template: `{% capture a %}<a href="{{ js }}">x</a>{% endcapture %}{{ a }}`, refused: "javascript"},
		{name: "inside an Outlook comment", template: `<!--[if mso]><v:roundrect href="{{ js }}"><![endif]-->`, refused: "javascript"},
		{name: "background", template: `<td background="{{ js }}">`, refused: "javascript"},
		{name: "the host of the author's beginning", template: `<a href="https{{ ':' }}">`, refused: ""},
		{name: "spread over text", template: `<a class="x" href = "{{ js }}" id="y">`, refused: "javascript"},
		{name: "a partial with a link inside a link's address", template: `<a href="{{ js }}{% render 'plain', url: '' %}">`, refused: "javascript"},
		{name: "long padding", template: `<a href="{{ x }}">`, vars: map[string]any{"x": strings.Repeat(" ", 600) + "javascript:x"}, refused: ""},
	}
	e := liquid.New(liquid.WithLoader(loaderOf(htmlPartials())))
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			vars := htmlVars()
			for k, v := range c.vars {
				vars[k] = v
			}
			out, err := e.Render(context.Background(), "mail", c.template, vars)
			if c.name == "long padding" {
				if err == nil {
					t.Errorf("printed %q", out)
				}
				return
			}
			if c.refused == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if err == nil {
				t.Fatalf("printed %q", out)
			}
			if !strings.Contains(err.Error(), `the scheme "`+c.refused+`" is not allowed`) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestStyleAttributes(t *testing.T) {
	t.Parallel()
	e := liquid.New()
	for _, ok := range []string{`<p style="color:{{ color }}">`, `<p style="background:url({{ url }})">`, `<p style='width:{{ n }}px'>`, `<p style="{{ css | raw }}">`, `<p style="color:{% cycle color, 'red' %}">`} {
		if _, err := e.Render(context.Background(), "mail", ok, htmlVars()); err != nil {
			t.Error(err)
		}
	}
	if _, err := e.Render(context.Background(), "mail", `<p style="color:{% cycle css, 'red' %}">`, htmlVars()); err == nil {
		t.Error("cycle is a way round")
	}
	for _, value := range []string{"red;x:y", "url(x)", "a}b{", `\72`, "x/**/", "@import", `"`, "<"} {
		_, err := e.Render(context.Background(), "mail", `<p style="color:{{ v }}">`, map[string]any{"v": value})
		if err == nil || !strings.Contains(err.Error(), "mail:1:20:") {
			t.Errorf("%s: error %v", value, err)
		}
	}
}

// TestRefusedSpots has outputs where no escaping helps.
func TestRefusedSpots(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, template, want string }{
		{"script", "<script>var x = '{{ a }}'</script>", "mail:1:18: a value cannot stand inside <script>"},
		{"a script of another type", `<script type="text/x">{{ a | json }}</script>`, "inside <script>"},
		{"no JSON in JSON", `<script type="application/ld+json">{{ a }}</script>`, "has to be written as JSON"},
		{"style", "<style>p{color:{{ a }}}</style>", "inside <style>"},
		{"raw in a script", "<script>{{ a | raw }}</script>", "inside <script>"},
		{"cycle in a script", "<script>{% cycle a %}</script>", "inside <script>"},
		{"a partial in a script", "<script>{% render 'wrap', body: a %}</script>", "inside <script>"},
		{"an event handler", `<p onclick="go('{{ a }}')">`, "it would run as code"},
		{"javascript", `<a href="javascript:go('{{ a }}')">`, "mail:1:10: a value cannot stand in an address of the scheme javascript"},
		{"data", `<a href=" DATA:text/html,{{ a }}">`, "of the scheme data"},
		{"no quotes", "<a href={{ a }}>", "needs quotes"},
		{"half of a value without quotes", "<a href=/x/{{ a }}>", "needs quotes"},
		{"a tag's name", "<{{ a }}>", "inside a tag"},
		{"an attribute's name", "<p {{ a }}>", "inside a tag"},
		{"behind a value", `<p class="x"{{ a }}>`, "inside a tag"},
		{"branches that differ", `<p {% if a %}class="{% else %}id='{% endif %}">`, "one branch of this block ends in"},
		{"a loop that opens", `{% for x in a %}<p title="{% endfor %}`, "one branch of this block ends in"},
		{"a capture that opens", `{% capture x %}<a href="{% endcapture %}`, "this capture ends inside the attribute href"},
		{"an open end", `<a href="`, "the template ends inside the attribute href"},
		{"a partial in a tag", `<p {% render 'plain', url: a %}>`, "inside a tag"},
		{"a partial in a style", `<p style="color:{% render 'plain', url: a %}">`, "a partial cannot stand in a style attribute"},
		{"in a partial", `{% render 'script' %}`, "script:1:9: a value cannot stand inside <script>"},
	}
	e := liquid.New(liquid.WithLoader(loaderOf(htmlPartials())))
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := e.Parse("mail", c.template)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s\n got  %v\n want %s", c.template, err, c.want)
			}
			var list liquid.ParseErrors
			if err != nil && !errors.As(err, &list) {
				t.Errorf("the error is a %T", err)
			}
		})
	}
}

// TestAllowedSpots has HTML that looks odd and is harmless.
func TestAllowedSpots(t *testing.T) {
	t.Parallel()
	for _, template := range []string{
		"1 < 2 {{ a }}",
		"<p {{ a | raw }}>",
		`<p {% if a %}class="{{ a }}"{% endif %}>`,
		`<p class="{% if a %}x{% else %}y{% endif %}">{{ a }}`,
		"<script>var x = 1 < 2</script>{{ a }}",
		"<style>a > b { color: red }</style>{{ a }}",
		"<!-- <script> -->{{ a }}",
		"<!doctype html>{{ a }}",
		"<!--[if !mso]><!-->{{ a }}<!--<![endif]-->{{ a }}",
		"<!---->{{ a }}",
		"<br/>{{ a }}<img src='x'/>{{ a }}",
		"{% if a %}<td>{% endif %}{{ a }}",
		"<p title='>'>{{ a }}",
		"{% raw %}<script>{% endraw %}</script>{{ a }}",
	} {
		if _, err := liquid.New().Parse("mail", template); err != nil {
			t.Errorf("%s: %v", template, err)
		}
	}
}
