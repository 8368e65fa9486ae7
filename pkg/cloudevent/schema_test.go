package cloudevent_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"rapport/pkg/cloudevent"
	"rapport/pkg/event"
)

// What is written holds against the JSON Schema of the specification.
func TestSchema(t *testing.T) {
	t.Parallel()
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(published(t, "cloudevents.json")))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiler.AssertContent()
	if err := compiler.AddResource("cloudevents.json", text); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("cloudevents.json")
	if err != nil {
		t.Fatal(err)
	}
	if schema.Validate(map[string]any{"id": "", "source": "shop", "specversion": "1.0", "type": "a.b"}) == nil {
		t.Fatal("the schema takes an event without an id")
	}
	rapid.Check(t, func(t *rapid.T) {
		e := sendable(t)
		if rapid.Bool().Draw(t, "untimed") {
			e.Time = time.Time{}
		}
		batch, err := cloudevent.EncodeBatch([]event.Event{e})
		if err != nil {
			t.Fatal(err)
		}
		var all []any
		if err := json.Unmarshal(batch, &all); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(all[0]); err != nil {
			t.Fatalf("%s: %v", batch, err)
		}
	})
}
