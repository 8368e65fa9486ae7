package cloudevent

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// checkText refuses what a JSON parser would repair.
func checkText(body []byte) error {
	if !utf8.Valid(body) {
		return wrong("body", "is no UTF-8: send the JSON in UTF-8")
	}
	return nil
}

// fromJSON reads an event in the JSON event format. The error says that it is none at all;
// what is wrong with its attributes is in the content.
func fromJSON(body []byte) (*content, error) {
	if err := checkText(body); err != nil {
		return nil, err
	}
	c, encoded := newContent(), false
	err := members(body, func(name string, value json.RawMessage) {
		switch name {
		case "data":
			if encoded {
				c.fail(wrong("data_base64", "is given beside data: send one of them"))
			}
			encoded, c.data = true, value
		case "data_base64":
			if encoded {
				c.fail(wrong("data_base64", "is given beside data: send one of them"))
			}
			encoded = true
			c.base64(value)
		default:
			c.set(name, value)
		}
	}, c.fail)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (c *content) base64(value json.RawMessage) {
	var s *string
	if err := json.Unmarshal(value, &s); err != nil {
		c.fail(wrong("data_base64", "must be text"))
		return
	}
	if s == nil {
		return
	}
	data, err := decodeBase64(*s)
	if err != nil {
		c.fail(err)
		return
	}
	c.data = data
}

// members calls visit for each member of a JSON object, and again with those that come twice. The error
// says that it is no JSON object.
func members(body []byte, visit func(string, json.RawMessage), again func(error)) error {
	notJSON := func(err error) error {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return wrong("body", "ends in the middle: send the event as one JSON object")
		}
		return wrong("body", "is no JSON: %v", err)
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	switch first, err := dec.Token(); {
	case err != nil:
		return notJSON(err)
	case first != json.Delim('{'):
		return wrong("body", "is no JSON object: an event is one, with members such as \"id\" and \"type\"")
	}
	seen := map[string]bool{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return notJSON(err)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return notJSON(err)
		}
		name, _ := key.(string)
		if seen[name] {
			again(wrong(quoted(name), "is given twice: send it once"))
			continue
		}
		seen[name] = true
		visit(name, value)
	}
	if _, err := dec.Token(); err != nil {
		return notJSON(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return wrong("body", "goes on behind the event: send one event, or a JSON array of them as %s", Batched)
	}
	return nil
}
