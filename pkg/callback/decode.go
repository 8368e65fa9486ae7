package callback

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/mail"
	"strconv"
	"strings"
	"time"
)

// text is a JSON text, number or truth value: providers change between them. null is empty.
type text string

// UnmarshalJSON refuses objects and arrays.
func (t *text) UnmarshalJSON(raw []byte) error {
	switch {
	case len(raw) == 0 || raw[0] == '{' || raw[0] == '[':
		return errors.New("a text is wanted where there is an object or array")
	case raw[0] == '"':
		return json.Unmarshal(raw, (*string)(t))
	case string(raw) == "null":
		*t = ""
	default:
		*t = text(raw)
	}
	return nil
}

func (t text) String() string { return string(t) }

// yes reports whether a text says so.
func (t text) yes() bool {
	s := strings.ToLower(string(t))
	return s == "true" || s == "1" || s == "yes"
}

// texts is one text or an array of them.
type texts []string

// UnmarshalJSON takes elements that are no texts as their JSON.
func (t *texts) UnmarshalJSON(raw []byte) error {
	*t = nil
	if len(raw) > 0 && raw[0] == '[' {
		var all []json.RawMessage
		if err := json.Unmarshal(raw, &all); err != nil {
			return err
		}
		for _, one := range all {
			*t = append(*t, plain(one))
		}
		return nil
	}
	if one := plain(raw); one != "" {
		*t = texts{one}
	}
	return nil
}

// pairs is an object of any values: texts as they are, others as JSON. A text that holds such an object is read, too;
// whatever else stands there is no metadata.
type pairs map[string]string

// UnmarshalJSON never refuses: metadata that is not what it should be is not a reason to lose an event.
func (p *pairs) UnmarshalJSON(raw []byte) error {
	*p = object(raw)
	return nil
}

// object reads an object, or a text that holds one; nil is what is neither.
func object(raw []byte) map[string]string {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '"' {
		raw = []byte(plain(raw))
	}
	if len(raw) == 0 || raw[0] != '{' || tooDeep(raw) {
		return nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil
	}
	m := make(map[string]string, len(members))
	for name, value := range members {
		m[name] = plain(value)
	}
	return m
}

// plain is a JSON text's text, and any other value's JSON. null is empty.
func plain(raw json.RawMessage) string {
	var s string
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s
	}
	if string(raw) == "null" {
		return ""
	}
	return string(raw)
}

// list reads an array, or one object that stands for an array of one.
func (c *call) list(raw []byte, part string) ([]json.RawMessage, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '{' {
		return []json.RawMessage{raw}, nil
	}
	var all []json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, c.unreadable(part, "it is no JSON array: check the format that the webhook is set to", nil)
	}
	if len(all) > maxEvents {
		return nil, c.unreadable(part, fmt.Sprintf("it has more than %d events: lower the size of batches at the provider", maxEvents), nil)
	}
	return all, nil
}

// each reads the elements of an array one by one; those that cannot be read are noted.
func each[T any](c *call, raw []byte, part string, read func(T) error) error {
	all, err := c.list(raw, part)
	if err != nil {
		return err
	}
	for i, one := range all {
		var v T
		err := decode(one, &v)
		if err == nil {
			err = read(v)
		}
		if err != nil {
			c.skip(fmt.Sprintf("event %d", i), err)
		}
	}
	return nil
}

// one reads a body that is one object.
func one[T any](c *call, raw []byte, part string) (T, error) {
	var v T
	if err := decode(raw, &v); err != nil {
		return v, c.unreadable(part, "it is not the JSON object that is expected: check the format that the webhook is set to", err)
	}
	return v, nil
}

// decode is json.Unmarshal with errors that name the member and not its value.
func decode(raw []byte, into any) error {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '{' {
		return errors.New("an object is wanted")
	}
	err := json.Unmarshal(raw, into)
	var wrong *json.UnmarshalTypeError
	var broken *json.SyntaxError
	switch {
	case errors.As(err, &wrong):
		return fmt.Errorf("member %q is a %s", wrong.Field, wrong.Value[:min(len(wrong.Value), 20)])
	case errors.As(err, &broken):
		return fmt.Errorf("no JSON at byte %d", broken.Offset)
	}
	return err
}

// tooDeep reports whether JSON is nested deeper than maxDepth. Brackets in texts do not count.
func tooDeep(raw []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch b := raw[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return false
}

// when reads a time: RFC 3339, or seconds or milliseconds since 1970. What is none, or not between 1970 and 9999, is the
// zero time.
func when(t text) time.Time {
	s := strings.TrimSpace(string(t))
	if s == "" {
		return time.Time{}
	}
	if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return sane(at)
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || n <= 0 || n > 253402300799999 {
		return time.Time{}
	}
	if n > 1e11 { // As seconds it would be the year 5138.
		return time.UnixMilli(int64(n)).UTC()
	}
	return time.UnixMicro(int64(math.Round(n * 1e6))).UTC()
}

func sane(at time.Time) time.Time {
	if at = at.UTC(); at.Year() < 1970 || at.Year() > 9999 {
		return time.Time{}
	}
	return at
}

// address takes the address out of "Name <address>".
func address(s string) string {
	s = strings.TrimSpace(s)
	if strings.IndexByte(s, '<') < 0 {
		return s
	}
	if a, err := mail.ParseAddress(s); err == nil {
		return a.Address
	}
	if open := strings.LastIndexByte(s, '<'); strings.HasSuffix(s, ">") {
		return s[open+1 : len(s)-1]
	}
	return s
}
