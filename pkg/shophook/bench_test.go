package shophook_test

import (
	"strings"
	"testing"

	"rapport/pkg/event"
)

// BenchmarkReceive is an order of Shopify's from the corpus, from its signature to its event,
// and the largest body that is mapped at all, which is what a hostile shop could ask for.
func BenchmarkReceive(b *testing.B) {
	order := (&payload{shop: "shopify", file: "order.json", at: []string{"order"}}).body(b)
	line := `{"id":1,"product_id":2,"title":"` + strings.Repeat("x", 10) + `","price":"1.00","quantity":1}`
	large := []byte(`{"id":1,"email":"a@shop.example","created_at":"2026-02-03T00:00:00Z","line_items":[` + strings.Repeat(line+",", 15_000) + line + `]}`)
	for _, c := range []struct {
		name, topic string
		body        []byte
		fits        bool
	}{{"order", "orders/create", order, true}, {"refused", "orders/create", large, false}} {
		b.Run(c.name, func(b *testing.B) {
			src, h := open(b, "shopify"), signed("shopify", c.topic, c.body)
			b.SetBytes(int64(len(c.body)))
			b.ReportAllocs()
			for b.Loop() {
				d, err := src.Receive(h, c.body, at)
				if (err == nil) != c.fits || c.fits && d.Events[0].Type != event.OrderCompleted {
					b.Fatal(err)
				}
			}
		})
	}
}
