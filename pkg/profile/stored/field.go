package stored

import (
	"bytes"
	"math"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// Text is a field that is a text.
func (f *Form) Text(key int, when When, v *string) {
	if f.field(key, when, *v == "") {
		f.string(v)
	}
}

func (f *Form) string(v *string) {
	if !f.reading {
		f.put(cborText, uint64(len(*v)))
		f.out = append(f.out, *v...)
		return
	}
	from, to := f.span(cborText)
	if s := f.text[from:to]; utf8.ValidString(s) {
		*v = s
	} else {
		f.bad = true
	}
}

// Bool is a field that is left out when it is false.
func (f *Form) Bool(key int, v *bool) {
	if !f.field(key, Filled, !*v) {
		return
	}
	if !f.reading {
		f.out = append(f.out, cborTrue)
		return
	}
	if *v = f.peek() == cborTrue; *v {
		f.at++
	} else {
		f.bad = true
	}
}

// Int is a field that is a number.
func (f *Form) Int(key int, when When, v *int) {
	n := int64(*v)
	f.Int64(key, when, &n)
	if f.reading { // What is written may be shared with others who write it.
		*v = int(n)
		f.bad = f.bad || int64(*v) != n
	}
}

// Int64 is a field that is a number.
func (f *Form) Int64(key int, when When, v *int64) {
	if f.field(key, when, *v == 0) {
		f.int(v)
	}
}

func (f *Form) int(v *int64) {
	switch {
	case f.reading:
		kind := f.peek() & kindBits
		if kind != cborNint {
			kind = cborUint
		}
		n := f.number(kind)
		if n > math.MaxInt64 {
			f.bad = true
		} else if *v = int64(n); kind == cborNint {
			*v = ^*v
		}
	case *v < 0:
		f.put(cborNint, uint64(^*v)) //nolint:gosec // It is not negative.
	default:
		f.put(cborUint, uint64(*v)) //nolint:gosec // It is not negative.
	}
}

// Byte is a field that is a number below 256.
func (f *Form) Byte(key int, when When, v *byte) {
	n := uint64(*v)
	f.Uint64(key, when, &n)
	if f.reading {
		*v = byte(n) //nolint:gosec // What does not fit is refused.
		f.bad = f.bad || n > math.MaxUint8
	}
}

// Uint64 is a field that is a number that is not negative.
func (f *Form) Uint64(key int, when When, v *uint64) {
	if f.field(key, when, *v == 0) {
		f.uint(v)
	}
}

func (f *Form) uint(v *uint64) {
	if f.reading {
		*v = f.number(cborUint)
	} else {
		f.put(cborUint, *v)
	}
}

// Bytes is a field that is left out when it is empty. What is read is the reader's own.
func (f *Form) Bytes(key int, v *[]byte) {
	if !f.field(key, Filled, len(*v) == 0) {
		return
	}
	if !f.reading {
		f.put(cborBytes, uint64(len(*v)))
		f.out = append(f.out, *v...)
		return
	}
	from, to := f.span(cborBytes)
	f.bad = f.bad || from == to // Nobody has written none.
	*v = bytes.Clone(f.in[from:to])
}

// yearZero is the first second of the year 0, in Unix time.
const yearZero = -62167219200

// Time is a field that is a time: as text by RFC 3339, or null for the zero time.
func (f *Form) Time(key int, when When, v *time.Time) {
	if !f.field(key, when, v.IsZero()) {
		return
	}
	switch {
	case f.reading:
		f.readTime(v)
	case v.IsZero():
		f.out = append(f.out, cborNull)
	default:
		var room [len(time.RFC3339Nano)]byte
		s := v.AppendFormat(room[:0], time.RFC3339Nano)
		f.put(cborText, uint64(len(s)))
		f.out = append(f.out, s...)
		f.bad = f.bad || v.Unix() < yearZero // Not even Go writes all of them rightly.
	}
}

func (f *Form) readTime(v *time.Time) {
	if f.null() {
		return
	}
	from, to := f.span(cborText)
	if f.bad {
		return
	}
	at, err := time.Parse(time.RFC3339, f.text[from:to])
	if err != nil {
		f.bad = true
		return
	}
	*v = at
}

// zeroCoefficient is what is stored of a decimal's digits when it is zero.
const zeroCoefficient = 2

// Decimal is a field that is a decimal, as bytes: its exponent in four and its digits.
func (f *Form) Decimal(key int, v *decimal.Decimal) {
	if !f.field(key, Always, false) {
		return
	}
	if f.reading {
		from, to := f.span(cborBytes)
		f.bad = f.bad || v.UnmarshalBinary(f.in[from:to]) != nil
		return
	}
	if v.Sign() == 0 { // Most people return nothing.
		e := v.Exponent()
		f.out = append(f.out, cborBytes|5, byte(e>>24), byte(e>>16), byte(e>>8), byte(e), zeroCoefficient) //nolint:gosec // Its bits are stored.
		return
	}
	b, err := v.MarshalBinary()
	f.bad = f.bad || err != nil
	f.put(cborBytes, uint64(len(b)))
	f.out = append(f.out, b...)
}
