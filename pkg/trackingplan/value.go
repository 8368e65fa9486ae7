package trackingplan

import (
	"slices"
	"strings"
	"time"
)

// takesText reports whether a text that is not empty may be the value.
func (f *field) takesText(text string) bool {
	switch f.kind {
	case Any:
		return true
	case Text:
		return (f.enum == nil || slices.Contains(f.enum, text)) && f.format.takes(text)
	case Number, Money:
		return decimal(text)
	case Integer:
		return whole(text)
	case Date:
		return calendarDate(text)
	case Time:
		return calendarDate(text) || instant(text)
	}
	return false
}

// takesNumber reports whether a number of JSON, as it is written, may be the value. Shops have
// numbers for ids, and package condition reads those as texts.
func (f *field) takesNumber(number string) bool {
	switch f.kind {
	case Any, Number, Money:
		return decimal(number)
	case Integer:
		return whole(number)
	case Text:
		return f.format == "" && (f.enum == nil || slices.Contains(f.enum, number))
	}
	return false
}

// maxDigits is how long a number may be: more digits are no amount, and cost who computes
// with them.
const maxDigits = 40

// decimal reports whether a text is a number in decimal digits: a sign, digits with a point
// among them, and an exponent of at most two digits.
func decimal(s string) bool {
	if len(s) > maxDigits {
		return false
	}
	i, digits := sign(s, 0), 0
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		digits++
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && s[i]-'0' <= 9; i++ {
			digits++
		}
	}
	if digits == 0 {
		return false
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		from := sign(s, i+1)
		for i = from; i < len(s) && s[i]-'0' <= 9; {
			i++
		}
		if i == from || i > from+2 {
			return false
		}
	}
	return i == len(s)
}

// whole reports whether a text is a number without an exponent, and with nothing but zeros
// behind the point.
func whole(s string) bool {
	before, behind, _ := strings.Cut(s, ".")
	return decimal(s) && !strings.ContainsAny(s, "eE") && len(before) > sign(s, 0) && strings.Trim(behind, "0") == ""
}

func sign(s string, at int) int {
	if at < len(s) && (s[at] == '-' || s[at] == '+') {
		return at + 1
	}
	return at
}

func calendarDate(s string) bool {
	if len(s) != len(time.DateOnly) {
		return false
	}
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// instant reports whether a text is a point in time in RFC 3339.
func instant(s string) bool {
	if len(s) < len("2026-03-02T09:00:00Z") || len(s) > maxDigits {
		return false
	}
	_, err := time.Parse(time.RFC3339Nano, s)
	return err == nil
}

// takes reports whether a text is of the format.
func (f Format) takes(s string) bool {
	switch f {
	case Email:
		at := strings.LastIndexByte(s, '@')
		return at > 0 && at < len(s)-1 && len(s) <= 254 && !strings.ContainsFunc(s, unprintable)
	case URL:
		scheme, rest, _ := strings.Cut(s, "://")
		return (strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http")) &&
			rest != "" && !strings.ContainsRune("/?#:", rune(rest[0])) && !strings.ContainsFunc(s, unprintable)
	case Currency:
		// Small letters too: Segment's own examples have "usd".
		return len(s) == 3 && letter(s[0]) && letter(s[1]) && letter(s[2])
	}
	return true
}

func letter(c byte) bool { return (c|0x20)-'a' < 26 }

func unprintable(r rune) bool { return r <= ' ' || r == 0x7f || r == '<' || r == '>' || r == '"' }
