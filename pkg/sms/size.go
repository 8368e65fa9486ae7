package sms

import "unicode/utf8"

// Size is what sending a text takes.
type Size struct {
	Encoding   Encoding
	Units      int // septets of GSM-7, code units of UCS-2
	Segments   int // what is billed; none for the empty text
	Room       int // units that the last segment still takes
	Characters int // what a reader counts: a flag and a letter with its accents are one each
}

// Count measures a text. Bytes that are no UTF-8 count as U+FFFD, which they are sent as.
func Count(text string) Size {
	s := Size{Encoding: encodingOf(text), Characters: characters(text)}
	alone, part := s.Encoding.limits()
	var last int // units in the segment that is being filled, of several
	for _, r := range text {
		n := s.Encoding.units(r)
		s.Units += n
		if s.Segments == 0 || last+n > part {
			s.Segments++
			last = 0
		}
		last += n
	}
	s.Room = part - last
	if s.Units <= alone {
		s.Segments = min(s.Segments, 1)
		s.Room = alone - s.Units
	}
	return s
}

// Split cuts a text into the segments that it is sent as. Joined they are the text.
func Split(text string) []string {
	if text == "" {
		return nil
	}
	e := encodingOf(text)
	alone, part := e.limits()
	var parts []string
	var start, last, all int
	for i, r := range text {
		n := e.units(r)
		if all += n; last+n > part {
			parts = append(parts, text[start:i])
			start, last = i, 0
		}
		last += n
	}
	if all <= alone {
		return []string{text}
	}
	return append(parts, text[start:])
}

// encodingOf is GSM7 where the alphabet has every character.
func encodingOf(text string) Encoding {
	for _, r := range text {
		if septets(r) == 0 {
			return UCS2
		}
	}
	return GSM7
}

// characters counts extended grapheme clusters by the rules of Unicode's annex 29 that
// matter in messages: marks, joined emoji, flags, skin tones and tags, Hangul. Unlike there
// CR LF is two, as both are sent.
func characters(text string) int {
	var n, flags int
	var before rune = -1
	for _, r := range text {
		if r < utf8.RuneSelf {
			n++
			before, flags = r, 0
			continue
		}
		switch joined := joins(before, r); {
		case isFlag(r):
			if flags++; flags%2 == 1 {
				n++
			}
		case joined && before >= 0:
			flags = 0
		default:
			n++
			flags = 0
		}
		before = r
	}
	return n
}
