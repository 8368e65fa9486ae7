package jsontext

import (
	"math/bits"
	"unicode/utf8"
)

// Strings are most of all JSON, and most of a string is ASCII that stands for itself. It is
// passed over eight bytes at a time, which takes half of the time that one at a time does.
//
// Where a subtraction borrows it sets a byte's highest bit: the byte was less than what was
// taken from it. It may set that of the bytes above too, but never one below, so that the
// lowest one is right; and to find one byte is to find the zero that exclusive or makes of it.
const (
	ones    = 0x0101010101010101
	highest = 0x8080808080808080
)

// usual is the next place, from one on, of a byte that is not ASCII or that means something
// where a string is read; the length if there is none.
func usual(text string, from int) int {
	for ; from+8 <= len(text); from += 8 {
		w := word(text[from : from+8])
		if found := special(w) & highest; found != 0 {
			return from + bits.TrailingZeros64(found)/8
		}
	}
	for ; from < len(text); from++ {
		if c := text[from]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			break
		}
	}
	return from
}

// plain is usual for what is written: there encoding/json has escapes for HTML too.
func plain(text string, from int) int {
	for ; from+8 <= len(text); from += 8 {
		w := word(text[from : from+8])
		// The second bit is the only one in which < and > differ.
		less, and := (w|ones*2)^ones*'>', w^ones*'&'
		if found := (special(w) | (less - ones) | (and - ones)) & highest; found != 0 {
			return from + bits.TrailingZeros64(found)/8
		}
	}
	for ; from < len(text); from++ {
		c := text[from]
		if c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c >= utf8.RuneSelf {
			break
		}
	}
	return from
}

// word is eight bytes as a number, the first one lowest.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// special has the highest bit of the lowest byte set that is a control character, a quote, a
// backslash, or not ASCII.
func special(w uint64) uint64 {
	quote, backslash := w^ones*'"', w^ones*'\\'
	return w | (w - ones*' ') | (quote - ones) | (backslash - ones)
}
