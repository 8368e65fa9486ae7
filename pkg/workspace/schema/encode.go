package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// dialect is the draft of JSON Schema that the files are written in.
const dialect = "https://json-schema.org/draft/2020-12/schema"

// object is a JSON object that keeps its order: editors offer keys in that of the schema.
type object []member

type member struct {
	name  string
	value any
}

func (o *object) add(name string, value any) { *o = append(*o, member{name, value}) }

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(m.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Encode writes the schema of a file as JSON that people can read. Equal schemas give equal
// bytes.
func (s *Schema) Encode() ([]byte, error) {
	var b, out bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s.json(Key{})); err != nil {
		return nil, fmt.Errorf("encode schema %s: %w", s.ID, err)
	}
	if err := json.Indent(&out, b.Bytes(), "", "  "); err != nil {
		return nil, fmt.Errorf("encode schema %s: %w", s.ID, err)
	}
	return out.Bytes(), nil
}

// json is the schema as the value of a key, whose words come before its own.
func (s *Schema) json(k Key) object {
	var o object
	if s.ID != "" {
		o.add("$schema", dialect)
	}
	if s.Title != "" {
		o.add("title", s.Title)
	}
	if doc := k.Doc; doc != "" {
		o.add("description", doc)
	} else if s.Doc != "" {
		o.add("description", s.Doc)
	}
	switch {
	case s.Ref != "":
		o.add("$ref", "#/$defs/"+s.Ref)
	case len(s.Types) == 1:
		o.add("type", s.Types[0])
	case len(s.Types) > 1:
		o.add("type", s.Types)
	}
	s.scalar(&o)
	s.list(&o)
	s.mapping(&o)
	if len(s.AnyOf) > 0 {
		o.add("anyOf", all(s.AnyOf))
	}
	if k.Default != nil {
		o.add("default", k.Default)
	}
	if len(k.Examples) > 0 {
		o.add("examples", k.Examples)
	} else if len(s.Examples) > 0 {
		o.add("examples", s.Examples)
	}
	if len(s.Defs) > 0 {
		var defs object
		for _, d := range s.Defs {
			defs.add(d.Name, d.Form.json(Key{}))
		}
		o.add("$defs", defs)
	}
	return o
}

func all(forms []*Schema) []object {
	out := make([]object, len(forms))
	for i, f := range forms {
		out[i] = f.json(Key{})
	}
	return out
}

func (s *Schema) scalar(o *object) {
	if s.Enum != nil {
		o.add("enum", s.Enum)
	}
	if s.Pattern != "" {
		o.add("pattern", s.Pattern)
	}
	if s.NotEmpty {
		o.add("minLength", 1)
	}
	if s.Low != nil {
		o.add("minimum", *s.Low)
	}
	if s.Above != nil {
		o.add("exclusiveMinimum", *s.Above)
	}
	if s.High != nil {
		o.add("maximum", *s.High)
	}
}

func (s *Schema) list(o *object) {
	if s.Items == nil {
		return
	}
	o.add("items", s.Items.json(Key{}))
	if s.Least > 0 {
		o.add("minItems", s.Least)
	}
	if s.Most > 0 {
		o.add("maxItems", s.Most)
	}
	if s.Unique {
		o.add("uniqueItems", true)
	}
}

func (s *Schema) mapping(o *object) {
	if len(s.Types) != 1 || s.Types[0] != "object" {
		return
	}
	var required []string
	var properties, dependent object
	for _, k := range s.Keys {
		properties.add(k.Name, k.Form.json(k))
		if k.Required {
			required = append(required, k.Name)
		}
		if len(k.With) > 0 {
			dependent.add(k.Name, object{{"anyOf", requiring(k.With)}})
		}
	}
	if len(s.Keys) > 0 {
		o.add("properties", properties)
	}
	switch {
	case s.Others == nil:
		o.add("additionalProperties", false)
	default:
		o.add("additionalProperties", s.Others.json(Key{}))
		if s.Names != "" {
			o.add("propertyNames", object{{"pattern", s.Names}})
		}
	}
	if len(required) > 0 {
		o.add("required", required)
	}
	if s.Least > 0 {
		o.add("minProperties", s.Least)
	}
	if s.Most > 0 {
		o.add("maxProperties", s.Most)
	}
	if len(dependent) > 0 {
		o.add("dependentSchemas", dependent)
	}
	if len(s.Ways) > 0 {
		o.add("oneOf", s.alternatives())
	}
}

// requiring is a schema for each key, which wants it there.
func requiring(keys []string) []object {
	out := make([]object, len(keys))
	for i, k := range keys {
		out[i] = object{{"required", []string{k}}}
	}
	return out
}

// alternatives are the ways of a mapping: each has its own key and none of the others.
func (s *Schema) alternatives() []object {
	out := make([]object, len(s.Ways))
	for i, w := range s.Ways {
		out[i] = object{{"required", append([]string{w.Key}, w.Needs...)}}
		var narrowed object
		for _, k := range w.Forms {
			narrowed.add(k.Name, k.Form.json(k))
		}
		for _, k := range s.Excluded(w) {
			narrowed.add(k, false)
		}
		if len(narrowed) > 0 {
			out[i].add("properties", narrowed)
		}
	}
	return out
}
