package generate

import (
	"encoding/json"
	"fmt"

	"rapport/pkg/trackingplan"
)

// dialect is the draft of JSON Schema that is written.
const dialect = "https://json-schema.org/draft/2020-12/schema"

// JSONSchema writes types of a plan as one document of JSON Schema, in which each type has its
// own among $defs, of the data of its events. They are lenient where Rapport's doors are: what
// they refuse, those refuse.
func JSONSchema(types []trackingplan.Type) ([]byte, error) {
	defs := map[string]any{}
	for i := range types {
		t := &types[i]
		s := object(t.Properties)
		put(s, "title", t.Title)
		put(s, "description", t.Description)
		if t.Deprecated != "" {
			s["deprecated"] = true
		}
		defs[t.Name] = s
	}
	out, err := json.MarshalIndent(map[string]any{"$schema": dialect, "title": "Events", "$defs": defs}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode JSON Schema: %w", err)
	}
	return append(out, '\n'), nil
}

func put(s map[string]any, key, text string) {
	if text != "" {
		s[key] = text
	}
}

func object(all []trackingplan.Property) map[string]any {
	properties, required := map[string]any{}, []string{}
	for i := range all {
		p := &all[i]
		properties[p.Name] = property(p)
		if p.Required {
			required = append(required, p.Name)
		}
	}
	s := map[string]any{"type": []string{"object"}, "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

// decimalPattern is what a text has to be that stands for a number.
const decimalPattern = `^$|^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?$`

// property is the schema of one. Null is as good as nothing, and so is an empty text.
func property(p *trackingplan.Property) map[string]any {
	s := map[string]any{}
	switch p.Kind {
	case trackingplan.Text:
		s["type"] = []string{"string", "number", "null"}
	case trackingplan.Number, trackingplan.Money:
		s["type"], s["pattern"] = []string{"number", "string", "null"}, decimalPattern
	case trackingplan.Integer:
		s["type"], s["pattern"] = []string{"integer", "string", "null"}, `^$|^[-+]?[0-9]+(\.0*)?$`
	case trackingplan.Boolean:
		s["enum"] = []any{true, false, nil, ""}
	case trackingplan.Date, trackingplan.Time:
		s["type"], s["pattern"] = []string{"string", "null"}, `^$|^[0-9]{4}-[0-9]{2}-[0-9]{2}`
	case trackingplan.Object:
		if p.Properties != nil {
			s = object(p.Properties)
		}
		s["type"] = []string{"object", "null"}
	case trackingplan.Array:
		s["type"] = []string{"array", "null"}
		if p.Of != nil {
			s["items"] = property(p.Of)
		}
	}
	if p.Enum != nil {
		words := []any{nil, ""}
		for _, e := range p.Enum {
			words = append(words, e)
			if json.Valid([]byte(e)) {
				words = append(words, json.RawMessage(e)) // an id that is a number
			}
		}
		delete(s, "type")
		s["enum"] = words
	}
	put(s, "description", p.Description)
	if p.Example != "" {
		s["examples"] = []any{json.RawMessage(p.Example)}
	}
	if p.Deprecated != "" {
		s["deprecated"] = true
	}
	return s
}
