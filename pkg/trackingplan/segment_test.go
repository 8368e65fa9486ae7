package trackingplan

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/pkg/event"
)

// segmentSpec reads a file of Segment's specification into a value.
func segmentSpec(t *testing.T, name string, into any) {
	t.Helper()
	dir := cmp.Or(os.Getenv("RAPPORT_TESTDATA"), filepath.Join("..", "..", "..", "shared", "testdata"))
	text, err := os.ReadFile(filepath.Join(dir, "segment-spec", name))
	if err != nil {
		t.Skipf("the specification is not here, set RAPPORT_TESTDATA to where it is: %v", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// Every property of every event of the specification is known, as what the specification
// says it is.
func TestKnownTypesAreThoseOfSegment(t *testing.T) {
	t.Parallel()
	var rows []struct{ Event, Property, Type string }
	segmentSpec(t, "ecommerce_v2_properties.json", &rows)
	differences := map[string]string{
		"product.reviewed rating": "a string there, of digits; asked for as a number, and taken as both",
	}
	for _, row := range rows {
		typ := event.TypeFromName(row.Event)
		known, ok := KnownType(typ)
		if !ok {
			t.Errorf("%s is not known", row.Event)
			continue
		}
		if known.Title != row.Event || Known().TypeOf(row.Event) != typ {
			t.Errorf("%s is called %q", row.Event, known.Title)
		}
		name, inner, nested := strings.Cut(row.Property, ".$.")
		props := known.Properties
		i := find(props, name)
		if i >= 0 && nested {
			props = props[i].Of.Properties
			i = find(props, inner)
		}
		if i < 0 {
			t.Errorf("%s has no %s", row.Event, row.Property)
			continue
		}
		want, _, _ := strings.Cut(strings.TrimRight(row.Type, ` \`), `\`)
		is := map[Kind]string{Text: "String", Number: "Number", Money: "Number", Integer: "Number", Array: "Array"}[props[i].Kind]
		why := differences[typ+" "+row.Property]
		if delete(differences, typ+" "+row.Property); is != want && why == "" {
			t.Errorf("%s: %s is a %s, and by the specification %s", row.Event, row.Property, props[i].Kind, row.Type)
		}
	}
	for what := range differences {
		t.Errorf("there is no such difference any more: %s", what)
	}
}

// What the specification shows as examples passes, but for the differences that are named.
func TestExamplesOfSegmentPass(t *testing.T) {
	t.Parallel()
	var samples []struct {
		Page, Heading string
		Payload       struct {
			Event      any // in one of them it is an object: a function of a destination gets it
			Properties json.RawMessage
		}
	}
	segmentSpec(t, "spec_sample_payloads.json", &samples)
	// By page and heading: what is wrong.
	differences := map[string]string{
		// The names of the first version of the specification: orderId is no order_id, and an order
		// without one cannot be told from its repetition.
		"spec/ecommerce/index.md Completing an order": "data.order_id",
	}
	p, tracks := Known(), 0
	for _, s := range samples {
		name, ok := s.Payload.Event.(string)
		if !ok {
			continue
		}
		tracks++
		key := s.Page + " " + s.Heading
		field := ""
		if wrong := p.Check(&event.Event{Type: p.TypeOf(name), Data: s.Payload.Properties}); wrong != nil {
			field = wrong.Field
			if differences[key] == "" {
				t.Errorf("%s, %s: %v", key, name, wrong)
			}
		}
		if field != differences[key] && field == "" {
			t.Errorf("%s passes, and is listed as a difference", key)
		}
	}
	if tracks < 100 {
		t.Errorf("%d calls of track among %d examples: too few to be all", tracks, len(samples))
	}
}
