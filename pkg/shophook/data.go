package shophook

import (
	"encoding/json"
	"fmt"
	"slices"

	"rapport/pkg/event"
	"rapport/pkg/jsontext"
)

// data writes an event's data: its fields, and what it says about the person.
func (s *scope) data(d *Definition, m *Mapping, subject string) (json.RawMessage, error) {
	out, n, err := s.fields([]byte{'{'}, m.Data)
	if err != nil {
		return nil, err
	}
	person, err := s.person(d, &m.Person, subject)
	if err != nil {
		return nil, err
	}
	if len(person) > len(`{}`) {
		if n > 0 {
			out = append(out, ',')
		}
		out = append(jsontext.Name(out, event.ProfileProperty), person...)
	}
	return append(out, '}'), nil
}

// person is the reserved property: traits, consent, other ids.
func (s *scope) person(d *Definition, p *Person, subject string) ([]byte, error) {
	out := []byte{'{'}
	next := func(name string) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = jsontext.Name(out, name)
	}
	traits, n, err := s.fields([]byte{'{'}, p.Traits)
	if err != nil {
		return nil, err
	}
	if n > 0 {
		next("traits")
		out = append(append(out, traits...), '}')
	}
	consent, err := s.consent(d, p.Consent)
	if err != nil {
		return nil, err
	}
	also, err := s.also(p.Also, subject)
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		name  string
		n     int
		value any
	}{{"consent", len(consent), consent}, {"also", len(also), also}} {
		if part.n == 0 {
			continue
		}
		text, err := json.Marshal(part.value)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", part.name, err)
		}
		next(part.name)
		out = append(out, text...)
	}
	return append(out, '}'), nil
}

// also are the other ids that are there, each once.
func (s *scope) also(of []*Expr, subject string) ([]string, error) {
	var out []string
	for _, e := range of {
		id, err := s.id(e)
		if err != nil {
			return nil, err
		}
		if id != "" && id != subject && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, nil
}

// consent are the words about consent that the delivery holds.
func (s *scope) consent(d *Definition, of []Consent) ([]event.ConsentUpdate, error) {
	var out []event.ConsentUpdate
	for _, c := range of {
		if c.When != nil {
			if yes, err := s.truth(c.When); err != nil {
				return nil, err
			} else if !yes {
				continue
			}
		}
		word, err := s.word(d, &c)
		if err != nil {
			return nil, err
		}
		if word != nil {
			out = append(out, *word)
		}
	}
	return out, nil
}

// word is one word about consent; nil where it is not said.
func (s *scope) word(d *Definition, c *Consent) (*event.ConsentUpdate, error) {
	if v, err := s.run(c.Granted); v == nil || err != nil {
		return nil, err
	}
	w := &event.ConsentUpdate{Channel: c.Channel, Purpose: c.Purpose, Source: d.Name}
	var err error
	if w.Granted, err = s.truth(c.Granted); err != nil {
		return nil, err
	}
	if c.Confirmed != nil && w.Granted {
		if w.Confirmed, err = s.truth(c.Confirmed); err != nil {
			return nil, err
		}
	}
	if c.At != nil {
		if err := s.when([]*Expr{c.At}, &w.At); err != nil {
			return nil, err
		}
	}
	if c.Source != nil {
		if own, err := s.id(c.Source); err != nil {
			return nil, err
		} else if own != "" {
			w.Source = own
		}
	}
	if c.Proof != nil {
		proof, err := s.id(c.Proof)
		if err != nil {
			return nil, err
		}
		w.Proof = event.CutProof(proof)
	}
	return w, nil
}

// fields appends those of a mapping that are there, and counts them.
func (s *scope) fields(out []byte, of []Field) ([]byte, int, error) {
	n := 0
	for _, f := range of {
		before := len(out)
		if n > 0 {
			out = append(out, ',')
		}
		named := jsontext.Name(out, f.Name)
		full, err := s.value(named, f.Value)
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", f.Name, err)
		}
		if len(full) == len(named) {
			out = out[:before]
			continue
		}
		out, n = full, n+1
		if err := s.keep(len(out) - before); err != nil {
			return nil, 0, err
		}
	}
	return out, n, nil
}

// value appends a value; nothing where it is not there, or empty.
func (s *scope) value(out []byte, v *Value) ([]byte, error) {
	switch {
	case v.Each != nil:
		return s.list(out, v)
	case v.Expr != nil:
		found, err := s.run(v.Expr)
		if err != nil {
			return nil, err
		}
		return s.literal(out, found)
	case v.Literal != nil:
		return s.literal(out, v.Literal)
	case v.List != nil:
		return s.values(out, v.List)
	}
	full, n, err := s.fields(append(out, '{'), v.Fields)
	if err != nil || n == 0 {
		return out, err
	}
	return append(full, '}'), nil
}

func (s *scope) values(out []byte, of []*Value) ([]byte, error) {
	before := len(out)
	out = append(out, '[')
	for _, v := range of {
		full, err := s.element(out, before, func(out []byte) ([]byte, error) { return s.value(out, v) })
		if err != nil {
			return nil, err
		}
		out = full
	}
	return closed(out, before), nil
}

// list appends fields for each element of a list that the condition holds for.
func (s *scope) list(out []byte, v *Value) ([]byte, error) {
	found, err := s.run(v.Each)
	if err != nil {
		return nil, err
	}
	items, _ := found.([]any)
	around, shadows := s.names[v.As]
	before := len(out)
	out = append(out, '[')
	for i, item := range items {
		s.names[v.As] = item
		if v.When != nil {
			if yes, err := s.truth(v.When); err != nil {
				return nil, err
			} else if !yes {
				continue
			}
		}
		out, err = s.element(out, before, func(out []byte) ([]byte, error) {
			full, n, err := s.fields(append(out, '{'), v.Fields)
			if err != nil || n == 0 {
				return out, err
			}
			return append(full, '}'), nil
		})
		if err != nil {
			return nil, fmt.Errorf("%s %d: %w", v.As, i+1, err)
		}
	}
	if delete(s.names, v.As); shadows {
		s.names[v.As] = around
	}
	return closed(out, before), nil
}

// element appends one element of the list that begins at before, with its comma.
func (s *scope) element(out []byte, before int, write func([]byte) ([]byte, error)) ([]byte, error) {
	start := len(out)
	if start > before+1 {
		out = append(out, ',')
	}
	full, err := write(out)
	if err != nil {
		return nil, err
	}
	if len(full) == len(out) {
		return full[:start], nil
	}
	return full, s.keep(1)
}

// closed ends the list that begins at before; an empty one is nothing.
func closed(out []byte, before int) []byte {
	if len(out) == before+1 {
		return out[:before]
	}
	return append(out, ']')
}

// literal appends what an expression gave, as JSON.
func (s *scope) literal(out []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return out, nil
	case string:
		if v == "" {
			return out, nil
		}
		return jsontext.String(out, v), s.keep(len(v))
	case json.Number:
		if _, err := decimalOf(string(v)); err != nil {
			return nil, errNumber // Who reads events computes with their numbers.
		}
		return append(out, v...), s.keep(len(v))
	case []any, map[string]any:
		text, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("write a value: %w", err)
		}
		if len(text) <= 2 {
			return out, nil
		}
		return append(out, text...), s.keep(len(text))
	}
	return jsontext.Value(out, v)
}
