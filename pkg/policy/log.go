package policy

import (
	"cmp"
	"hash/fnv"
	"slices"
	"time"

	"rapport/pkg/message"
)

// Log is what was sent to one person lately, as far as caps count it. The fields are its
// stored form, a CBOR array; only the methods keep them consistent.
type Log struct {
	_     struct{} `cbor:",toarray"`
	Kinds []Kind   // what the messages were, each once
	Sent  []Entry  // by time, oldest first, at most maxSent
	// Lost is the time, in Unix nanoseconds, up to which messages may be missing because
	// there were too many to remember, and LostTransactional the same of transactional ones.
	// A cap whose window reaches back to it has no room, so that forgetting never lets a
	// message through.
	Lost, LostTransactional int64
}

// Kind is what caps distinguish messages by.
type Kind struct {
	_        struct{} `cbor:",toarray"`
	Channel  message.Channel
	Category message.Category
	Purpose  string
	Journey  string
}

// Entry is one message that was sent: about twenty bytes.
type Entry struct {
	_    struct{} `cbor:",toarray"`
	At   int64    // Unix nanoseconds
	Kind int      // its place in Kinds
	ID   uint64   // hash of the message's id
}

// maxSent bounds the memory of what was sent to one person, to some five kilobytes.
const maxSent = 256

// Sent describes a message that goes out.
type Sent struct {
	At       time.Time
	Channel  message.Channel
	Category message.Category
	Purpose  string // empty: the category's own name
	Journey  string
	ID       string
}

// Sent is the message that is asked for, under its id, for Note.
func (r *Request) Sent(id string) Sent {
	return Sent{At: r.Now, Channel: r.Channel, Category: r.Category, Purpose: r.Purpose, Journey: r.Journey, ID: id}
}

// Note remembers a message that goes out. Noting an id again moves it to the later note,
// so that a repeat takes no second slot. What is held out or held back is not noted.
func (l *Log) Note(m Sent) {
	l.Withdraw(m.ID)
	e := Entry{At: m.At.UnixNano(), Kind: l.kind(kindOf(m.Channel, m.Category, m.Purpose, m.Journey)), ID: idHash(m.ID)}
	after, _ := slices.BinarySearchFunc(l.Sent, e.At, func(old Entry, at int64) int {
		if old.At <= at {
			return -1
		}
		return 1
	})
	l.Sent = slices.Insert(l.Sent, after, e)
	if extra := len(l.Sent) - maxSent; extra > 0 {
		l.drop(extra)
	}
}

// Withdraw takes a message back that did not go out after all, and reports whether it was
// there; its slot is free again.
func (l *Log) Withdraw(id string) bool {
	h := idHash(id)
	i := slices.IndexFunc(l.Sent, func(e Entry) bool { return e.ID == h })
	if i < 0 {
		return false
	}
	l.Sent = slices.Delete(l.Sent, i, i+1)
	l.tidy()
	return true
}

// Forget drops what was sent before a time. Give it Policy.Horizon before now: what is
// forgotten is no longer counted.
func (l *Log) Forget(before time.Time) {
	at := before.UnixNano()
	keep := slices.IndexFunc(l.Sent, func(e Entry) bool { return e.At >= at })
	if keep < 0 {
		keep = len(l.Sent)
	}
	if keep > 0 {
		l.Sent = slices.Delete(l.Sent, 0, keep)
		l.tidy()
	}
	if l.Lost < at {
		l.Lost = 0
	}
	if l.LostTransactional < at {
		l.LostTransactional = 0
	}
}

// Join takes in what was sent to the same person under another id; caps count both, and what
// both have once.
func (l *Log) Join(o *Log) {
	for _, e := range o.Sent {
		at := slices.IndexFunc(l.Sent, func(old Entry) bool { return old.ID == e.ID })
		if at >= 0 {
			if l.Sent[at].At >= e.At {
				continue
			}
			l.Sent = slices.Delete(l.Sent, at, at+1)
		}
		e.Kind = l.kind(o.kindAt(e))
		place, _ := slices.BinarySearchFunc(l.Sent, e, func(a, b Entry) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID)) })
		l.Sent = slices.Insert(l.Sent, place, e)
	}
	l.Lost, l.LostTransactional = max(l.Lost, o.Lost), max(l.LostTransactional, o.LostTransactional)
	l.tidy()
	if extra := len(l.Sent) - maxSent; extra > 0 {
		l.drop(extra)
	}
}

// Len is how many messages are remembered.
func (l *Log) Len() int { return len(l.Sent) }

// drop makes room for so many: the oldest transactional messages go first, because hardly
// any cap counts those; then the oldest of all.
func (l *Log) drop(extra int) {
	l.Sent = slices.DeleteFunc(l.Sent, func(e Entry) bool {
		goes := extra > 0 && l.kindAt(e).Category == message.Transactional
		if goes {
			extra--
			l.LostTransactional = max(l.LostTransactional, e.At)
		}
		return goes
	})
	for _, e := range l.Sent[:extra] {
		l.Lost = max(l.Lost, e.At)
	}
	l.Sent = slices.Delete(l.Sent, 0, extra)
	l.tidy()
}

// lost is up to when messages may be missing that a cap on this category counts.
func (l *Log) lost(c message.Category) int64 {
	if c == message.Transactional {
		return l.LostTransactional
	}
	return l.Lost
}

// kind is the place of a kind, added when it is new.
func (l *Log) kind(k Kind) int {
	if i := slices.Index(l.Kinds, k); i >= 0 {
		return i
	}
	l.Kinds = append(l.Kinds, k)
	return len(l.Kinds) - 1
}

// kindAt is what an entry was; an entry that refers to nothing, which only a damaged log
// has, was nothing that any cap counts.
func (l *Log) kindAt(e Entry) Kind {
	if e.Kind < 0 || e.Kind >= len(l.Kinds) {
		return Kind{}
	}
	return l.Kinds[e.Kind]
}

// tidy drops the kinds that no message is of any more.
func (l *Log) tidy() {
	used := make([]bool, len(l.Kinds))
	for _, e := range l.Sent {
		if e.Kind >= 0 && e.Kind < len(used) {
			used[e.Kind] = true
		}
	}
	if !slices.Contains(used, false) {
		return
	}
	place := make([]int, len(l.Kinds))
	kept := l.Kinds[:0]
	for k := range l.Kinds {
		if place[k] = len(kept); used[k] {
			kept = append(kept, l.Kinds[k])
		}
	}
	clear(l.Kinds[len(kept):])
	l.Kinds = kept
	for i := range l.Sent {
		if e := &l.Sent[i]; e.Kind >= 0 && e.Kind < len(place) {
			e.Kind = place[e.Kind]
		}
	}
}

func kindOf(c message.Channel, cat message.Category, purpose, journey string) Kind {
	if purpose == "" {
		purpose = string(cat)
	}
	return Kind{Channel: c, Category: cat, Purpose: purpose, Journey: journey}
}

func idHash(id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return h.Sum64()
}
