package recommend

import (
	"math"
	"slices"
	"strings"
	"time"
)

// boughtTogether scores every product that shares orders with the basket. A candidate's score is the sum, over the
// products of the basket it belongs to, of their measure times the freshness of what they share: the mean decay of the
// shared orders. All counts of one question are taken over one window, so that the cells of each table fit together.
func (m *Model) boughtTogether(basket []uint32, asOf time.Time) candidates {
	// The basket is walked in the order of its ids, whatever order it was asked in: sums of floating-point numbers
	// depend on their order.
	basket = slices.Clone(basket)
	slices.SortFunc(basket, func(a, b uint32) int { return strings.Compare(m.products[a].id, m.products[b].id) })
	w, held := m.windowFor(basket, asOf)
	s := &m.scratch
	var found candidates
	for i, a := range basket {
		s.pairs = s.pairs[:0]
		for _, entry := range held[i] {
			b := &m.baskets[entry.basket]
			m.countPairs(m.contents[b.offset:b.offset+b.size], m.decay(b.at, w.until))
		}
		found = m.scorePairs(found, a, len(held[i]), w)
	}
	for i := range found {
		s.place[found[i].product] = 0
		found[i].score = rounded(found[i].score)
	}
	for _, p := range s.totalled {
		s.total[p] = 0
	}
	s.totalled = s.totalled[:0]
	return found
}

// windowFor returns the window for a basket, halved towards asOf until the orders to visit fit the budget, and the
// postings of each product of the basket in it.
func (m *Model) windowFor(basket []uint32, asOf time.Time) (window, [][]posting) {
	held := make([][]posting, len(basket))
	for limit := math.MaxInt; ; {
		w := m.window(asOf, limit)
		visits := 0
		for i, p := range basket {
			held[i] = m.within(p, w)
			visits += len(held[i])
		}
		if visits <= m.cfg.Budget || w.count <= 1 {
			return w, held
		}
		limit = w.count / 2
	}
}

// countPairs notes that the products of one order were bought together with the product being counted.
func (m *Model) countPairs(products []uint32, weight float64) {
	s := &m.scratch
	for _, b := range products {
		if s.both[b] == 0 {
			s.pairs = append(s.pairs, b)
		}
		s.both[b]++
		s.fresh[b] += weight
	}
}

// scorePairs adds what product a says for every candidate counted with it, and clears the counts.
func (m *Model) scorePairs(found candidates, a uint32, ofA int, w window) candidates {
	s := &m.scratch
	for _, b := range s.pairs {
		both, fresh := s.both[b], s.fresh[b]
		s.both[b], s.fresh[b] = 0, 0
		if s.taken[b] || int(both) < m.cfg.MinSupport {
			continue
		}
		if s.total[b] == 0 {
			s.total[b] = int32(len(m.within(b, w)))
			s.totalled = append(s.totalled, b)
		}
		strength := m.measure(table{both: int(both), a: ofA, b: int(s.total[b]), n: w.count})
		if strength <= 0 {
			continue
		}
		strength *= fresh / float64(both)
		if s.place[b] == 0 {
			found = append(found, candidate{product: b, because: nobody})
			s.place[b] = int32(len(found))
		}
		c := &found[s.place[b]-1]
		c.score += strength
		if c.because == nobody || strength > s.best[b] {
			c.because, c.support, s.best[b] = a, both, strength
		}
	}
	return found
}
