package condition

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"rapport/pkg/event"
)

// FuzzCompile: whatever is written, it compiles or is refused with places inside it, and
// what compiles evaluates to the same answer twice, to the verdict of its explanation, and
// may next change later than now, without a panic.
func FuzzCompile(f *testing.F) {
	for _, src := range []string{
		`event.total >= 20.0 && profile.orders.count <= 3`, `any(event.products, .price > 20)`, `sent.first?.id != nil`,
		`since(profile.orders.last_at) > duration("30d")`, `event.products[-1].name matches "^B"`, `x ?? -1 in [1, 2]`,
		`(((`, `"`, `a.b.c()`, `1 | lower()`, "event.total >\n\n 3", `#`, `sum(map(filter(event.products, .price > 1), .price)) > 2`,
		`orders.count(last = 90d, order_id = "x") > 1d12h`, `events("product.viewed").where(category == "a" and since(time) < 3d).last.price > 2`,
		`profile.segments.exists(s, s == "vip") or profile.segment("x")`, `orders.where(any(products, .category == "c")).sum(total, since = now - 3d) > 1`,
		`days(until(now + 3d - 1h)) > age(profile.birthday) ?? hour`, `messages.opened.count(channel = 'email') == 0 /* = 3d */ // 4d`, "`90d` == orders.last(a = = 3",
		`weekday in ["mon"] and today < now or not (event.x not in [1.5d])`,
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		start := time.Now()
		c, err := Compile(src, inside)
		if took := time.Since(start); took > time.Second {
			t.Errorf("%q took %s", src, took)
		}
		if err != nil {
			for _, e := range err.(Errors) { //nolint:errorlint // the documented type
				if e.Line < 1 || e.Col < 1 || e.Width < 1 || e.Message == "" {
					t.Errorf("a mistake without a place or words: %#v", e)
				}
			}
			return
		}
		s := scope(event.OrderCompleted, lampOrder)
		s.Profile = ada()
		first, err1 := c.Eval(s)
		second, err2 := c.Eval(s)
		if first != second || (err1 == nil) != (err2 == nil) {
			t.Errorf("%q is %v, %v and then %v, %v", src, first, err1, second, err2)
		}
		if next := s.NextChange(); !next.IsZero() && !next.After(noon) {
			t.Errorf("%q may next change at %s", src, next)
		}
		if got := Explain(c, s); err1 == nil && got.Verdict != verdict(first) && got.Verdict != "" {
			t.Errorf("%q is %v and explained as %+v", src, first, got)
		}
		if English(c) == "" {
			t.Errorf("%q has no words", src)
		}
	})
}

// FuzzWhen: whatever stands in a structured condition, it is refused or equal to the
// expression that it gives.
func FuzzWhen(f *testing.F) {
	f.Add("profile.country", "in", "DE", 3.0, false)
	f.Add("event.total", "gte", "", 20.0, true)
	f.Add("any_of", "not", "30d", 0.0, true)
	f.Add("since(orders.last)", "lt", "30d", 1e300, false)
	f.Add("event.time", "within", "30d", -1.0, false)
	f.Fuzz(func(t *testing.T, key, op, text string, number float64, bare bool) {
		values := []When{{Value: text}, {Value: number}, {Value: bare}, {}, {Value: []When{{Value: text}, {Value: number}}}}
		for _, v := range values {
			for _, w := range []When{v, {Value: []Pair{{Key: op, Value: v}}}, {Value: []When{{Value: []Pair{{Key: op, Value: v}}}}}} {
				c, err := CompileWhen(When{Value: []Pair{{Key: key, Value: w}}}, inside)
				if err != nil {
					continue
				}
				again, err := Compile(c.String(), inside)
				if err != nil {
					t.Fatalf("%q is no expression: %v", c, err)
				}
				a, err1 := c.Eval(scope(event.OrderCompleted, lampOrder))
				b, err2 := again.Eval(scope(event.OrderCompleted, lampOrder))
				if a != b || (err1 == nil) != (err2 == nil) {
					t.Fatalf("%q is %v and %v", c, a, b)
				}
			}
		}
	})
}

// TestHostile: what is meant to hurt is refused, or compiled, quickly and in little memory.
func TestHostile(t *testing.T) {
	for name, src := range map[string]string{
		"brackets":     strings.Repeat("(", 1990) + "1",
		"lists":        strings.Repeat("[", 1990) + "1",
		"nots":         strings.Repeat("not ", 499) + "true",
		"minus":        strings.Repeat("-", 1990) + "1 > 0",
		"choices":      strings.Repeat("true ? ", 280) + "true",
		"members":      "event" + strings.Repeat(".a", 990) + " == 1",
		"calls":        strings.Repeat("any(event.products, ", 99) + "true",
		"values":       "profile.country in [" + strings.Repeat("1,", 980) + "1]",
		"words":        strings.Repeat("abcdefghijklmnopqrs or ", 80) + "x",
		"pattern":      `profile.country matches "` + strings.Repeat("(", 50) + "a" + strings.Repeat("){9}", 30) + `"`,
		"repeats":      `profile.country matches "((((a{100}){100}){100}){100}){100}"`,
		"ranges":       `any(1..1000000000, # > 5)`,
		"quotes":       strings.Repeat(`"`, 1999),
		"comments":     strings.Repeat(`/*`, 999),
		"lengths":      strings.Repeat("1d1h1m1s+", 220) + "1d > 1d",
		"named":        "orders.count(" + strings.Repeat("last=1d,", 240) + ") > 1",
		"too long":     strings.Repeat("a", 10_000_000),
		"wide letters": strings.Repeat("𝔞", 1999),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		_, err := Compile(src, inside)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		// The aim is 100 ms; the bound is for machines that are slow or busy.
		t.Logf("%s: %s", name, took)
		if used := after.TotalAlloc - before.TotalAlloc; took > 5*time.Second || used > 64<<20 {
			t.Errorf("%s took %s and %d kB (%.80v)", name, took, used>>10, err)
		}
	}
}
