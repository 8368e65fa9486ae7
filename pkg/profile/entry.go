package profile

import (
	"encoding/binary"
	"iter"
	"math"
	"time"
)

// Entry is one event of a history, as it is kept:
//
//	2 bytes  length of all that follows
//	6 bytes  when: milliseconds since 1900
//	then properties, by rank: name, kind, value
//
// A name is one byte, its rank among the well-known ones plus one, or zero, a length and
// its letters. Numbers are big endian; a meaning is never given to another byte.
type Entry struct{ raw []byte }

const entryHead = 8

// The kinds of values.
const (
	isFalse byte = iota
	isTrue
	isWhole // zigzag varint
	isMoney // zigzag varint of ten-thousandths
	isFloat // 8 bytes, IEEE 754
	isText  // length, letters
	isLines // how many; for each: product id, category, both as text
)

// epoch is where entries begin to count: events are not older.
const epoch = -2208988800000 // 1900-01-01, in Unix milliseconds

func millis(t time.Time) int64 { return min(max(t.UnixMilli()-epoch, 0), 1<<48-1) }

// entryAt reads the entry that begins at an offset. What cannot be an entry ends the rest.
func entryAt(raw []byte, at int) Entry {
	raw = raw[at:]
	if len(raw) < entryHead {
		return Entry{raw}
	}
	return Entry{raw[:min(len(raw), 2+int(binary.BigEndian.Uint16(raw)))]}
}

func (n Entry) ms() int64 {
	if len(n.raw) < entryHead {
		return 0
	}
	b := n.raw[2:]
	return int64(b[0])<<40 | int64(b[1])<<32 | int64(b[2])<<24 | int64(b[3])<<16 | int64(b[4])<<8 | int64(b[5])
}

// Time is when it happened, to the millisecond.
func (n Entry) Time() time.Time { return time.UnixMilli(n.ms() + epoch).UTC() }

// Entries are the latest events one by one, newest first.
func (r *Record) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		if r == nil {
			return
		}
		for at := 0; at < len(r.Exact); {
			n := entryAt(r.Exact, at)
			if at += len(n.raw); !yield(n) {
				return
			}
		}
	}
}

// Line is what is kept of one line of an order.
type Line struct{ ProductID, Category string }

// Property is the value of one property: a number, a text, a truth, or the lines
// ([]Line) that are called products; nil when it is not kept.
func (n Entry) Property(k Key) any {
	if p, ok := n.find(k); ok {
		return p.value()
	}
	return nil
}

// Is reports whether a property is a certain text.
func (n Entry) Is(k Key, text string) bool {
	p, ok := n.find(k)
	return ok && p.kind == isText && string(p.raw[1:]) == text
}

func (n Entry) find(k Key) (kept, bool) {
	if len(n.raw) < entryHead {
		return kept{}, false
	}
	for b := n.raw[entryHead:]; len(b) > 0; {
		p, size := readProperty(b)
		if size == 0 || p.rank > k.rank {
			break
		}
		if p.rank == k.rank && string(p.name) == k.other() {
			return p, true
		}
		b = b[size:]
	}
	return kept{}, false
}

// other is the name as an entry writes it beside the rank.
func (k Key) other() string {
	if k.rank < len(wellKnown) {
		return ""
	}
	return k.name
}

// amount is an amount in ten-thousandths.
func (n Entry) amount(rank int) (units int64, ok bool) {
	if p, ok := n.find(Key{rank: rank}); ok {
		return p.units()
	}
	return 0, false
}

// kept is one property within an entry.
type kept struct {
	rank int
	name []byte // where it is not well-known
	kind byte
	raw  []byte // the value
}

// readProperty reads the first property of b; size is zero when there is none.
func readProperty(b []byte) (p kept, size int) {
	at := 1
	if p.rank = int(b[0]) - 1; b[0] == 0 {
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return p, 0
		}
		at = 2 + int(b[1])
		p.rank, p.name = len(wellKnown), b[2:at]
	}
	if at >= len(b) {
		return p, 0
	}
	p.kind = b[at]
	n := valueSize(p.kind, b[at+1:])
	if n < 0 || at+1+n > len(b) {
		return p, 0
	}
	p.raw = b[at+1 : at+1+n]
	return p, at + 1 + n
}

// valueSize is how many bytes a value takes; negative when it cannot be read.
func valueSize(kind byte, b []byte) int {
	switch kind {
	case isFalse, isTrue:
		return 0
	case isWhole, isMoney:
		if _, n := binary.Varint(b); n > 0 {
			return n
		}
	case isFloat:
		return 8
	case isText:
		if len(b) > 0 {
			return 1 + int(b[0])
		}
	case isLines:
		if len(b) == 0 {
			return -1
		}
		at := 1
		for range 2 * int(b[0]) {
			if at >= len(b) {
				return -1
			}
			at += 1 + int(b[at])
		}
		return at
	}
	return -1
}

func (p kept) value() any {
	switch p.kind {
	case isFalse, isTrue:
		return p.kind == isTrue
	case isWhole:
		v, _ := binary.Varint(p.raw)
		return float64(v)
	case isMoney:
		v, _ := binary.Varint(p.raw)
		return float64(v) / unit
	case isFloat:
		return math.Float64frombits(binary.BigEndian.Uint64(p.raw))
	case isText:
		return string(p.raw[1:])
	}
	lines, b := make([]Line, p.raw[0]), p.raw[1:]
	text := func() string {
		s := string(b[1 : 1+b[0]])
		b = b[1+b[0]:]
		return s
	}
	for i := range lines {
		lines[i].ProductID = text()
		lines[i].Category = text()
	}
	return lines
}

// unit is what an amount of one counts: sums are kept as whole numbers, because sums of
// fractions depend on their order.
const unit = 10_000

// maxAmount bounds what is taken for an amount, so that sums of many stay within 64 bits.
const maxAmount = 1e11

func (p kept) units() (units int64, ok bool) {
	switch p.kind {
	case isWhole:
		v, _ := binary.Varint(p.raw)
		return v * unit, v <= maxAmount && v >= -maxAmount
	case isMoney:
		v, _ := binary.Varint(p.raw)
		return v, v <= maxAmount*unit && v >= -maxAmount*unit
	case isFloat:
		v := math.Float64frombits(binary.BigEndian.Uint64(p.raw))
		return int64(math.Round(v * unit)), math.Abs(v) <= maxAmount
	}
	return 0, false
}
