package condition

import (
	"testing"

	"rapport/pkg/event"
)

// FuzzCompile: whatever is written, it compiles or is refused with places inside it, and
// what compiles evaluates to the same answer twice, without a panic.
func FuzzCompile(f *testing.F) {
	for _, src := range []string{
		`event.total >= 20.0 && profile.orders.count <= 3`, `any(event.products, .price > 20)`, `sent.first?.id != nil`,
		`since(profile.orders.last_at) > duration("30d")`, `event.products[-1].name matches "^B"`, `x ?? -1 in [1, 2]`,
		`(((`, `"`, `a.b.c()`, `1 | lower()`, "event.total >\n\n 3", `#`, `sum(map(filter(event.products, .price > 1), .price)) > 2`,
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		c, err := Compile(src, inside)
		if err != nil {
			for _, e := range err.(Errors) { //nolint:errorlint // the documented type
				if e.Line < 1 || e.Col < 1 || e.Width < 1 || e.Message == "" {
					t.Errorf("a mistake without a place or words: %#v", e)
				}
			}
			return
		}
		s := scope(event.OrderCompleted, lampOrder)
		first, err1 := c.Eval(s)
		second, err2 := c.Eval(s)
		if first != second || (err1 == nil) != (err2 == nil) {
			t.Errorf("%q is %v, %v and then %v, %v", src, first, err1, second, err2)
		}
	})
}
