package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
)

// call is one call of Segment's API. All fields stay bytes until they are looked at:
// so a wrong type is found where it is and named, and properties are never decoded.
type call struct {
	Type              json.RawMessage `json:"type"`
	Action            json.RawMessage `json:"action"` // what Segment's own e-mail events have for type
	Event             json.RawMessage `json:"event"`
	Name              json.RawMessage `json:"name"`
	Category          json.RawMessage `json:"category"`
	UserID            json.RawMessage `json:"userId"`
	UserIDSnake       json.RawMessage `json:"user_id"`
	AnonymousID       json.RawMessage `json:"anonymousId"`
	AnonymousIDSnake  json.RawMessage `json:"anonymous_id"`
	PreviousID        json.RawMessage `json:"previousId"`
	GroupID           json.RawMessage `json:"groupId"`
	MessageID         json.RawMessage `json:"messageId"`
	Timestamp         json.RawMessage `json:"timestamp"`
	OriginalTimestamp json.RawMessage `json:"originalTimestamp"`
	SentAt            json.RawMessage `json:"sentAt"`
	Properties        json.RawMessage `json:"properties"`
	Traits            json.RawMessage `json:"traits"`
	Context           json.RawMessage `json:"context"`
	WriteKey          json.RawMessage `json:"writeKey"`
}

// size is about how many bytes the call has; what is not read is not counted.
func (c *call) size() int64 {
	return int64(len(c.Properties) + len(c.Traits) + len(c.Context) + len(c.Event) + len(c.Name) + len(c.UserID) + len(c.AnonymousID) +
		len(c.PreviousID) + len(c.GroupID) + len(c.MessageID))
}

// batch is the body of /v1/batch. SentAt and Context stand for all its calls.
type batch struct {
	Batch    *[]call         `json:"batch"`
	SentAt   json.RawMessage `json:"sentAt"`
	Context  json.RawMessage `json:"context"`
	WriteKey json.RawMessage `json:"writeKey"`

	// notObjects are the items that are no JSON object, by index.
	notObjects map[int]*fieldError
}

// fieldError says which field of a call is wrong and what to do about it.
type fieldError struct {
	field  string
	detail string
	reason reason
}

func (e *fieldError) Error() string { return e.field + ": " + e.detail }

// because is the error for another reason than that a value is wrong.
func (e *fieldError) because(why reason) *fieldError {
	e.reason = why
	return e
}

func wrong(field, format string, args ...any) *fieldError {
	return &fieldError{field: field, detail: fmt.Sprintf(format, args...), reason: invalid}
}

func decodeCall(body []byte) (*call, *problem) {
	if c, ok := scanCall(body); ok {
		return c, nil
	}
	var c call
	if err := json.Unmarshal(body, &c); err != nil {
		return nil, jsonProblem(body, err)
	}
	return &c, nil
}

func decodeBatch(body []byte) (*batch, *problem) {
	if b, ok := scanBatch(body); ok && b.Batch != nil {
		return b, nil
	}
	var b batch
	err := json.Unmarshal(body, &b)
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mismatch) && mismatch.Type == reflect.TypeFor[call]():
		b.notObjects = findNotObjects(body)
	case err != nil:
		return nil, jsonProblem(body, err)
	}
	if b.Batch == nil {
		return nil, fieldProblem(wrong("batch", "is missing: send {\"batch\": [ ... ]} with one call per element"))
	}
	return &b, nil
}

// findNotObjects looks at a batch again in which an item has the wrong type, because the
// decoder tells only of the first.
func findNotObjects(body []byte) map[int]*fieldError {
	var items struct {
		Batch []json.RawMessage `json:"batch"`
	}
	if json.Unmarshal(body, &items) != nil {
		return nil
	}
	found := map[int]*fieldError{}
	for i, item := range items.Batch {
		if kind(item) != "object" {
			found[i] = wrong(fmt.Sprintf("batch[%d]", i), "is %s, must be an object", describe(item))
		}
	}
	return found
}

// jsonProblem names the place of what encoding/json found.
func jsonProblem(body []byte, err error) *problem {
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		at, text := syntax.Offset-1, err.Error()
		if strings.Contains(text, "unexpected end") {
			at, text = int64(len(bytes.TrimRight(body, " \r\n\t"))), "the text ends before the JSON is complete"
		}
		return newProblem(http.StatusBadRequest, malformed, "Malformed JSON",
			fmt.Sprintf("%s: %s. Send one JSON object.", position(body, at), text))
	case errors.As(err, &mismatch):
		field := mismatch.Field
		if field == "" {
			field = "the body"
		}
		want := "an object"
		if field == "batch" {
			want = "an array of objects"
		}
		p := newProblem(http.StatusBadRequest, invalid, "Wrong type",
			fmt.Sprintf("%s: %s is a JSON %s, must be %s.", position(body, mismatch.Offset-1), field, mismatch.Value, want))
		p.Field = mismatch.Field
		return p
	}
	return newProblem(http.StatusBadRequest, malformed, "Malformed JSON", err.Error())
}

func fieldProblem(e *fieldError) *problem {
	status, title := http.StatusBadRequest, "Invalid event"
	switch e.reason {
	case tooLarge:
		status, title = http.StatusRequestEntityTooLarge, "Event too large"
	case forbidden:
		status, title = http.StatusForbidden, "Not with this key"
	case unconnected:
		status, title = http.StatusNotImplemented, "Not connected"
	}
	p := newProblem(status, e.reason, title, e.Error()+".")
	p.Field = e.field
	return p
}

// text reads a JSON string; absent and null are "".
func text(field string, raw json.RawMessage) (string, *fieldError) {
	switch kind(raw) {
	case "", "null":
		return "", nil
	case "string":
		if r := newReader(raw); raw[0] == '"' {
			if s := r.Quoted(); r.done() {
				return s, nil
			}
		}
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", wrong(field, "cannot be read: %v", err)
		}
		return s, nil
	}
	return "", wrong(field, "is %s, must be a string", describe(raw))
}

// identifier reads an id. Many shops number their customers, so an integer is taken
// for its digits; control characters would break headers and log lines.
func identifier(field string, raw json.RawMessage) (string, *fieldError) {
	id := ""
	if kind(raw) == "number" {
		if bytes.ContainsAny(raw, ".eE") {
			return "", wrong(field, "is the number %s, must be a string or a whole number", raw)
		}
		id = string(raw)
	} else {
		s, err := text(field, raw)
		if err != nil {
			return "", wrong(field, "is %s, must be a string or a whole number", describe(raw))
		}
		id = strings.TrimSpace(s)
	}
	if strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", wrong(field, "has a control character: use printable characters only")
	}
	return id, nil
}

// object checks that a field is a JSON object; absent and null are nil.
func object(field string, raw json.RawMessage) (json.RawMessage, *fieldError) {
	switch kind(raw) {
	case "", "null":
		return nil, nil
	case "object":
		return raw, nil
	}
	return nil, wrong(field, "is %s, must be an object", describe(raw))
}

// kind tells a JSON value's type by its first byte; "" when there is none.
func kind(raw json.RawMessage) string {
	for len(raw) > 0 && (raw[0] == ' ' || raw[0] == '\t' || raw[0] == '\r' || raw[0] == '\n') {
		raw = raw[1:]
	}
	if len(raw) == 0 {
		return ""
	}
	switch raw[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

func describe(raw json.RawMessage) string {
	switch k := kind(raw); k {
	case "object", "array":
		return "an " + k
	case "null":
		return "null"
	default:
		return "a " + k
	}
}
