package render

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decode reads a JSON object as json.Decoder does with UseNumber. Each mail has one of some
// kilobytes, and that decoder made a hundred small strings and a buffer of its own out of it;
// here all strings without escapes are parts of one copy. What this reader does not know, or
// finds wrong, the other one reads, and says what is wrong with it.
func decode(raw []byte) (map[string]any, error) {
	if vars := (&reader{text: string(raw)}).all(); vars != nil {
		return vars, nil
	}
	return decodeSlowly(raw)
}

// decodeClean is decode without the addresses that clean drops.
func decodeClean(raw []byte) (map[string]any, error) {
	if vars := (&reader{text: string(raw), clean: true}).all(); vars != nil {
		return vars, nil
	}
	vars, err := decodeSlowly(raw)
	clean(vars)
	return vars, err
}

func decodeSlowly(raw []byte) (map[string]any, error) {
	var vars map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err := d.Decode(&vars)
	return vars, err
}

// usualList is for how many elements a list has room from the beginning.
const usualList = 4

// deepest is how deep a value may lie for reader.
const deepest = 64

// reader reads JSON (RFC 8259). Its methods report false when they give up.
type reader struct {
	text  string
	at    int
	clean bool // addresses are those that a mail may link to
}

// all is the object that the text is; nil for what this reader does not know.
func (r *reader) all() map[string]any {
	if v, ok := r.value(0); ok && r.space() == len(r.text) {
		vars, _ := v.(map[string]any)
		return vars
	}
	return nil
}

// space goes to the next byte that is not white space and returns where it is.
func (r *reader) space() int {
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.at]) >= 0 {
		r.at++
	}
	return r.at
}

// next is the next byte that is not white space, 0 at the end.
func (r *reader) next() byte {
	if r.space() == len(r.text) {
		return 0
	}
	return r.text[r.at]
}

// take goes over c if it comes next.
func (r *reader) take(c byte) bool {
	if r.next() != c {
		return false
	}
	r.at++
	return true
}

func (r *reader) value(depth int) (any, bool) {
	if depth > deepest {
		return nil, false
	}
	switch r.next() {
	case '{':
		return r.object(depth)
	case '[':
		return r.array(depth)
	case '"':
		return r.string()
	case 't':
		return true, r.word("true")
	case 'f':
		return false, r.word("false")
	case 'n':
		return nil, r.word("null")
	}
	return r.number()
}

func (r *reader) word(w string) bool {
	ok := strings.HasPrefix(r.text[r.at:], w)
	r.at += len(w)
	return ok
}

func (r *reader) object(depth int) (any, bool) {
	r.at++
	m := map[string]any{}
	if r.take('}') {
		return m, true
	}
	for {
		if r.next() != '"' {
			return nil, false
		}
		name, ok := r.string()
		if !ok || !r.take(':') {
			return nil, false
		}
		v, ok := r.value(depth + 1)
		if !ok {
			return nil, false
		}
		if r.clean && isAddress(name) {
			v = webAddress(v)
		}
		m[name] = v
		if r.take('}') {
			return m, true
		}
		if !r.take(',') {
			return nil, false
		}
	}
}

func (r *reader) array(depth int) (any, bool) {
	r.at++
	if r.take(']') {
		return []any{}, true
	}
	list := make([]any, 0, usualList)
	for {
		v, ok := r.value(depth + 1)
		if !ok {
			return nil, false
		}
		list = append(list, v)
		if r.take(']') {
			return list, true
		}
		if !r.take(',') {
			return nil, false
		}
	}
}

// string stands at the opening quote. The library reads strings that are not UTF-8, which it
// repairs, and characters written as two escapes.
func (r *reader) string() (string, bool) {
	begin := r.at
	simple, ascii := true, true
	for r.at++; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			s := r.text[begin+1 : r.at-1]
			if ascii || utf8.ValidString(s) {
				if simple {
					return s, true
				}
				if plain, ok := unescaped(s); ok {
					return plain, true
				}
			}
			return s, json.Unmarshal([]byte(r.text[begin:r.at]), &s) == nil
		case c == '\\':
			simple = false
			r.at++
		case c < ' ':
			return "", false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", false
}

// unescaped is the inside of a string whose escapes stand for one character each; ok is false for others.
func unescaped(s string) (plain string, ok bool) {
	b := make([]byte, 0, len(s))
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			return string(append(b, s...)), true
		}
		if i+1 == len(s) {
			return "", false
		}
		b = append(b, s[:i]...)
		c := s[i+1]
		s = s[i+2:]
		if c == 'u' {
			if len(s) < 4 {
				return "", false
			}
			n, err := strconv.ParseUint(s[:4], 16, 16)
			if err != nil || utf16.IsSurrogate(rune(n)) {
				return "", false
			}
			b, s = utf8.AppendRune(b, rune(n)), s[4:]
			continue
		}
		k := strings.IndexByte(`"\/bfnrt`, c)
		if k < 0 {
			return "", false
		}
		b = append(b, "\"\\/\b\f\n\r\t"[k])
	}
}

// number keeps the digits as they are.
func (r *reader) number() (any, bool) {
	begin := r.at
	r.sign("-")
	if r.at < len(r.text) && r.text[r.at] == '0' {
		r.at++
	} else if !r.digits() {
		return nil, false
	}
	if r.sign(".") && !r.digits() {
		return nil, false
	}
	if r.sign("eE") {
		r.sign("+-")
		if !r.digits() {
			return nil, false
		}
	}
	return json.Number(r.text[begin:r.at]), true
}

// sign goes over one of the bytes, if one comes.
func (r *reader) sign(of string) bool {
	if r.at == len(r.text) || strings.IndexByte(of, r.text[r.at]) < 0 {
		return false
	}
	r.at++
	return true
}

func (r *reader) digits() bool {
	begin := r.at
	for r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9' {
		r.at++
	}
	return r.at > begin
}
