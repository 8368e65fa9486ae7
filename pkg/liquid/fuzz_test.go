package liquid_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"rapport/pkg/liquid"
)

func fuzzSeeds(f *testing.F) {
	f.Helper()
	for _, c := range corpus(f) {
		f.Add(c.template)
	}
	for _, s := range []string{
		"{{", "{%", "{{-}}", "{%-%}", "{{ a[", "{{ (1..", "{% liquid\nif a\necho b\nendif %}", "<a href=\"{{ a }}", "<script>{{ a }}", "<!--[if {{ a }}",
		"{% comment %}{% raw %}{% endcomment %}", "{{ 'x' | date: '%-_^#:099Z' }}", "{% case a %}{% else %}{% when a, %}{% endcase %}",
	} {
		f.Add(s)
	}
}

// FuzzParse looks for panics, hangs and errors without a place.
func FuzzParse(f *testing.F) {
	fuzzSeeds(f)
	strict := liquid.New(liquid.WithLoader(func(string) (string, error) { return "{{ x }}", nil }))
	compat := liquid.New(liquid.Compat())
	f.Fuzz(func(t *testing.T, src string) {
		for _, e := range []*liquid.Engine{strict, compat} {
			tmpl, err := e.Parse("f", src)
			if err == nil {
				tmpl.Variables()
				continue
			}
			var list liquid.ParseErrors
			if !errors.As(err, &list) || len(list) == 0 {
				t.Fatalf("%q: the error is a %T", src, err)
			}
			for _, at := range list {
				if at.Line < 1 || at.Col < 1 {
					t.Fatalf("%q: no place in %v", src, at)
				}
			}
		}
	})
}

// FuzzRender renders what parses, within small limits.
func FuzzRender(f *testing.F) {
	fuzzSeeds(f)
	limits := liquid.Limits{Steps: 5000, OutputBytes: 1 << 16, AllocBytes: 1 << 18, Depth: 8}
	load := liquid.WithLoader(func(name string) (string, error) { return "[{{ " + strings.Trim(name, "{}%") + " }}]", nil })
	engines := []*liquid.Engine{
		liquid.New(liquid.WithLimits(limits), load),
		liquid.New(liquid.WithLimits(limits), load, liquid.Compat()),
	}
	vars := map[string]any{
		"a": []any{int64(1), "two", 3.5, nil, []any{true}, map[string]any{"x": "y"}}, "b": "<b>&amp;", "s": liquid.Safe("<i>"),
		"o": map[string]any{"k": map[string]any{"j": int64(-7)}}, "t": time.Unix(1e9, 0), "x": int64(1) << 62, "f": 1e300,
	}
	f.Fuzz(func(t *testing.T, src string) {
		for _, e := range engines {
			tmpl, err := e.Parse("f", src)
			if err != nil {
				continue
			}
			out, err := tmpl.Render(context.Background(), vars, liquid.Now(time.Unix(1e9, 0)))
			if len(out) > limits.OutputBytes {
				t.Fatalf("%q: %d bytes", src, len(out))
			}
			if again, errAgain := tmpl.Render(context.Background(), vars, liquid.Now(time.Unix(1e9, 0))); again != out || (err == nil) != (errAgain == nil) {
				t.Fatalf("%q: two renders differ: %q, %v and %q, %v", src, out, err, again, errAgain)
			}
			var at *liquid.Error
			if err != nil && (!errors.As(err, &at) || at.Line < 1 || at.Col < 1) {
				t.Fatalf("%q: no place in %v", src, err)
			}
		}
	})
}

// FuzzEscape prints any text in the places where outputs may stand; it must
// not be able to leave them.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "<b>", `" onclick="x`, "' x='", "&#60;", "javascript:x", "--><script>", "\x00", "\xff<"} {
		f.Add(s)
	}
	e := liquid.New()
	tmpl, err := e.Parse("f", `<p title="{{ v }}" lang='{{ v | upcase }}'><!--{{ v | append: v }}-->{{ v | newline_to_br | strip_newlines }}{{ v | strip_html }}</p>`)
	if err != nil {
		f.Fatal(err)
	}
	want, err := tmpl.Render(context.Background(), map[string]any{"v": ""})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, v string) {
		out, err := tmpl.Render(context.Background(), map[string]any{"v": v})
		if err != nil {
			t.Skip()
		}
		out = strings.ReplaceAll(out, "<br />", "")
		for _, c := range []string{"<", ">", `"`, "'"} {
			if strings.Count(out, c) != strings.Count(want, c) {
				t.Fatalf("%q left its place: %s", v, out)
			}
		}
	})
}
