package liquid

import "encoding/json"

// jsonState follows the JSON that is being written: whether what comes next stands inside
// a string.
type jsonState struct {
	upTo   int // how much of the output has been looked at
	quoted bool
	escape bool // behind a backslash
}

// quoted reports whether the end of the output stands inside a JSON string.
func (r *renderer) quoted() bool {
	s := &r.jsonAt
	for _, c := range r.out[min(s.upTo, len(r.out)):] {
		switch {
		case s.escape:
			s.escape = false
		case s.quoted && c == '\\':
			s.escape = true
		case c == '"':
			s.quoted = !s.quoted
		}
	}
	s.upTo = len(r.out)
	return s.quoted
}

// printJSON appends a value to JSON. Between quotes it is text that cannot end the string;
// elsewhere it is a whole JSON value, quotes included. What | json made is JSON already.
func (r *renderer) printJSON(v any) error {
	if s, ok := v.(Safe); ok {
		return r.write(string(s))
	}
	n, err := r.weigh(v, 0)
	if err != nil {
		return err
	}
	if err := r.room(n); err != nil {
		return err
	}
	if !r.quoted() {
		r.out, err = appendJSON(r.out, v, 0)
		if err != nil {
			return err
		}
		return r.room(0)
	}
	switch v.(type) {
	case map[string]any, Drop:
		return &hinted{"an object cannot be printed between quotes", "print one of its properties, or leave the quotes out"}
	}
	b, err := json.Marshal(text(v))
	if err != nil {
		return err
	}
	return r.write(string(b[1 : len(b)-1]))
}
