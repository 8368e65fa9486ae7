package schematest

import (
	"bytes"
	"strconv"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"rapport/pkg/workspace/schema"
	"rapport/pkg/workspace/source"
)

// Compile makes a validator of a schema as it is written to its file. A schema that is none
// by its draft fails the test.
func Compile(tb testing.TB, s *schema.Schema) *jsonschema.Schema {
	tb.Helper()
	text, err := s.Encode()
	if err != nil {
		tb.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		tb.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(s.ID+".json", doc); err != nil {
		tb.Fatal(err)
	}
	out, err := c.Compile(s.ID + ".json")
	if err != nil {
		tb.Fatalf("schema %s: %v", s.ID, err)
	}
	return out
}

// Value is a YAML node as the JSON value that an editor checks.
func Value(n *source.Node) any {
	switch n.Kind {
	case source.Text:
		return n.Value
	case source.Number:
		if v, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
			return v
		}
		v, err := strconv.ParseFloat(n.Value, 64)
		if err != nil {
			return n.Value
		}
		return v
	case source.Bool:
		return n.Value == "true" || n.Value == "True" || n.Value == "TRUE"
	case source.List:
		out := make([]any, len(n.Items))
		for i, item := range n.Items {
			out[i] = Value(item)
		}
		return out
	case source.Map:
		out := map[string]any{}
		for _, p := range n.Pairs {
			out[p.Key] = Value(p.Value)
		}
		return out
	}
	return nil
}
