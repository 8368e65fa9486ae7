package condition

import (
	"fmt"
	"testing"

	"rapport/pkg/event"
	"rapport/pkg/journey"
)

// BenchmarkHistory is what is asked of the past of somebody with few or with many events:
// the cost must not grow with their number.
func BenchmarkHistory(b *testing.B) {
	for name, src := range map[string]string{
		"count": `orders.count(last = 90d) >= 3 and profile.consent.email.marketing`,
		"where": `events("product.viewed").count(category == "lamps", last = 7d) >= 2`,
		"sum":   `orders.sum(total) > 100 and since(orders.last) > 30d`,
		"year":  `orders.sum(total, last = 365d) > 100`,
		"none":  `messages.count(last = 7d, channel = "email") == 0 or "vip" in profile.segments`,
	} {
		for _, n := range []int{10, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				var things []past
				for i := range n {
					ago := 400 * float64(n-i) / float64(n)
					things = append(things, past{ago, event.OrderCompleted, anOrder("A", 10, "lamps")}, past{ago, "product.viewed", `{"category": "lamps", "product_id": "x", "price": 30}`},
						past{ago, event.MessageSent, `{"channel": "sms", "journey": "welcome", "template": "hello"}`})
				}
				p := lived(things...)
				c, err := Compile(src, Env{})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := c.Eval(journey.NewScope(noon, p, nil, nil, nil)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
