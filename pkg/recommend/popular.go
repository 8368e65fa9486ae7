package recommend

import (
	"slices"
	"time"
)

// popularOrders is how many of the latest orders the popular products are counted in, at most.
const popularOrders = 20_000

// storePopular scores every product by the decayed number of its latest orders.
func (m *Model) storePopular(asOf time.Time) candidates {
	w := m.window(asOf, popularOrders)
	s := &m.scratch
	found := s.found[:0]
	for _, ordinal := range w.orders {
		weight := m.decay(m.baskets[ordinal].at, w.until)
		for _, p := range m.contentsOf(ordinal) {
			place := s.rows[p]
			if place == 0 {
				found = append(found, candidate{product: p, because: nobody})
				place = uint32(len(found))
				s.rows[p] = place
			}
			c := &found[place-1]
			c.support++
			c.score += weight
		}
	}
	kept := found[:0]
	for _, c := range found {
		s.rows[c.product] = 0
		if !s.taken[c.product] {
			c.score = rounded(c.score)
			kept = append(kept, c)
		}
	}
	s.found = found
	return kept
}

// categoryPopular is storePopular among the products that, at the time asked about, were in a category of the basket.
func (m *Model) categoryPopular(basket []uint32, asOf time.Time) candidates {
	until := key{at: instant(asOf)}
	because := make(map[uint32]uint32) // candidate to the basket's product whose category it shares
	asked := make([]string, 0, len(basket))
	for _, a := range basket {
		category := m.describedAsOf(a, until).category
		if category == "" || slices.Contains(asked, category) {
			continue
		}
		asked = append(asked, category)
		for _, p := range m.category[category] {
			if m.describedAsOf(p, until).category == category {
				because[p] = a
			}
		}
	}
	if len(because) == 0 {
		return nil
	}
	found := m.storePopular(asOf)
	kept := found[:0]
	for _, c := range found {
		if a, shared := because[c.product]; shared {
			c.because = a
			kept = append(kept, c)
		}
	}
	return kept
}
