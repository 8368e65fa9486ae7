package bounce

import (
	"mime"
	"net/mail"
	"slices"
	"strings"
)

// field is one header field: its name in lower case, and its unfolded value.
type field struct{ name, value string }

// header is fields in their order.
type header []field

// get is the first value of a field, and "" when there is none.
func (h header) get(name string) string {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// all are the values of a field.
func (h header) all(name string) []string {
	var found []string
	for _, f := range h {
		if f.name == name {
			found = append(found, f.value)
		}
	}
	return found
}

// readHeader reads fields up to an empty line, or up to the first line that cannot be one, and returns what follows.
func readHeader(s string) (h header, rest string) {
	// An mbox keeps its own line before the header.
	for strings.HasPrefix(s, "From ") || strings.HasPrefix(s, ">From ") {
		_, s = cutLine(s)
	}
	for s != "" {
		line, after := cutLine(s)
		if strings.TrimSpace(line) == "" {
			return h, after
		}
		if line[0] == ' ' || line[0] == '\t' {
			extend(h, line)
			s = after
			continue
		}
		name, value, ok := fieldOf(line)
		if !ok {
			return h, s
		}
		if len(h) < maxFields {
			h = append(h, field{name, keep(value, maxField)})
		}
		s = after
	}
	return h, ""
}

// extend adds a folded line to the last field. What is longer than a field may be is dropped, which also keeps the time
// linear when there are very many folded lines.
func extend(h header, line string) {
	if len(h) == 0 {
		return
	}
	if last := &h[len(h)-1]; len(last.value) < maxField {
		last.value = keep(last.value+" "+strings.TrimSpace(line), maxField)
	}
}

// fieldOf splits a line "Name: value", whose name has only the characters of RFC 5322, section 3.6.8.
func fieldOf(line string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(line, ":")
	name = strings.TrimRight(name, " \t")
	if !ok || name == "" || len(name) > 80 {
		return "", "", false
	}
	for i := range len(name) {
		if name[i] <= ' ' || name[i] > '~' {
			return "", "", false
		}
	}
	return strings.ToLower(name), strings.TrimSpace(value), true
}

// cutLine splits off the first line of text whose line ends are "\n".
func cutLine(s string) (line, rest string) {
	line, rest, _ = strings.Cut(s, "\n")
	return line, rest
}

// parameters reads a value such as `text/plain; charset="utf-8"`. Unlike mime.ParseMediaType it takes what it can get
// from a broken one: mail servers that invent report formats do not quote correctly, either.
func parameters(value string) (kind string, params map[string]string) {
	kind, value, _ = strings.Cut(value, ";")
	params = map[string]string{}
	for len(params) < 20 && value != "" {
		var name, v string
		name, value, _ = strings.Cut(value, "=")
		value = strings.TrimLeft(value, " \t")
		if strings.HasPrefix(value, `"`) {
			v, value, _ = strings.Cut(value[1:], `"`)
			_, value, _ = strings.Cut(value, ";")
		} else {
			v, value, _ = strings.Cut(value, ";")
			v = strings.TrimSpace(v)
		}
		name = strings.ToLower(strings.Trim(name, "; \t"))
		if _, known := params[name]; !known {
			params[name] = v
		}
	}
	return strings.ToLower(strings.TrimSpace(kind)), params
}

// decodeWords decodes the encoded words of RFC 2047, and leaves alone what it cannot decode.
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return toUTF8(s, "")
	}
	d := mime.WordDecoder{CharsetReader: charsetReader}
	decoded, err := d.DecodeHeader(s)
	if err != nil {
		return toUTF8(s, "")
	}
	return strings.ToValidUTF8(decoded, "\uFFFD")
}

// messageIDs are the ids in a value, without their angle brackets. A value without brackets is one id.
func messageIDs(value string) []string {
	var ids []string
	for rest := value; len(ids) < maxReferences; {
		_, after, ok := strings.Cut(rest, "<")
		if !ok {
			break
		}
		id, after, ok := strings.Cut(after, ">")
		if !ok {
			break
		}
		if id = strings.TrimSpace(id); id != "" {
			ids = append(ids, keep(id, maxLine))
		}
		rest = after
	}
	if v := strings.TrimSpace(value); len(ids) == 0 && strings.Contains(v, "@") && !strings.ContainsAny(v, " \t<>") {
		ids = append(ids, keep(v, maxLine))
	}
	return ids
}

// addressIn is the first address of a header's value.
func addressIn(value string) string {
	if a, err := mail.ParseAddress(value); err == nil {
		return a.Address
	}
	return firstOf(addressesIn(value))
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) || len(list) >= maxReferences {
		return list
	}
	return append(list, s)
}
