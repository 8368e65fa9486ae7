package sms

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Change is one exchange that Smart made.
type Change struct {
	Offset   int // of From in the text that was given, in bytes
	From, To string
}

// Smart exchanges typography for its nearest in the GSM alphabet (quotation marks, dashes,
// ellipses, spaces, full-width and zero-width characters), and says what it changed, in the
// order of the text. Letters with accents, symbols and emoji stay, and so may the encoding.
func Smart(text string) (string, []Change) {
	if encodingOf(text) == GSM7 {
		return text, nil
	}
	s := smartening{text: text}
	s.out.Grow(len(text))
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		s.take(i, n, r)
		i += n
	}
	if len(s.changes) == 0 {
		return text, nil
	}
	s.flush()
	return s.out.String(), s.changes
}

// Smallest is Smart where the whole text then fits the GSM alphabet and needs fewer segments,
// and the text itself where not: typography that costs nothing stays, and so do the spaces and
// signs of other scripts.
func Smallest(text string) (string, []Change) {
	smart, changes := Smart(text)
	if len(changes) == 0 || encodingOf(smart) != GSM7 || Count(smart).Segments >= Count(text).Segments {
		return text, nil
	}
	return smart, changes
}

// smartening is one run of Smart. The character that was last kept waits in held, as a mark
// may follow that becomes one with it.
type smartening struct {
	text    string
	out     strings.Builder
	changes []Change
	held    string
	at      int  // where held began in text
	mixed   bool // whether held is more than a character and cannot be composed
}

func (s *smartening) take(i, n int, r rune) {
	if s.held != "" && unicode.Is(unicode.Mn, r) {
		s.mark(i, n, r)
		return
	}
	s.flush()
	if last := len(s.changes) - 1; last >= 0 && (r == '\ufe0e' || r == '\ufe0f') && s.changes[last].Offset+len(s.changes[last].From) == i {
		s.changes[last].From += s.text[i : i+n] // said how to draw what was exchanged
		return
	}
	to, ok := exchanged[r]
	switch {
	case ok:
		s.out.WriteString(to)
		s.changes = append(s.changes, Change{i, s.text[i : i+n], to})
	case unicode.IsSpace(r):
		s.out.WriteString(s.text[i : i+n]) // bears no marks
	default:
		s.held, s.at, s.mixed = s.text[i:i+n], i, false
	}
}

// mark adds a combining mark to the character that waits.
func (s *smartening) mark(i, n int, r rune) {
	base, _ := utf8.DecodeRuneInString(s.held)
	if whole, ok := composed[[2]rune{base, r}]; ok && !s.mixed {
		s.changes = append(s.changes, Change{s.at, s.text[s.at : i+n], string(whole)})
		s.held = string(whole)
	} else {
		s.held += s.text[i : i+n]
	}
	s.mixed = true
}

func (s *smartening) flush() {
	s.out.WriteString(s.held)
	s.held = ""
}

// composed are the letters of the GSM alphabet that may come as a letter and a mark.
var composed = map[[2]rune]rune{
	{'a', '\u0300'}: 'à', {'e', '\u0300'}: 'è', {'i', '\u0300'}: 'ì', {'o', '\u0300'}: 'ò', {'u', '\u0300'}: 'ù',
	{'e', '\u0301'}: 'é', {'E', '\u0301'}: 'É', {'N', '\u0303'}: 'Ñ', {'n', '\u0303'}: 'ñ',
	{'A', '\u0308'}: 'Ä', {'O', '\u0308'}: 'Ö', {'U', '\u0308'}: 'Ü', {'a', '\u0308'}: 'ä', {'o', '\u0308'}: 'ö', {'u', '\u0308'}: 'ü',
	{'A', '\u030a'}: 'Å', {'a', '\u030a'}: 'å', {'C', '\u0327'}: 'Ç',
}
