package shophook

import (
	"errors"
	"strings"
	"testing"
)

// FuzzExpressions compiles any text as an expression and evaluates it. It is refused with a
// place inside it, or gives a value or an error; it ends, and never panics.
func FuzzExpressions(f *testing.F) {
	for _, text := range []string{
		`sum(map(filter(body.list, .v != nil), .v))`, `either("shopify:" + text(body.id), lower(body.text))`, `body.list[-1].k ?? hash(1, "a")`, `-money("1e40") * 1e40 * 1e40`,
		`find(body.list, .k in ["x"]).v > 1 ? minor(5, 9) : time(1)`, `join(split(body.tags, ","), body.html)`, `# == 1`, `not not -1`, `"a" + "b" contains "ab"`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := Compile(text, "f.yaml:1", "item")
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Line < 1 || e.Col < 1 || e.Line > strings.Count(text, "\n")+1) {
			t.Fatalf("%v", err)
		}
		if err != nil {
			return
		}
		v, err := evaluate(t, text)
		if err == nil {
			if _, _, err := timeOf(v); err != nil && v == nil {
				t.Fatalf("nothing is a time: %v", err)
			}
		}
	})
}
