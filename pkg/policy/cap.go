package policy

import (
	"time"

	"rapport/pkg/message"
)

// Cap allows so many messages in any window of so much time. The windows roll: there is no
// hour at which they start anew, and none of them ever holds more, whatever the order in
// which messages are decided.
type Cap struct {
	Channel message.Channel // empty: any
	// Category that counts; empty: any but transactional, which is never capped unless a
	// cap names it.
	Category   message.Category
	Purpose    string // empty: any
	Journey    string // the one journey that counts; empty: any
	PerJourney bool   // each journey is counted by itself
	AtMost     int
	Per        time.Duration // windows are half open: two messages exactly Per apart share none

	asked bool // it is the person's own wish
}

// Reserve keeps the last Slots of each cap for messages of at least this priority. A cap
// that is too small for it keeps one slot open to everybody.
type Reserve struct {
	PriorityAtLeast int
	Slots           int
}

// covers reports whether the cap counts messages of a kind.
func (c *Cap) covers(k *Kind) bool {
	if c.Category == "" && k.Category == message.Transactional || c.Category != "" && c.Category != k.Category {
		return false
	}
	return (c.Channel == "" || c.Channel == k.Channel) &&
		(c.Purpose == "" || c.Purpose == k.Purpose) &&
		(c.Journey == "" || c.Journey == k.Journey)
}

// limit is how many messages a window may hold before one of this priority is kept back.
func (c *Cap) limit(priority int, r *Reserve) int {
	if r == nil || priority >= r.PriorityAtLeast {
		return c.AtMost
	}
	return c.AtMost - max(0, min(r.Slots, c.AtMost-1))
}

// count is one cap applied to one question: the messages that take its slots.
type count struct {
	sent  []Entry
	of    [maxSent / 64]uint64 // the kinds that count, as bits
	some  bool                 // there is one
	lost  int64                // messages up to here may be forgotten; zero: none are
	per   int64
	limit int
}

// newCount sets up the count of a cap that covers the question.
func (c *Cap) newCount(q *question) count {
	n := count{per: int64(c.Per), limit: c.limit(q.r.Priority, q.p.Reserve)}
	l := q.r.Log
	if l == nil {
		return n
	}
	n.sent, n.lost = l.Sent, l.lost(q.kind.Category)
	for i := range min(len(l.Kinds), maxSent) {
		k := &l.Kinds[i]
		if c.covers(k) && (!c.PerJourney || k.Journey == q.kind.Journey) {
			n.of[i/64] |= 1 << (i % 64)
			n.some = true
		}
	}
	return n
}

func (n *count) counts(e *Entry) bool {
	k := uint(e.Kind) // a negative one becomes too large
	return k < maxSent && n.of[k/64]&(1<<(k%64)) != 0
}

// full reports whether a message at a time would be one too many in some window. All that
// was sent less than Per before it counts, and all less than Per after it, which there is
// when a clock jumped back: every window with the message in it lies between the two.
func (n *count) full(at int64) bool {
	if n.unknown(at) {
		return true
	}
	if len(n.sent) < n.limit { // most people have been sent less than any cap allows
		return false
	}
	return n.around(at) >= n.limit
}

// unknown reports whether messages that would count at a time may have been forgotten.
func (n *count) unknown(at int64) bool { return n.lost != 0 && n.lost > at-n.per }

// around is how many messages stand less than Per from a time, on either side.
func (n *count) around(at int64) int {
	taken, from, to := 0, at-n.per, at+n.per
	if !n.some {
		return 0
	}
	for i := len(n.sent) - 1; i >= 0; i-- {
		e := &n.sent[i]
		if e.At <= from {
			break // and so is every earlier one
		}
		if e.At < to && n.counts(e) {
			taken++
		}
	}
	return taken
}

// room is the earliest time, not before another, at which a message would fit. Room comes
// only when a message leaves the window, so that those are the times to try.
func (n *count) room(at int64) (when int64, ok bool) {
	if n.limit <= 0 {
		return 0, false
	}
	if n.lost != 0 {
		at = max(at, n.lost+n.per)
	}
	for range len(n.sent) + 1 { // each round leaves a message behind
		if n.around(at) < n.limit {
			return at, true
		}
		at = n.leaves(at)
	}
	return 0, false
}

// leaves is when the first message that counts leaves the window of a time.
func (n *count) leaves(at int64) int64 {
	for i := range n.sent {
		if e := &n.sent[i]; e.At > at-n.per && n.counts(e) {
			return e.At + n.per
		}
	}
	return at
}
