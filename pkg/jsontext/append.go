package jsontext

import (
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"
)

// String appends a text, quoted. What is no UTF-8 in it is replaced.
func String(out []byte, s string) []byte {
	out = append(out, '"')
	copied := 0
	for i := plain(s, 0); i < len(s); i = plain(s, i) {
		c, size := utf8.DecodeRuneInString(s[i:])
		if c >= utf8.RuneSelf && c != lineSeparator && c != paragraphSeparator && (c != utf8.RuneError || size > 1) {
			i += size
			continue
		}
		out = escaped(append(out, s[copied:i]...), c)
		i += size
		copied = i
	}
	return append(append(out, s[copied:]...), '"')
}

// Two characters that JSON may have in a string and JavaScript once might not.
const lineSeparator, paragraphSeparator = '\u2028', '\u2029'

// escaped appends a character as encoding/json does that it does not leave as it is.
func escaped(out []byte, c rune) []byte {
	switch c {
	case '"', '\\':
		return append(out, '\\', byte(c))
	case '\b':
		return append(out, `\b`...)
	case '\f':
		return append(out, `\f`...)
	case '\n':
		return append(out, `\n`...)
	case '\r':
		return append(out, `\r`...)
	case '\t':
		return append(out, `\t`...)
	}
	const hex = "0123456789abcdef"
	return append(out, '\\', 'u', hex[c>>12&15], hex[c>>8&15], hex[c>>4&15], hex[c&15])
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
	// Zero is not among the integers, because it may be the negative one.
	if i := int64(f); i != 0 && float64(i) == f && -1e15 < f && f < 1e15 {
		return strconv.AppendInt(out, i, 10)
	}
	// Between these encoding/json writes no exponent (ECMA-262, Number::toString).
	if size := math.Abs(f); size == 0 || 1e-6 <= size && size < 1e21 {
		return strconv.AppendFloat(out, f, 'f', -1, 64)
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
	case float64:
		if !math.IsInf(v, 0) && !math.IsNaN(v) {
			return Number(out, v), nil
		}
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
