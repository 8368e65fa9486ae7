package recommend

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// synthetic is a year of orders of a middling shop: 5,000 products whose popularity falls off as 1/rank, sold in
// neighbourhoods of twenty that go together, about eight to an order.
func synthetic(count int) []Order {
	r := rand.New(rand.NewPCG(1, 2))
	const products = 5000
	orders := make([]Order, count)
	for i := range orders {
		o := Order{ID: fmt.Sprintf("s%d", i), At: monday.Add(time.Duration(i) * 365 * 24 * time.Hour / time.Duration(count))}
		first := int(math.Exp(r.Float64()*math.Log(products))) - 1
		for range 1 + r.IntN(15) {
			id := first/20*20 + r.IntN(20)
			if r.IntN(3) == 0 {
				id = int(math.Exp(r.Float64()*math.Log(products))) - 1
			}
			o.Items = append(o.Items, Item{ID: fmt.Sprintf("p%d", id), Name: fmt.Sprintf("Product %d", id), Category: fmt.Sprintf("c%d", id/20)})
		}
		orders[i] = o
	}
	return orders
}

func BenchmarkLearn(b *testing.B) {
	orders := synthetic(50_000)
	m, i := New(Config{}), 0
	b.ReportAllocs()
	for b.Loop() {
		if i == len(orders) {
			m, i = New(Config{}), 0
		}
		m.Learn(orders[i])
		i++
	}
}

func BenchmarkSuggest(b *testing.B) {
	orders := synthetic(200_000)
	m := learnt(Config{}, orders...)
	asOf := orders[len(orders)-1].At
	for _, c := range []struct {
		name   string
		basket []string
		basis  Source
	}{
		{"one popular product", []string{"p0"}, BoughtTogether},
		{"five products", []string{"p0", "p7", "p100", "p900", "p4000"}, BoughtTogether},
		{"category", []string{"p100"}, CategoryPopular},
		{"store", nil, StorePopular},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Suggest(Query{AsOf: asOf, Basket: c.basket, Max: 4, Basis: []Source{c.basis}})
			}
		})
	}
}
