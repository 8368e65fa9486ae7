package recommend

import (
	"sort"
	"time"
)

// basket is one learnt order: when it was, and where in Model.contents its products are.
type basket struct {
	at     int64
	hash   uint64
	offset uint32
	size   uint32
}

// key is the place of an order in time. Orders of one instant are put in the order of their hashed ids, so that the
// place of each does not depend on which was learnt first.
type key struct {
	at   int64
	hash uint64
}

func (k key) less(o key) bool {
	return k.at < o.at || k.at == o.at && k.hash < o.hash
}

func (m *Model) key(basket uint32) key {
	b := &m.baskets[basket]
	return key{at: b.at, hash: b.hash}
}

// searchBaskets returns the first place in a sorted timeline whose basket is not before k.
func (m *Model) searchBaskets(timeline []uint32, k key) int {
	return sort.Search(len(timeline), func(i int) bool { return !m.key(timeline[i]).less(k) })
}

// searchPostings returns the first place in sorted postings whose basket is not before k. A question searches some
// thousand times, so the times lie in the postings themselves and the baskets are asked for ties only.
func (m *Model) searchPostings(postings []posting, k key) int {
	low, high := 0, len(postings)
	for low < high {
		mid := int(uint(low+high) >> 1)
		p := &postings[mid]
		if p.at < k.at || p.at == k.at && m.baskets[p.basket].hash < k.hash {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// window is a stretch of orders: those whose key is at least from and whose time is before until.
type window struct {
	from   key
	until  key
	orders []uint32 // those within, a part of the timeline
}

// within returns the postings of a product that lie in the window.
func (m *Model) within(p uint32, w window) []posting {
	postings := m.products[p].postings
	end := m.searchPostings(postings, w.until)
	return postings[m.searchPostings(postings[:end], w.from):end]
}

// window returns the orders a question as of a time may use: those of the horizon before it, and no more than limit of
// them, counted back from it.
func (m *Model) window(asOf time.Time, limit int) window {
	w := window{from: key{at: instant(asOf.Add(-m.cfg.Horizon))}, until: key{at: instant(asOf)}}
	w.orders = m.timeline[:m.searchBaskets(m.timeline, w.until)]
	w.orders = w.orders[m.searchBaskets(w.orders, w.from):]
	return m.latest(w, limit)
}

// latest returns the window narrowed to the latest orders in it, no more than limit of them.
func (m *Model) latest(w window, limit int) window {
	if len(w.orders) > limit {
		w.orders = w.orders[len(w.orders)-limit:]
		w.from = m.key(w.orders[0])
	}
	return w
}

// contentsOf returns the products of a basket.
func (m *Model) contentsOf(basket uint32) []uint32 {
	b := &m.baskets[basket]
	return m.contents[b.offset : b.offset+b.size]
}

// Times outside the years that fit in int64 nanoseconds are moved to their ends; no shop has orders there.
const (
	earliest = -1 << 63
	latest   = 1<<63 - 1
)

func instant(t time.Time) int64 {
	switch y := t.Year(); {
	case y < 1680:
		return earliest
	case y > 2260:
		return latest
	}
	return t.UnixNano()
}

// hashID is 64-bit FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), mixed once more because orders of one instant
// are put in the order of their hashes and FNV leaves ids that differ in their last character close together.
func hashID(id string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return mix(h)
}

// mix is the finalizer of MurmurHash3 (Austin Appleby, public domain): every bit in changes about half of those out.
func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
