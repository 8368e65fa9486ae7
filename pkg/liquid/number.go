package liquid

import (
	"encoding/json"
	"errors"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// errOverflow is the result of whole-number arithmetic that leaves 64 bits.
var errOverflow = errors.New("the result does not fit into 64 bits")

// errZeroDivision carries Ruby's words, which template authors know.
var errZeroDivision = errors.New("divided by 0")

func fromJSONNumber(n json.Number) any {
	if i, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return i
	}
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil {
		return string(n)
	}
	return f
}

func appendInt(dst []byte, i int64) []byte { return strconv.AppendInt(dst, i, 10) }

// appendFloat prints as Ruby's Float#to_s: always with a point, in
// scientific notation from 1e16 up and below 1e-4.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	if a := math.Abs(f); a != 0 && (a >= 1e16 || a < 1e-4) {
		s := strconv.FormatFloat(f, 'e', -1, 64)
		mant, exp, _ := strings.Cut(s, "e")
		if !strings.Contains(mant, ".") {
			mant += ".0"
		}
		return append(append(append(dst, mant...), 'e'), exp...)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	for _, c := range dst[start:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, '.', '0')
}

// number is the operand of arithmetic: a whole number, or a decimal.
type number struct {
	i       int64
	f       float64
	decimal bool
}

func (n number) value() any {
	if n.decimal {
		return n.f
	}
	return n.i
}

func (n number) float() float64 {
	if n.decimal {
		return n.f
	}
	return float64(n.i)
}

// toNumber reads v as Liquid's arithmetic filters do: what is no number is 0.
func toNumber(v any) number {
	switch t := norm(v).(type) {
	case int64:
		return number{i: t}
	case float64:
		return number{f: t, decimal: true}
	case string:
		return parseNumber(t)
	case Safe:
		return parseNumber(text(t))
	}
	return number{}
}

// parseNumber takes "-12", "12.50" and, like Ruby's to_i, the whole number
// that other text starts with.
func parseNumber(s string) number {
	s = strings.TrimSpace(s)
	end, dots := 0, 0
	for end < len(s) {
		c := s[end]
		if c == '.' && dots == 0 && end+1 < len(s) && isDigit(s[end+1]) && end > 0 && isDigit(s[end-1]) {
			dots++
		} else if !isDigit(c) && (end != 0 || c != '-' && c != '+') {
			break
		}
		end++
	}
	if end == len(s) && dots == 1 && s[0] != '+' {
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return number{f: f, decimal: true}
		}
	}
	whole, _, _ := strings.Cut(s[:end], ".")
	i, err := strconv.ParseInt(whole, 10, 64)
	if err != nil && errors.Is(err, strconv.ErrRange) {
		f, _ := strconv.ParseFloat(whole, 64)
		return number{f: f, decimal: true}
	}
	return number{i: i}
}

// toInteger reads an argument that has to be a whole number, as Ruby's
// Integer() does.
func toInteger(v any) (int, error) {
	switch t := norm(v).(type) {
	case int64:
		return int(t), nil
	case float64:
		if !math.IsNaN(t) && math.Abs(t) < 1<<62 && t == math.Trunc(t) {
			return int(t), nil
		}
	case string:
		if i, err := strconv.Atoi(strings.TrimSpace(t)); err == nil {
			return i, nil
		}
	}
	return 0, &hinted{"invalid integer " + strconv.Quote(clip(text(v), 40)), ""}
}

// scaled is a decimal as digits and the count of them behind the point.
// Decimal arithmetic on the digits people see makes 10.1 - 2.2 be 7.9, as
// Ruby's BigDecimal does, where binary floating point gives
// 7.8999999999999995.
type scaled struct {
	digits int64
	places int
}

// pow10 holds the powers of ten that a float64 represents exactly enough.
func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// maxExact is the largest whole number up to which float64 has no gaps.
const maxExact = 1 << 53

// scale reports false when the number has too many digits; callers then use
// plain floating point.
func (n number) scale() (scaled, bool) {
	if !n.decimal {
		return scaled{n.i, 0}, n.i > -maxExact && n.i < maxExact
	}
	if math.IsNaN(n.f) || math.Abs(n.f) >= 1e15 {
		return scaled{}, false
	}
	var buf [32]byte
	s := strconv.AppendFloat(buf[:0], n.f, 'f', -1, 64)
	var digits int64
	places, seen, neg := 0, false, false
	for _, c := range s {
		switch c {
		case '-':
			neg = true
		case '.':
			seen = true
		default:
			if digits >= maxExact/10 {
				return scaled{}, false
			}
			digits = digits*10 + int64(c-'0')
			if seen {
				places++
			}
		}
	}
	if neg {
		digits = -digits
	}
	return scaled{digits, places}, places <= 15
}

// float returns the nearest float64: by one division where both operands are
// exact, and else by way of the digits.
func (s scaled) float() float64 {
	if inExact(s.digits) {
		return float64(s.digits) / float64(pow10(s.places))
	}
	var buf [32]byte
	text := append(appendInt(buf[:0], s.digits), 'e')
	f, _ := strconv.ParseFloat(string(appendInt(text, int64(-s.places))), 64)
	return f
}

func inExact(i int64) bool { return i > -maxExact && i < maxExact }

// align brings two decimals to the same number of places.
func align(a, b scaled) (x, y int64, places int, ok bool) {
	places = max(a.places, b.places)
	x, okX := mul64(a.digits, pow10(places-a.places))
	y, okY := mul64(b.digits, pow10(places-b.places))
	return x, y, places, okX && okY
}

func mul64(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(abs64(a), abs64(b))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

func abs64(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// clip shortens s for an error message.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + "…"
}
