package schema

import "slices"

// Schema is a JSON Schema, as much of it as the forms of files need.
type Schema struct {
	Title string
	Doc   string
	// Types are JSON's: "string", "number", "integer", "boolean", "null", "array", "object".
	// None: any, or as Ref or AnyOf say.
	Types []string

	// Of mappings: their keys, in the order in which people write them; what others there may
	// be (Names and Others); and the ways of which a mapping is exactly one.
	Keys   []Key
	Names  string  // a pattern of the names of other keys; empty: there are none
	Others *Schema // their values; nil: there are no others
	Ways   []Way
	// Least and Most bound the number of keys, or of items; zero: no bound.
	Least, Most int

	// Of lists.
	Items  *Schema
	Unique bool

	// Of texts and numbers.
	Enum     []any
	Pattern  string
	NotEmpty bool
	Low      *float64
	High     *float64
	Above    *float64 // more than this

	AnyOf []*Schema
	Ref   string // the name of one of Defs

	// Of a file's root.
	ID   string
	Defs []Def

	Examples []any

	// word is what Table calls a value of the form; empty: what follows from the rest.
	word string
}

// called gives a form a name for people.
func (s *Schema) called(word string) *Schema { s.word = word; return s }

// Key is one key of a mapping.
type Key struct {
	Name     string
	Doc      string
	Form     *Schema
	Required bool
	Default  any
	Examples []any
	// With are keys of which one has to be there for this one to make sense.
	With []string
}

// Way is one of several ways to write a mapping: the keys that make it, and, of the keys that
// others of the ways have, those that go with it.
type Way struct {
	Key  string
	With []string
	// Forms narrow what keys are in this way.
	Forms []Key
	// Needs are keys that have to be there as well.
	Needs []string
}

// Def is a form that others refer to, for forms that contain themselves.
type Def struct {
	Name string
	Form *Schema
}

// KeyNames are the names of the keys of a mapping, in their order.
func (s *Schema) KeyNames() []string {
	names := make([]string, len(s.Keys))
	for i, k := range s.Keys {
		names[i] = k.Name
	}
	return names
}

// Def is the form that a reference names, within the root of its file.
func (s *Schema) Def(name string) *Schema {
	for _, d := range s.Defs {
		if d.Name == name {
			return d.Form
		}
	}
	return nil
}

// Excluded are the keys of other ways that do not go with this one.
func (s *Schema) Excluded(w Way) []string {
	var out []string
	for _, other := range s.Ways {
		for _, key := range append([]string{other.Key}, other.With...) {
			if key != w.Key && !slices.Contains(w.With, key) && !slices.Contains(out, key) {
				out = append(out, key)
			}
		}
	}
	return out
}

// The constructors, by which forms read like the files they describe.

func text() *Schema { return &Schema{Types: []string{"string"}, NotEmpty: true} }

func pattern(p string, examples ...any) *Schema {
	return &Schema{Types: []string{"string"}, Pattern: p, Examples: examples}
}

func choice(words ...string) *Schema {
	s := &Schema{}
	for _, w := range words {
		s.Enum = append(s.Enum, w)
	}
	return s
}

func truth() *Schema { return &Schema{Types: []string{"boolean"}} }

func whole(low, high float64) *Schema {
	return &Schema{Types: []string{"integer"}, Low: &low, High: &high}
}

func number() *Schema { return &Schema{Types: []string{"number"}} }

func numberAbove(low, high float64) *Schema {
	return &Schema{Types: []string{"number"}, Above: &low, High: &high}
}

func list(of *Schema) *Schema { return &Schema{Types: []string{"array"}, Items: of} }

func (s *Schema) atLeast(n int) *Schema { s.Least = n; return s }

func (s *Schema) atMost(n int) *Schema { s.Most = n; return s }

func (s *Schema) unique() *Schema { s.Unique = true; return s }

func mapping(keys ...Key) *Schema { return &Schema{Types: []string{"object"}, Keys: keys} }

// open is a mapping from names that nobody knows beforehand.
func open(names string, of *Schema) *Schema {
	return &Schema{Types: []string{"object"}, Names: names, Others: of}
}

func ways(s *Schema, all ...Way) *Schema { s.Ways = all; return s }

// each is a way for each of several keys that exclude one another.
func each(names ...string) []Way {
	out := make([]Way, len(names))
	for i, n := range names {
		out[i] = Way{Key: n}
	}
	return out
}

func anyOf(forms ...*Schema) *Schema { return &Schema{AnyOf: forms} }

func ref(name string) *Schema {
	word := map[string]string{"event": "type of event", "when": "questions", "person": "person", "given": "event of a test"}[name]
	return &Schema{Ref: name, word: word}
}

func key(name string, form *Schema, doc string) Key { return Key{Name: name, Form: form, Doc: doc} }

func (k Key) must() Key { k.Required = true; return k }

func (k Key) byDefault(v any) Key { k.Default = v; return k }

func (k Key) such(examples ...any) Key { k.Examples = examples; return k }

func (k Key) with(keys ...string) Key { k.With = keys; return k }
