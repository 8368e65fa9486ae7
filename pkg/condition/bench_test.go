package condition

import (
	"testing"

	"rapport/pkg/event"
)

// BenchmarkTypical is one comparison with the event and one with the profile, the event
// being decoded already.
func BenchmarkTypical(b *testing.B) {
	benchmark(b, `event.total >= 20.0 && profile.orders.count <= 3`)
}

// BenchmarkMatch is what a journey asks for each event of somebody inside.
func BenchmarkMatch(b *testing.B) { benchmark(b, `event.order_id == trigger.order_id`) }

// BenchmarkList looks at each product.
func BenchmarkList(b *testing.B) {
	benchmark(b, `any(event.products, .price * .quantity > 100) and profile.country in ["DE", "AT", "CH"]`)
}

// BenchmarkCompile is what reading a file costs for each condition.
func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := Compile(`event.total >= 20.0 && profile.orders.count <= 3`, inside); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmark(b *testing.B, src string) {
	c, err := Compile(src, inside)
	if err != nil {
		b.Fatal(err)
	}
	s := scope(event.OrderCompleted, lampOrder)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Eval(s); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFirstLook includes what the scope spends on decoding the two orders, which it
// does once for all conditions that are asked about an event.
func BenchmarkFirstLook(b *testing.B) {
	c, err := Compile(`event.order_id == trigger.order_id`, inside)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := c.Eval(scope(event.OrderCompleted, lampOrder)); err != nil {
			b.Fatal(err)
		}
	}
}
