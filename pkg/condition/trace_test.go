package condition

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/pkg/event"
)

// drawn draws a trace as an indented list.
func drawn(t Trace, depth int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s", strings.Repeat("  ", depth), t.Source)
	if t.Saw != "" {
		fmt.Fprintf(&b, ": %s", t.Saw)
	}
	if t.Verdict != "" {
		fmt.Fprintf(&b, " (%s)", t.Verdict)
	}
	b.WriteString("\n")
	for _, p := range t.Parts {
		b.WriteString(drawn(p, depth+1))
	}
	return b.String()
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`event.total >= 20.0 && (profile.orders.count <= 2 or event.coupon == "X")`: `
event.total >= 20.0 && (profile.orders.count <= 2 or event.coupon == "X"): false (does not hold)
  event.total >= 20.0: true (holds)
    event.total: 45.5
  profile.orders.count <= 2 or event.coupon == "X": false (does not hold)
    profile.orders.count <= 2: false (does not hold)
      profile.orders.count: 3
    event.coupon == "X": false (does not hold)
      event.coupon: missing
`,
		`profile.vip or since(profile.orders.last_at) > 30d`: `
profile.vip or since(profile.orders.last_at) > 30d: true (holds)
  profile.vip: true (holds)
  since(profile.orders.last_at) > 30d (not asked)
    since(profile.orders.last_at) (not asked)
      profile.orders.last_at (not asked)
`,
		`any(event.products, .price > 20) and not (orders.count(last = 90d) in [1, 2]) and profile.tags.exists(t, t == "a")`: `
any(event.products, .price > 20) and not (orders.count(last = 90d) in [1, 2]) and profile.tags.exists(t, t == "a"): false (does not hold)
  any(event.products, .price > 20) and not (orders.count(last = 90d) in [1, 2]): true (holds)
    any(event.products, .price > 20): true (holds)
      event.products: [{category, name, price, product_id, quantity}, {name, pric…
    not (orders.count(last = 90d) in [1, 2]): true (holds)
      orders.count(last = 90d) in [1, 2]: false (does not hold)
        orders.count(last = 90d): 0
  profile.tags.exists(t, t == "a"): false (does not hold)
`,
	} {
		c, err := Compile(src, inside)
		if err != nil {
			t.Fatal(err)
		}
		if got := "\n" + drawn(Explain(c, scope(event.OrderCompleted, lampOrder)), 0); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
}

func TestExplainAll(t *testing.T) {
	t.Parallel()
	a, _ := Compile(`event.total > 100`, inside)
	b, _ := Compile(`profile.known`, inside)
	want := `(event.total > 100) and (profile.known): false (does not hold)
  event.total > 100: false (does not hold)
    event.total: 45.5
  profile.known (not asked)
`
	if got := drawn(Explain(All(a, b), scope(event.OrderCompleted, lampOrder)), 0); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// An explanation comes to the verdict that the engine comes to.
func TestExplanationsAgree(t *testing.T) {
	t.Parallel()
	questions := questions()
	rapid.Check(t, func(rt *rapid.T) {
		src := strings.NewReplacer("LENGTH", "30d", "NUMBER", "2").Replace(rapid.SampledFrom(questions).Draw(rt, "question"))
		c, err := Compile(src, Env{Sends: inside.Sends})
		if err != nil {
			rt.Fatal(err)
		}
		s := scope(event.OrderCompleted, lampOrder)
		s.Profile = someone(rapid.Uint64().Draw(rt, "person"))
		is, err := c.Eval(s)
		if got := Explain(c, s); err != nil || got.Verdict != verdict(is) || got.Source != src {
			rt.Fatalf("%s is %v, %v, and explained as %+v", src, is, err, got)
		}
	})
}
