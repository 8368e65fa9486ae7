package jsontext

import (
	"encoding/json"
	"strconv"
)

// String appends a text, quoted.
func String(out []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			quoted, _ := json.Marshal(s) // It never fails: what is no UTF-8 is replaced.
			return append(out, quoted...)
		}
	}
	return append(append(append(out, '"'), s...), '"')
}

// Name appends the name of a member, quoted, and its colon.
func Name(out []byte, name string) []byte { return append(String(out, name), ':') }

// Next appends a comma and the name of a further member.
func Next(out []byte, name string) []byte { return Name(append(out, ','), name) }

// Optional appends a further member that is a text, unless the text is empty.
func Optional(out []byte, name, value string) []byte {
	if value == "" {
		return out
	}
	return String(Next(out, name), value)
}

// Number appends a number, which must be finite: one that came from JSON is.
func Number(out []byte, f float64) []byte {
	// Zero is not among them, because it may be the negative one.
	if i := int64(f); i != 0 && float64(i) == f && -1e15 < f && f < 1e15 {
		return strconv.AppendInt(out, i, 10)
	}
	number, _ := json.Marshal(f)
	return append(out, number...)
}

// Value appends any value. Its error is that of encoding/json.
func Value(out []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(out, "null"...), nil
	case string:
		return String(out, v), nil
	case bool:
		return strconv.AppendBool(out, v), nil
	case int:
		return strconv.AppendInt(out, int64(v), 10), nil
	}
	b, err := json.Marshal(v)
	return append(out, b...), err
}

// WithoutComma takes back the comma behind a last member or element.
func WithoutComma(out []byte) []byte {
	if last := len(out) - 1; out[last] == ',' {
		return out[:last]
	}
	return out
}
