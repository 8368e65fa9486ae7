package jsontext

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"
)

// Scanner reads JSON whose shape is known in advance, from a text that the results share.
// It only has to understand what is usual: whatever is not (a broken text, null for a
// value, the same name twice) makes it give up, and the caller asks encoding/json, which
// decides what is right and words the errors. So it never accepts what encoding/json would
// not, and where it accepts, it reads the same; fuzz tests of those who read with it hold it
// to that.
//
// It is here because most of the time of accepting and of applying an event went into
// encoding/json, which looks at each byte five times on the way through envelope, data and
// products.
type Scanner struct {
	// Text is what it reads, and At the place in it of the byte that comes next.
	Text  string
	At    int
	lost  bool // it has given up
	depth int
}

// maxDepth is how deeply nested a value may be that the scanner reads itself.
const maxDepth = 100

// GiveUp ends all reading: nothing follows the end of the text.
func (s *Scanner) GiveUp() { s.lost, s.At = true, len(s.Text) }

// Lost reports whether it has given up.
func (s *Scanner) Lost() bool { return s.lost }

// Peek is the next byte that is no white space, 0 at the end.
func (s *Scanner) Peek() byte {
	for ; s.At < len(s.Text); s.At++ {
		switch c := s.Text[s.At]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// Expect reads one byte of punctuation.
func (s *Scanner) Expect(c byte) {
	if s.Peek() != c || s.lost {
		s.GiveUp()
		return
	}
	s.At++
}

// End gives up unless the text ends here.
func (s *Scanner) End() {
	if s.Peek(); s.At < len(s.Text) {
		s.GiveUp()
	}
}

// Members goes through an object. For each name the body has to read the value.
func (s *Scanner) Members(yield func(name string) bool) {
	s.list('{', '}', func() bool {
		name := s.Quoted()
		s.Expect(':')
		return !s.lost && yield(name)
	})
}

// Elements goes through an array. The body has to read the value.
func (s *Scanner) Elements(yield func() bool) { s.list('[', ']', yield) }

// list goes through what stands between two brackets, separated by commas.
func (s *Scanner) list(opening, closing byte, item func() bool) {
	s.Expect(opening)
	if s.depth++; s.depth > maxDepth {
		s.GiveUp()
	}
	if s.Peek() == closing {
		s.At++
		s.depth--
		return
	}
	for !s.lost && item() {
		if s.Peek() == closing {
			s.At++
			s.depth--
			return
		}
		s.Expect(',')
	}
}

// Quoted reads a string.
func (s *Scanner) Quoted() string {
	start := s.At
	text, plain := s.quoted()
	if plain || s.lost {
		return text
	}
	var decoded string
	if json.Unmarshal([]byte(strings.TrimLeft(s.Text[start:s.At], " \t\r\n")), &decoded) != nil {
		s.GiveUp()
		return ""
	}
	return decoded
}

// quoted passes over a string and returns what stands between its quotes; plain says that this
// is what the string means.
func (s *Scanner) quoted() (text string, plain bool) {
	s.Expect('"')
	ascii, escaped := true, false
	for i := usual(s.Text, s.At); i < len(s.Text); i = usual(s.Text, i) {
		switch c := s.Text[i]; {
		case c == '"':
			text = s.Text[s.At:i]
			s.At = i + 1
			return text, !escaped && (ascii || utf8.ValidString(text))
		case c == '\\':
			escaped = true
			n := escape(s.Text[i:])
			if n == 0 {
				s.GiveUp()
				return "", false
			}
			i += n
		case c < ' ':
			s.GiveUp()
			return "", false
		default:
			ascii = false
			for i < len(s.Text) && s.Text[i] >= utf8.RuneSelf {
				i++
			}
		}
	}
	s.GiveUp()
	return "", false
}

// escape is how many bytes the escape takes that a text begins with, 0 if there is no such
// escape (RFC 8259, section 7).
func escape(text string) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		const size = len(`\u0000`)
		if len(text) < size {
			return 0
		}
		for _, c := range []byte(text[2:size]) {
			if c-'0' > 9 && (c|0x20)-'a' > 5 {
				return 0
			}
		}
		return size
	}
	return 0
}

// Number reads a number and returns it as it is written (RFC 8259, section 6).
func (s *Scanner) Number() string {
	s.Peek()
	start := s.At
	s.sign("-")
	if s.At < len(s.Text) && s.Text[s.At] == '0' {
		s.At++
	} else {
		s.digits()
	}
	if s.At < len(s.Text) && s.Text[s.At] == '.' {
		s.At++
		s.digits()
	}
	if s.At < len(s.Text) && s.Text[s.At]|0x20 == 'e' {
		s.At++
		s.sign("+-")
		s.digits()
	}
	if s.lost {
		return ""
	}
	return s.Text[start:s.At]
}

func (s *Scanner) sign(signs string) {
	if s.At < len(s.Text) && strings.IndexByte(signs, s.Text[s.At]) >= 0 {
		s.At++
	}
}

func (s *Scanner) digits() {
	start := s.At
	for s.At < len(s.Text) && s.Text[s.At]-'0' <= 9 {
		s.At++
	}
	if s.At == start {
		s.GiveUp()
	}
}

// Bool reads true or false.
func (s *Scanner) Bool() bool {
	value := s.Peek() == 't'
	if value {
		s.word("true")
	} else {
		s.word("false")
	}
	return value && !s.lost
}

// Time reads a point in time (RFC 3339), which must stand there without escapes.
func (s *Scanner) Time() (t time.Time) {
	s.Peek()
	start := s.At
	s.Quoted()
	if t.UnmarshalJSON([]byte(s.Text[start:s.At])) != nil {
		s.GiveUp()
	}
	return t
}

func (s *Scanner) word(word string) {
	if s.Peek(); !strings.HasPrefix(s.Text[s.At:], word) {
		s.GiveUp()
		return
	}
	s.At += len(word)
}

// Raw reads any value and returns its text.
func (s *Scanner) Raw() string {
	first := s.Peek()
	start := s.At
	switch first {
	case '{':
		for range s.Members {
			s.Raw()
		}
	case '[':
		for range s.Elements {
			s.Raw()
		}
	case '"':
		s.quoted()
	case 't', 'f':
		s.Bool()
	case 'n':
		s.word("null")
	default:
		s.Number()
	}
	if s.lost {
		return ""
	}
	return s.Text[start:s.At]
}

// Once gives up when a known name of an object comes again, which encoding/json merges.
func (s *Scanner) Once(seen *uint, name int) {
	if *seen&(1<<name) != 0 {
		s.GiveUp()
	}
	*seen |= 1 << name
}

// Skip passes over the value of a name that is none of those known, unless
// encoding/json would take it for one, because it ignores case.
func (s *Scanner) Skip(name string, known ...string) {
	for i := range len(name) {
		if c := name[i]; 'A' <= c && c <= 'Z' || c > '~' {
			for _, k := range known {
				if strings.EqualFold(name, k) {
					s.GiveUp()
					return
				}
			}
			break
		}
	}
	s.Raw()
}
