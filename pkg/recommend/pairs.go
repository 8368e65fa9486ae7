package recommend

import (
	"math/bits"
	"slices"
)

// pair is what a product of the shortlist shares with one of the basket.
type pair struct {
	fresh  float64 // the sum of the decay of the orders that hold both
	orders int32   // how many they are
}

// countPairs counts the products of the shortlist with each product of the basket: pairs[i*asked+j] is the i-th of the
// shortlist with the j-th of the basket.
func (m *Model) countPairs(list []uint32, asked int, w window) {
	s := &m.scratch
	s.pairs = slices.Grow(s.pairs[:0], len(list)*asked)[:len(list)*asked]
	clear(s.pairs)
	for i, p := range list {
		s.rows[p] = uint32(i*asked) + 1
	}
	listed := slices.Grow(s.listed[:0], m.cfg.MaxItems)[:m.cfg.MaxItems]
	for i := range s.visits {
		v := &s.visits[i]
		n := 0
		for _, p := range m.contentsOfVisited(v) {
			row := s.rows[p]
			listed[n] = row - 1
			if row != 0 {
				n++
			}
		}
		if n == 0 {
			continue
		}
		weight := m.decay(v.at, w.until)
		for holds := v.holds; holds != 0; holds &= holds - 1 {
			column := s.pairs[bits.TrailingZeros32(holds):]
			for _, row := range listed[:n] {
				c := &column[row]
				c.orders++
				c.fresh += weight
			}
		}
	}
	for _, p := range list {
		s.rows[p] = 0
	}
	s.listed = listed
}
