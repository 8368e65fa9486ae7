package trackingplan

import (
	"strings"

	"rapport/pkg/jsontext"
)

// passes reports whether a text is JSON of this shape, as far as can be told in one pass that
// decodes nothing. Where it cannot, and where something is wrong, inspect finds out what: it
// is the one that decides, and this one must never take what it does not.
func (s *shape) passes(text string) bool {
	r := jsontext.Scanner{Text: text}
	if !s.object(&r) {
		return false
	}
	r.End()
	return !r.Lost()
}

// object passes over an object; false when something may be wrong with it.
func (s *shape) object(r *jsontext.Scanner) bool {
	var found uint64
	r.Expect('{')
	if r.Peek() == '}' {
		r.At++
		return s.required == 0 && !r.Lost()
	}
	for {
		f := s.named(r)
		switch {
		case r.Lost():
			return false
		case f == nil:
			r.Raw()
		default:
			there, ok := f.value(r)
			if !ok {
				return false
			}
			if there {
				found |= f.bit
			}
		}
		if r.At < len(r.Text) && r.Text[r.At] == ',' {
			r.At++
			continue
		}
		if r.Peek() == '}' {
			r.At++
			return s.required&^found == 0
		}
		r.Expect(',')
	}
}

// named passes over a name and its colon, and finds the field of this name; nil if there is
// none. A name that is found stands there without escapes, so that its end is the next quote:
// that saves most of the time that reading it takes.
func (s *shape) named(r *jsontext.Scanner) *field {
	if r.Peek() == '"' {
		rest := r.Text[r.At+1:]
		if n := strings.IndexByte(rest, '"'); n >= 0 && n+1 < len(rest) && rest[n+1] == ':' {
			if f := s.field(rest[:n]); f != nil {
				r.At += n + 3
				return f
			}
		}
	}
	f := s.field(r.Quoted())
	r.Expect(':')
	return f
}

// value passes over a value; there says that it is more than nothing.
func (f *field) value(r *jsontext.Scanner) (there, ok bool) {
	first := r.Peek()
	switch {
	case first == 'n':
		return false, r.Raw() == "null"
	case f.kind == Object && f.object != nil:
		return true, first == '{' && f.object.object(r)
	case f.kind == Array && f.elem != nil:
		return true, first == '[' && f.elem.elements(r)
	}
	text := r.Raw()
	switch {
	case r.Lost():
		return false, false
	case f.kind == Any:
		return true, true
	case f.kind == Object:
		return true, first == '{'
	case f.kind == Array:
		return true, first == '['
	case f.kind == Boolean && first != '"':
		return true, first == 't' || first == 'f'
	case first == '"':
		text = text[1 : len(text)-1]
		if text == "" {
			return false, true
		}
		if f.kind == Text && f.enum == nil && f.format == "" {
			return true, true
		}
		return true, strings.IndexByte(text, '\\') < 0 && f.takesText(text)
	}
	return true, first != '{' && first != '[' && first != 't' && first != 'f' && f.takesNumber(text)
}

// elements passes over an array.
func (f *field) elements(r *jsontext.Scanner) bool {
	r.Expect('[')
	if r.Peek() == ']' {
		r.At++
		return !r.Lost()
	}
	for {
		if _, ok := f.value(r); !ok || r.Lost() {
			return false
		}
		if r.Peek() == ']' {
			r.At++
			return true
		}
		r.Expect(',')
	}
}
