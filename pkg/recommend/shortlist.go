package recommend

import (
	"math/bits"
	"slices"
)

// shortlistPerWanted is how many products are looked at closely, at least, for each that is wanted.
const shortlistPerWanted = 10

// visited is an order that holds products of the basket.
type visited struct {
	basket       uint32
	holds        uint32 // bit i stands for the i-th product asked about
	at           int64
	offset, size uint32 // of the basket: its products are read twice
}

// contentsOfVisited returns the products of a visited order.
func (m *Model) contentsOfVisited(v *visited) []uint32 { return m.contents[v.offset : v.offset+v.size] }

// The products asked about have to fit in visited.holds.
const _ = uint(32 - maxBasket)

// visit lists the orders that hold products of the basket, each once however many it holds. They come in an order that
// follows from the ids of the products and the keys of the orders, because sums of floating-point numbers depend on it.
func (m *Model) visit(held []holding) {
	s := &m.scratch
	s.visits = s.visits[:0]
	for i, a := range held {
		for _, entry := range a.postings {
			place := &s.visitedAs[entry.basket]
			if *place == 0 {
				b := &m.baskets[entry.basket]
				s.visits = append(s.visits, visited{basket: entry.basket, at: b.at, offset: b.offset, size: b.size})
				*place = uint32(len(s.visits))
			}
			s.visits[*place-1].holds |= 1 << i
		}
	}
	for _, v := range s.visits {
		s.visitedAs[v.basket] = 0
	}
}

// countVisits counts for every product how often a visited order holds it, once for each product of the basket that is
// held with it.
func (m *Model) countVisits() {
	s := &m.scratch
	touched, counts := s.touched, s.counts
	n := 0
	for i := range s.visits {
		v := &s.visits[i]
		times := uint32(bits.OnesCount32(v.holds))
		for _, p := range m.contentsOfVisited(v) {
			// The next place is written in any case and kept when the product is new: nothing to predict wrongly.
			touched[n] = p
			count := counts[p]
			if count == 0 {
				n++
			}
			counts[p] = count + times
		}
	}
	s.touchedCount = n
}

// shortlist returns so many products that were counted most often and may be suggested, equal ones in the order of their
// ids, and clears the counts. Whether a product is excluded is asked of those only that would be on it.
func (m *Model) shortlist(q Query, size int) []uint32 {
	s := &m.scratch
	list := s.list[:0]
	for sorted := m.sortByCount(); len(sorted) > 0 && len(list) < size; {
		equal := 1
		for equal < len(sorted) && s.counts[sorted[equal]] == s.counts[sorted[0]] {
			equal++
		}
		if len(list)+equal > size {
			slices.SortFunc(sorted[:equal], m.byID)
		}
		for _, p := range sorted[:equal] {
			if len(list) < size && (q.Exclude == nil || !q.Exclude(m.products[p].id)) {
				list = append(list, p)
			}
		}
		sorted = sorted[equal:]
	}
	for _, p := range s.touched[:s.touchedCount] {
		s.counts[p] = 0
	}
	s.list = list
	return list
}

// sortByCount returns the counted products that may have enough support and are not taken, the largest count first. It is
// a counting sort: there are thousands of products, and few different counts.
func (m *Model) sortByCount() []uint32 {
	s := &m.scratch
	touched := s.touched[:s.touchedCount]
	largest := uint32(0)
	for _, p := range touched {
		if s.taken[p] {
			s.counts[p] = 0
		}
		largest = max(largest, s.counts[p])
	}
	starts := slices.Grow(s.starts[:0], int(largest)+1)[:largest+1]
	clear(starts)
	for _, p := range touched {
		starts[s.counts[p]]++
	}
	end := uint32(0)
	least := max(1, m.cfg.MinSupport)
	for count := int(largest); count >= least; count-- {
		starts[count], end = end, end+starts[count]
	}
	sorted := slices.Grow(s.sorted[:0], int(end))[:end]
	for _, p := range touched {
		if count := s.counts[p]; int(count) >= least {
			sorted[starts[count]] = p
			starts[count]++
		}
	}
	s.starts, s.sorted = starts, sorted
	return sorted
}
