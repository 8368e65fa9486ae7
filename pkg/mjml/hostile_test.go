package mjml_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rapport/pkg/mjml"
)

// small is a document that any compiler has to manage.
const small = `<mjml><mj-body><mj-section><mj-column><mj-text>Hello {{ name }}</mj-text></mj-column></mj-section></mj-body></mjml>`

func wrapped(inside string) string { return "<mjml><mj-body>" + inside + "</mj-body></mjml>" }

// hostile are documents that want more than they should get.
func hostile() map[string]string {
	column := "<mj-section><mj-column>"
	end := "</mj-column></mj-section>"
	return map[string]string{
		"sections":            wrapped(strings.Repeat("<mj-section></mj-section>", 3990)),
		"more sections":       wrapped(strings.Repeat("<mj-section></mj-section>", 20_000)),
		"text":                wrapped(column + strings.Repeat("<mj-text>a</mj-text>", 3900) + end),
		"deep":                wrapped(strings.Repeat("<mj-wrapper>", 20_000)),
		"deep html":           wrapped(column + "<mj-text>" + strings.Repeat("<div>", 60_000) + "</mj-text>" + end),
		"deep html, inlined":  `<mjml><mj-head><mj-style inline="inline">div div div { color: red }</mj-style></mj-head><mj-body>` + column + "<mj-text>" + strings.Repeat("<div>", 60_000) + "</mj-text>" + end + "</mj-body></mjml>",
		"rules":               `<mjml><mj-head><mj-style inline="inline">` + strings.Repeat("div ~ div * > div + div:not(.a) { color: red }", 8000) + `</mj-style></mj-head><mj-body>` + column + "<mj-text>" + strings.Repeat("<div></div>", 5000) + "</mj-text>" + end + "</mj-body></mjml>",
		"liquid":              wrapped(column + "<mj-text>" + strings.Repeat("{{ a }}", 60_000) + "</mj-text>" + end),
		"attributes":          wrapped("<mj-section " + strings.Repeat(`css-class="a" `, 30_000) + "></mj-section>"),
		"one long attribute":  wrapped(`<mj-section padding="` + strings.Repeat("1px ", 100_000) + `"></mj-section>`),
		"large":               wrapped(column + "<mj-text>" + strings.Repeat("a", 600_000) + "</mj-text>" + end),
		"open comments":       wrapped(strings.Repeat("<!--", 100_000)),
		"open liquid":         wrapped(strings.Repeat("{{", 100_000)),
		"open tags":           strings.Repeat("<mjml ", 80_000),
		"closing tags":        wrapped(strings.Repeat("</a>", 100_000)),
		"numbers":             wrapped(`<mj-section padding="99999999999999999999px"><mj-column width="0.0000000001%"><mj-image width="99999999999px" src="a" /></mj-column></mj-section>`),
		"conditional":         wrapped(column + "<mj-text>" + strings.Repeat("<!--[if mso]>", 30_000) + "-->" + "</mj-text>" + end),
		"classes of its kind": `<mjml><mj-head><mj-attributes><mj-class name="__proto__" color="red" /><mj-class name="constructor" x="1" /></mj-attributes></mj-head><mj-body>` + column + `<mj-text mj-class="__proto__ constructor">a</mj-text>` + end + "</mj-body></mjml>",
	}
}

// TestHostile: a document that wants too much ends, and the next one compiles as if nothing had been.
func TestHostile(t *testing.T) {
	t.Parallel()
	c := compiler(t, mjml.Config{Timeout: 3 * time.Second, Keep: -1})
	want := compile(t, c, small)
	for name, text := range hostile() {
		begin := time.Now()
		_, err := c.Compile(t.Context(), text, mjml.Options{File: name})
		var problems mjml.Problems
		if err != nil && !errors.As(err, &problems) {
			t.Errorf("%s: %v", name, err)
		}
		if len(problems) > 0 {
			t.Logf("%s: %v: %d: %s", name, time.Since(begin).Round(time.Millisecond), len(problems), problems[0])
		} else {
			t.Logf("%s: %v", name, time.Since(begin).Round(time.Millisecond))
		}
		if got := compile(t, c, small); got != want {
			t.Errorf("after %s a document compiles to other HTML", name)
		}
	}
}
