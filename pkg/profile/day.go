package profile

import (
	"encoding/binary"
	"iter"
	"slices"
	"time"
)

// Sum is the sum of one amount, and over how many events that had it.
type Sum struct {
	_     struct{} `cbor:",toarray"`
	Name  int      // rank of the amount
	Count int64
	Units int64 // ten-thousandths
}

// The amounts are the well-known names of the first ranks.
const amounts = 3

// IsAmount reports whether sums of the property are kept for the days of older events.
func IsAmount(name string) bool { return rankOf(name) < amounts }

func add(sums []Sum, name int, count, units int64) []Sum {
	i, ok := slices.BinarySearchFunc(sums, name, func(s Sum, name int) int { return s.Name - name })
	if !ok {
		sums = slices.Insert(sums, i, Sum{Name: name})
	}
	sums[i].Count += count
	sums[i].Units += units
	return sums
}

func pick(sums []Sum, name string) (sum float64, of int64) {
	rank := rankOf(name)
	for _, s := range sums {
		if s.Name == rank {
			return float64(s.Units) / unit, s.Count
		}
	}
	return 0, 0
}

// Day sums up the events of one type and one day (UTC) that are no longer kept one by
// one. Its stored form:
//
//	3 bytes  days since 1900
//	varint   how many events
//	1 byte   how many sums; for each: rank, count and units, as varints
type Day struct {
	day   int64 // since 1900
	Count int64
	sums  [amounts]Sum
	kinds int
}

const dayMillis = 24 * 60 * 60 * 1000

// End is when the day ends: midnight UTC.
func (d *Day) End() time.Time { return time.UnixMilli((d.day+1)*dayMillis + epoch).UTC() }

// Sum is the sum of an amount over the day's events, and of how many.
func (d *Day) Sum(k Key) (sum float64, of int64) {
	for i := range d.kinds {
		if s := &d.sums[i]; s.Name == k.rank {
			return float64(s.Units) / unit, s.Count
		}
	}
	return 0, 0
}

// Days are the days of the older events, newest first. Events of the oldest kept one by
// one may be of the same day as the newest of these.
// The day that is yielded is only good until the next.
func (r *Record) Days() iter.Seq[*Day] {
	return func(yield func(*Day) bool) {
		if r == nil {
			return
		}
		var d Day
		for b := r.Folded; len(b) > 0; {
			size := 0
			d, size = readDay(b)
			if size == 0 || !yield(&d) {
				return
			}
			b = b[size:]
		}
	}
}

// fold takes an event that is not kept by itself into its day.
func (r *Record) fold(n Entry) {
	d := Day{day: n.ms() / dayMillis, Count: 1}
	sums := d.sums[:0]
	for name := range amounts {
		if units, ok := n.amount(name); ok {
			sums = append(sums, Sum{Name: name, Count: 1, Units: units})
		}
	}
	d.kinds = len(sums)
	r.foldDay(&d)
}

// foldDay takes in what is folded of a day.
func (r *Record) foldDay(more *Day) {
	at, size, count := 0, 0, 0
	d := Day{day: more.day}
	for at < len(r.Folded) {
		old, n := readDay(r.Folded[at:])
		if n == 0 {
			r.Folded = r.Folded[:at]
			break
		}
		if old.day == d.day {
			d, size = old, n
		}
		if old.day <= d.day {
			break
		}
		at, count = at+n, count+1
	}
	if count >= maxDays {
		return
	}
	d.Count += more.Count
	sums := d.sums[:d.kinds]
	for _, s := range more.sums[:more.kinds] {
		sums = add(sums, s.Name, s.Count, s.Units)
	}
	d.kinds = copy(d.sums[:], sums)
	r.Folded = slices.Replace(r.Folded, at, at+size, writeDay(d)...)
	if size == 0 {
		r.forgetDays()
	}
}

// minDay is the size of the smallest day.
const minDay = 5

// forgetDays drops the oldest days until no more than maxDays are left.
func (r *Record) forgetDays() {
	if len(r.Folded) <= maxDays*minDay {
		return
	}
	at := 0
	for range maxDays {
		_, n := readDay(r.Folded[at:])
		if at += n; n == 0 || at >= len(r.Folded) {
			return
		}
	}
	r.Folded = r.Folded[:at]
}

func writeDay(d Day) []byte {
	b := make([]byte, 0, 32)
	b = append(b, byte(d.day>>16), byte(d.day>>8), byte(d.day))
	b = binary.AppendVarint(b, d.Count)
	b = append(b, byte(d.kinds))
	for _, s := range d.sums[:d.kinds] {
		b = append(b, byte(s.Name))
		b = binary.AppendVarint(b, s.Count)
		b = binary.AppendVarint(b, s.Units)
	}
	return b
}

// readDay reads the first day of b; size is zero when there is none.
func readDay(b []byte) (d Day, size int) {
	if len(b) < minDay {
		return d, 0
	}
	d.day = dayOf(b)
	count, at := number(b, 3)
	if at >= len(b) || b[at] > amounts {
		return d, 0
	}
	d.Count, d.kinds = count, int(b[at])
	at++
	for i := range d.kinds {
		if at >= len(b) {
			return d, 0
		}
		s := &d.sums[i]
		s.Name = int(b[at])
		s.Count, at = number(b, at+1)
		s.Units, at = number(b, at)
	}
	if at > len(b) {
		return d, 0
	}
	return d, at
}

func dayOf(b []byte) int64 { return int64(b[0])<<16 | int64(b[1])<<8 | int64(b[2]) }

// number reads the number that begins at an offset, and where the next thing does: beyond
// the end when there is none.
func number(b []byte, at int) (v int64, next int) {
	if at >= len(b) {
		return 0, len(b) + 1
	}
	if c := b[at]; c < 0x80 {
		return int64(c>>1) ^ -int64(c&1), at + 1
	}
	v, n := binary.Varint(b[at:])
	if n <= 0 {
		return 0, len(b) + 1
	}
	return v, at + n
}
