package profile_test

import (
	"fmt"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/profile"
)

// BenchmarkOrder is what one more order costs a profile with few or many before; the event
// has been read already, as it is when the engine applies it.
func BenchmarkOrder(b *testing.B) {
	for _, n := range []int{1, 10, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			order := func(i int) *event.Event {
				return happened(event.OrderCompleted, at(0).Add(time.Duration(i)*time.Hour), `{"order_id": "A1", "total": 45.5, "currency": "GBP", "revenue": "40.25", "products": [
					{"product_id": "lamp", "name": "Lamp", "price": 30, "quantity": 1, "category": "light"}, {"product_id": "bulb", "name": "Bulb", "price": "7.75", "quantity": 2}]}`)
			}
			p := profile.New("ada", at(0))
			for i := range n {
				p.Apply(order(i))
			}
			e := order(n)
			p.Apply(e)
			b.ReportAllocs()
			for b.Loop() {
				e.Time = e.Time.Add(time.Hour)
				p.Apply(e)
			}
		})
	}
}

// BenchmarkWords is what one more event costs whose sender repeats two words about consent.
func BenchmarkWords(b *testing.B) {
	p := profile.New("ada", at(0))
	e := said("x", at(0), object{"channel": "email", "purpose": "marketing", "granted": true, "source": "checkout"},
		object{"channel": "sms", "purpose": "marketing", "granted": false, "source": "checkout"})
	b.ReportAllocs()
	for b.Loop() {
		e.Time = e.Time.Add(time.Hour)
		p.Apply(e)
	}
}

// BenchmarkTraits is what one more event costs whose sender repeats all traits, or tells of one.
func BenchmarkTraits(b *testing.B) {
	for name, data := range map[string]string{
		"all": `{"$profile":{"traits":{"email":"ada@example.com","phone":"+447700900001","first_name":"Ada","city":"Ulm","size":"M","plan":"gold"}}}`,
		"one": `{"$profile":{"traits":{"size":"M"}}}`,
	} {
		b.Run(name, func(b *testing.B) {
			p := profile.New("ada", at(0))
			p.Apply(happened("x.happened", at(0), `{"$profile":{"traits":{"email":"ada@example.com","phone":"+447700900001","first_name":"Ada","city":"Ulm","size":"M","plan":"gold"}}}`))
			e := happened("x.happened", at(1), data)
			b.ReportAllocs()
			for b.Loop() {
				e.Time = e.Time.Add(time.Second)
				p.Apply(e)
			}
		})
	}
}

// BenchmarkJoin is what it costs to make the view of a customer and a visitor.
func BenchmarkJoin(b *testing.B) {
	a, v := fold(manyEvents(1, 200)), fold(manyEvents(2, 40))
	b.ReportAllocs()
	for b.Loop() {
		profile.Join("ada", a, v)
	}
}
