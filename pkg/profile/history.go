package profile

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"rapport/pkg/event"
)

// Bounds of a history. Together they keep a profile at a few kilobytes, and at some 400 kB
// whatever anybody sends.
const (
	maxTypes      = 48       // of events; the least recently seen is forgotten first
	maxEntries    = 64       // of one type that are kept one by one
	maxBytes      = 4 << 10  // of these entries
	maxOrderBytes = 16 << 10 // of those of orders, which have lines
	maxDays       = 400      // with events of one type, that are kept as sums
)

// MaxWindow is the longest time back for which a history answers for every event: the
// days that are kept are at least the days of this time.
const MaxWindow = maxDays * 24 * time.Hour

// History is what happened to one person, by type of event, sorted by type. Its size is
// bounded; the package comment says what is exact and what is kept by the day.
type History []Record

// Record is the history of one type of event. A nil record is that of no events.
type Record struct {
	Type  string `cbor:"1,keyasint"`
	Count int64  `cbor:"2,keyasint"` // ever
	First int64  `cbor:"3,keyasint"` // Unix time in nanoseconds
	Last  int64  `cbor:"4,keyasint"`
	// Sums are those of all events ever, by amount.
	Sums []Sum `cbor:"5,keyasint,omitempty"`
	// Floor is the latest time whose events were folded into days, as entries write times.
	// Whatever happened at or before it is folded at once, so that it does not matter in
	// which order events arrive.
	Floor int64 `cbor:"6,keyasint,omitempty"`
	// Exact holds the latest events one by one, newest first (entry.go).
	Exact []byte `cbor:"7,keyasint,omitempty"`
	// Folded holds the days of older ones, newest first (day.go).
	Folded []byte `cbor:"8,keyasint,omitempty"`
}

// Of is the record of a type of event; nil when there was none.
func (h History) Of(typ string) *Record {
	if i, ok := h.find(typ); ok {
		return &h[i]
	}
	return nil
}

func (h History) find(typ string) (int, bool) {
	return slices.BinarySearchFunc(h, typ, func(r Record, typ string) int { return strings.Compare(r.Type, typ) })
}

// FirstAt is when the type was first seen; zero when never.
func (r *Record) FirstAt() time.Time {
	if r == nil {
		return time.Time{}
	}
	return time.Unix(0, r.First).UTC()
}

// LastAt is when the type was last seen; zero when never.
func (r *Record) LastAt() time.Time {
	if r == nil {
		return time.Time{}
	}
	return time.Unix(0, r.Last).UTC()
}

// Total is how often the type was ever seen.
func (r *Record) Total() int64 {
	if r == nil {
		return 0
	}
	return r.Count
}

// Sum is the sum of an amount over all events ever, and of how many; zero for what is no
// amount, see IsAmount.
func (r *Record) Sum(name string) (sum float64, of int64) {
	if r == nil {
		return 0, 0
	}
	return pick(r.Sums, name)
}

// note takes one event in.
func (h *History) note(e *event.Event) {
	i, ok := h.find(e.Type)
	if !ok {
		*h = slices.Insert(*h, i, Record{Type: e.Type, First: e.Time.UnixNano(), Last: e.Time.UnixNano()})
	}
	(*h)[i].note(e)
	if len(*h) > maxTypes {
		h.forget()
	}
}

// forget drops the type that was last seen longest ago. Orders stay: too much is asked
// about them.
func (h *History) forget() {
	oldest := -1
	for i := range *h {
		r := &(*h)[i]
		if r.Type == event.OrderCompleted || r.Type == event.OrderRefunded {
			continue
		}
		if oldest < 0 || r.Last < (*h)[oldest].Last {
			oldest = i
		}
	}
	*h = slices.Delete(*h, oldest, oldest+1)
}

func (r *Record) note(e *event.Event) {
	at := e.Time.UnixNano()
	r.Count, r.First, r.Last = r.Count+1, min(r.First, at), max(r.Last, at)
	written := writeEntry(e)
	n := Entry{raw: written}
	for name := range amounts {
		if units, ok := n.amount(name); ok {
			r.Sums = add(r.Sums, name, 1, units)
		}
	}
	if n.ms() <= r.Floor {
		r.fold(n)
		return
	}
	r.insert(n)
	r.trim()
}

// insert puts an entry at its place: newest first, those of one time by their bytes.
func (r *Record) insert(n Entry) {
	at := 0
	for at < len(r.Exact) {
		old := entryAt(r.Exact, at)
		if c := cmp.Compare(old.ms(), n.ms()); c < 0 || (c == 0 && string(old.raw) <= string(n.raw)) {
			break
		}
		at += len(old.raw)
	}
	r.Exact = slices.Insert(r.Exact, at, n.raw...)
}

// trim folds the oldest entries until the rest is within bounds; those of one time stay or
// go together.
func (r *Record) trim() {
	most := maxBytes
	if r.Type == event.OrderCompleted || r.Type == event.OrderRefunded {
		most = maxOrderBytes
	}
	count, cut := 0, -1 // cut: where the entries of the latest time that go begin
	group, groupMs := 0, int64(-1)
	for at := 0; at < len(r.Exact); {
		n := entryAt(r.Exact, at)
		if n.ms() != groupMs {
			group, groupMs = at, n.ms()
		}
		at += len(n.raw)
		if count++; count > maxEntries || at > most {
			cut = group
			break
		}
	}
	if cut < 0 {
		return
	}
	r.Floor = entryAt(r.Exact, cut).ms()
	for at := cut; at < len(r.Exact); {
		n := entryAt(r.Exact, at)
		r.fold(n)
		at += len(n.raw)
	}
	r.Exact = r.Exact[:cut]
}
