package recommend

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Learn adds one order and reports whether it was new. It changes nothing when the id is empty or was seen before, or
// when the order is older than what Forget was told to forget. An order without any product is remembered as seen and
// otherwise ignored. Items without an id are skipped; an item listed twice counts once.
func (m *Model) Learn(o Order) bool {
	if o.ID == "" {
		return false
	}
	hash := hashID(o.ID)
	if _, known := m.seen[hash]; known {
		return false
	}
	at := instant(o.At)
	if at < m.floor {
		return false
	}
	m.seen[hash] = struct{}{}
	items := m.pick(hash, o.Items)
	if len(items) == 0 {
		return true
	}
	ordinal := uint32(len(m.baskets))
	m.baskets = append(m.baskets, basket{at: at, hash: hash, offset: uint32(len(m.contents)), size: uint32(len(items))})
	m.timeline = m.insertBasket(m.timeline, ordinal)
	for _, line := range items {
		it := o.Items[line]
		p := m.intern(it.ID)
		m.contents = append(m.contents, p)
		m.insertPosting(p, posting{at: at, basket: ordinal, record: m.describe(p, it)})
	}
	return true
}

// pick returns the lines of the order to learn: one per product, in the order of the ids, and at most MaxItems of
// them. Which ones are kept of a larger order depends on the ids alone, never on how the lines were arranged.
func (m *Model) pick(order uint64, items []Item) []int {
	lines := m.scratch.lines[:0]
	for i := range items {
		if items[i].ID != "" && m.cfg.Sellable(items[i].ID) {
			lines = append(lines, i)
		}
	}
	slices.SortStableFunc(lines, func(a, b int) int { return strings.Compare(items[a].ID, items[b].ID) })
	lines = slices.CompactFunc(lines, func(a, b int) bool { return items[a].ID == items[b].ID })
	if len(lines) > m.cfg.MaxItems {
		slices.SortFunc(lines, func(a, b int) int {
			return cmp.Compare(mix(order^hashID(items[a].ID)), mix(order^hashID(items[b].ID)))
		})
		lines = lines[:m.cfg.MaxItems]
	}
	m.scratch.lines = lines
	return lines
}

// intern returns the ordinal of a product, giving it one when it is new.
func (m *Model) intern(id string) uint32 {
	if p, known := m.ordinals[id]; known {
		return p
	}
	id = strings.Clone(id) // the caller's string may be a small part of a large document
	p := uint32(len(m.products))
	m.ordinals[id] = p
	m.products = append(m.products, product{id: id})
	return p
}

// insertBasket puts a basket at its place in time. Orders mostly arrive in order, so this is mostly an append.
func (m *Model) insertBasket(timeline []uint32, ordinal uint32) []uint32 {
	key := m.key(ordinal)
	i := len(timeline)
	if i > 0 && key.less(m.key(timeline[i-1])) {
		i = m.searchBaskets(timeline, key)
	}
	return slices.Insert(timeline, i, ordinal)
}

// insertPosting puts a posting at its place in time within its product.
func (m *Model) insertPosting(p uint32, entry posting) {
	postings := m.products[p].postings
	key := m.key(entry.basket)
	i := len(postings)
	if i > 0 && key.less(m.key(postings[i-1].basket)) {
		i = m.searchPostings(postings, key)
	}
	m.products[p].postings = slices.Insert(postings, i, entry)
}

// Forget drops every order from before the given time, to bound memory. Questions keep their exact answer as long as
// their AsOf less Config.Horizon is not before that time. What is forgotten stays forgotten: Learn ignores orders from
// before it. Products stay known by name and id, and order ids stay known as seen.
func (m *Model) Forget(before time.Time) {
	m.floor = max(m.floor, instant(before))
	start := m.searchBaskets(m.timeline, key{at: m.floor})
	if start == 0 {
		return
	}
	kept := m.timeline[start:]
	baskets := make([]basket, 0, len(kept))
	var contents []uint32
	moved := make(map[uint32]uint32, len(kept))
	for i, old := range kept {
		moved[old] = uint32(i)
		b := m.baskets[old]
		held := m.contents[b.offset : b.offset+b.size]
		b.offset = uint32(len(contents))
		baskets = append(baskets, b)
		contents = append(contents, held...)
	}
	for p := range m.products {
		old := m.products[p].postings
		old = old[m.searchPostings(old, key{at: m.floor}):]
		postings := make([]posting, len(old))
		for i, entry := range old {
			postings[i] = posting{at: entry.at, basket: moved[entry.basket], record: entry.record}
		}
		m.products[p].postings = postings
	}
	m.baskets, m.contents = baskets, contents
	m.timeline = make([]uint32, len(baskets))
	for i := range m.timeline {
		m.timeline[i] = uint32(i)
	}
}
