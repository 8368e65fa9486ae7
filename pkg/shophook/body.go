package shophook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The bounds of a body.
const (
	MaxBody  = 2 << 20 // bytes; doors need not read more
	maxDepth = 64
)

// decode reads a body with its numbers as they are written. Its errors hold nothing of it.
func decode(body []byte) (any, error) {
	if len(body) > MaxBody {
		return nil, fmt.Errorf("the body has more than %d bytes", MaxBody)
	}
	if tooDeep(body) {
		return nil, fmt.Errorf("the body is nested deeper than %d", maxDepth)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("the body is no JSON, from byte %d on: check that the webhook is sent as JSON", d.InputOffset())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more behind the JSON of the body")
	}
	return v, nil
}

// tooDeep looks at brackets alone, before memory is taken for any of them.
func tooDeep(body []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}', c == ']':
			depth--
		}
	}
	return false
}
