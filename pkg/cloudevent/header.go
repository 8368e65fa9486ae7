package cloudevent

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"rapport/pkg/jsontext"
)

const prefix = "ce-"

// fromHeaders reads an event in binary mode; false when no header is an attribute.
func fromHeaders(header map[string][]string, data []byte) (c *content, found bool) {
	c = newContent()
	c.data = data
	// In an order of their own, so that the same headers always have the same first error.
	for _, name := range slices.Sorted(maps.Keys(header)) {
		attribute, ok := strings.CutPrefix(strings.ToLower(name), prefix)
		if !ok {
			continue
		}
		found = true
		values := header[name]
		if _, again := c.text[attribute]; again || c.more[attribute] != nil || len(values) > 1 {
			c.fail(wrong(quoted(attribute), "is given twice: send the header %s once", quoted(strings.ToLower(name))))
			continue
		}
		if len(values) == 0 || values[0] == "" {
			continue
		}
		c.header(attribute, values[0])
	}
	return c, found
}

func (c *content) header(attribute, value string) {
	if attribute == "data" {
		c.fail(wrong("data", "is given as a header: send it as the body"))
		return
	}
	text, ok := unescape(value)
	switch {
	case !ok:
		c.fail(wrong(quoted(attribute), "is no UTF-8 behind its percent encoding: encode each byte of the UTF-8 as %%XX"))
	case hasControl(text):
		c.fail(wrong(quoted(attribute), "has control characters: leave them out"))
	case isText(attribute):
		c.text[attribute] = text
	default:
		c.set(attribute, json.RawMessage(jsontext.String(nil, text)))
	}
}

// unescape is the text behind a header's value: unquoted, then percent-decoded once. It reports
// whether that is UTF-8.
func unescape(value string) (string, bool) {
	value = strings.Trim(value, " \t")
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		value = unquote(value[1 : n-1])
	}
	if !strings.Contains(value, "%") {
		return value, utf8.ValidString(value)
	}
	out := make([]byte, 0, len(value))
	for i := 0; i < len(value); i++ {
		if value[i] == '%' && i+2 < len(value) {
			high, low := hex(value[i+1]), hex(value[i+2])
			if high >= 0 && low >= 0 {
				out = append(out, byte(high<<4|low))
				i += 2
				continue
			}
		}
		out = append(out, value[i])
	}
	return string(out), utf8.Valid(out)
}

func unquote(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		out = append(out, s[i])
	}
	return string(out)
}

func hex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// escape is a text as a header's value: whatever is not printable ASCII, and the space, the
// quote and the percent sign, by the bytes of its UTF-8 (HTTP binding, 3.1.3.2).
func escape(s string) string {
	plain := func(c byte) bool { return c > 0x20 && c < 0x7f && c != '"' && c != '%' }
	var out strings.Builder
	for i := range len(s) {
		if c := s[i]; plain(c) {
			out.WriteByte(c)
		} else {
			const digits = "0123456789ABCDEF"
			out.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return out.String()
}
