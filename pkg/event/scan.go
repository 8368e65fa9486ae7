package event

import (
	"encoding/json"
	"strings"
)

// scanner reads JSON whose shape is known in advance, from a text that the results share.
// It only has to understand what is usual: whatever is not (a broken text, null for a
// value, the same name twice) makes it give up, and the caller asks encoding/json, which
// decides what is right and words the errors. So it never accepts what encoding/json would
// not, and where it accepts, it reads the same; a fuzz test holds it to that.
//
// It is here because most of the time of applying an event went into encoding/json, which
// looks at each byte five times on the way through envelope, data and products.
type scanner struct {
	text  string
	at    int
	lost  bool // it has given up
	depth int
}

// maxDepth is how deeply nested a value may be that the scanner reads itself.
const maxDepth = 100

// giveUp ends all reading: nothing follows the end of the text.
func (s *scanner) giveUp() { s.lost, s.at = true, len(s.text) }

// peek is the next byte that is no white space, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// expect reads one byte of punctuation.
func (s *scanner) expect(c byte) {
	if s.peek() != c || s.lost {
		s.giveUp()
		return
	}
	s.at++
}

// end gives up unless the text ends here.
func (s *scanner) end() {
	if s.peek(); s.at < len(s.text) {
		s.giveUp()
	}
}

// members goes through an object. For each name the body has to read the value.
func (s *scanner) members(yield func(name string) bool) {
	s.list('{', '}', func() bool {
		name := s.string()
		s.expect(':')
		return !s.lost && yield(name)
	})
}

// elements goes through an array. The body has to read the value.
func (s *scanner) elements(yield func() bool) { s.list('[', ']', yield) }

// list goes through what stands between two brackets, separated by commas.
func (s *scanner) list(opening, closing byte, item func() bool) {
	s.expect(opening)
	if s.depth++; s.depth > maxDepth {
		s.giveUp()
	}
	if s.peek() == closing {
		s.at++
		s.depth--
		return
	}
	for !s.lost && item() {
		if s.peek() == closing {
			s.at++
			s.depth--
			return
		}
		s.expect(',')
	}
}

// string reads a string.
func (s *scanner) string() string {
	s.expect('"')
	for i := s.at; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			text := s.text[s.at:i]
			s.at = i + 1
			return text
		case c == '\\' || c < ' ' || c > '~':
			return s.unusual(i)
		}
	}
	s.giveUp()
	return ""
}

// unusual reads a string that has an escape or more than ASCII at i.
func (s *scanner) unusual(i int) string {
	for ; i < len(s.text) && s.text[i] != '"'; i++ {
		if s.text[i] == '\\' {
			i++
		}
	}
	if i >= len(s.text) {
		s.giveUp()
		return ""
	}
	var text string
	if json.Unmarshal([]byte(s.text[s.at-1:i+1]), &text) != nil {
		s.giveUp()
		return ""
	}
	s.at = i + 1
	return text
}

// number reads a number and returns it as it is written (RFC 8259, section 6).
func (s *scanner) number() string {
	s.peek()
	start := s.at
	s.sign("-")
	if s.at < len(s.text) && s.text[s.at] == '0' {
		s.at++
	} else {
		s.digits()
	}
	if s.at < len(s.text) && s.text[s.at] == '.' {
		s.at++
		s.digits()
	}
	if s.at < len(s.text) && s.text[s.at]|0x20 == 'e' {
		s.at++
		s.sign("+-")
		s.digits()
	}
	if s.lost {
		return ""
	}
	return s.text[start:s.at]
}

func (s *scanner) sign(signs string) {
	if s.at < len(s.text) && strings.IndexByte(signs, s.text[s.at]) >= 0 {
		s.at++
	}
}

func (s *scanner) digits() {
	start := s.at
	for s.at < len(s.text) && s.text[s.at]-'0' <= 9 {
		s.at++
	}
	if s.at == start {
		s.giveUp()
	}
}

// bool reads true or false.
func (s *scanner) bool() bool {
	value := s.peek() == 't'
	if value {
		s.word("true")
	} else {
		s.word("false")
	}
	return value && !s.lost
}

func (s *scanner) word(word string) {
	if s.peek(); !strings.HasPrefix(s.text[s.at:], word) {
		s.giveUp()
		return
	}
	s.at += len(word)
}

// raw reads any value and returns its text.
func (s *scanner) raw() string {
	first := s.peek()
	start := s.at
	switch first {
	case '{':
		for range s.members {
			s.raw()
		}
	case '[':
		for range s.elements {
			s.raw()
		}
	case '"':
		s.string()
	case 't', 'f':
		s.bool()
	case 'n':
		s.word("null")
	default:
		s.number()
	}
	if s.lost {
		return ""
	}
	return s.text[start:s.at]
}

// once gives up when a known name of an object comes again, which encoding/json merges.
func (s *scanner) once(seen *uint, name int) {
	if *seen&(1<<name) != 0 {
		s.giveUp()
	}
	*seen |= 1 << name
}

// skip passes over the value of a name that is none of those known, unless
// encoding/json would take it for one, because it ignores case.
func (s *scanner) skip(name string, known ...string) {
	for i := range len(name) {
		if c := name[i]; 'A' <= c && c <= 'Z' || c > '~' {
			for _, k := range known {
				if strings.EqualFold(name, k) {
					s.giveUp()
					return
				}
			}
			break
		}
	}
	s.raw()
}
