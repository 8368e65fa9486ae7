package ingest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	"rapport/pkg/corpustest"
	"rapport/services/ingest"
)

// sample is a payload of Segment's documentation.
type sample struct {
	Page    string
	Heading string
	JSCall  bool `json:"js_call"`
	Payload map[string]json.RawMessage
}

// verb is where the payload would be posted to.
func (s sample) verb(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"type", "action"} {
		var typ string
		if json.Unmarshal(s.Payload[name], &typ) == nil && typ != "" {
			return typ
		}
	}
	if _, ok := s.Payload["batch"]; ok {
		return "batch"
	}
	if _, ok := s.Payload["event"]; ok {
		return "track"
	}
	switch s.Heading {
	case "Page", "Screen", "Group", "Alias":
		return string(bytes.ToLower([]byte(s.Heading)))
	}
	return "identify"
}

// completed is the payload as a library would send it: what the page shows are the
// arguments of a call, to which analytics.js adds the visitor it knows.
func (s sample) completed(t *testing.T) []byte {
	t.Helper()
	_, user := s.Payload["userId"]
	_, snake := s.Payload["user_id"]
	_, batch := s.Payload["batch"]
	if !user && !snake && !batch {
		s.Payload["anonymousId"] = json.RawMessage(`"507f191e810c19729de860ea"`)
	}
	var nested map[string]json.RawMessage
	if json.Unmarshal(s.Payload["event"], &nested) == nil {
		maps.Copy(s.Payload, nested) // a call with one object in place of its arguments
	}
	body, err := json.Marshal(s.Payload)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestSegmentsSamples(t *testing.T) {
	t.Parallel()
	var samples []sample
	if err := json.Unmarshal(corpustest.Read(t, "segment-spec/spec_sample_payloads.json"), &samples); err != nil {
		t.Fatal(err)
	}
	sent := 0
	for i, s := range samples {
		if _, no := s.Payload["All"]; no {
			continue // a value of `integrations`, not a call
		}
		sent++
		t.Run(fmt.Sprintf("%d %s %s", i, s.Page, s.Heading), func(t *testing.T) {
			t.Parallel()
			verb := s.verb(t)
			r := &recording{}
			a := post(t, newService(t, r, nil).Handler(), "/v1/"+verb, string(s.completed(t)))
			if a.status != http.StatusOK {
				t.Fatalf("%s answered %d %s", verb, a.status, a.body)
			}
			for _, e := range r.Events(t) {
				_, old := s.Payload["action"] // version 1, whose orders get today's names
				if verb == "track" && !old && !sameJSON(t, e.Data, s.Payload["properties"]) {
					t.Errorf("the data is %s, want the properties %s", e.Data, s.Payload["properties"])
				}
			}
		})
	}
	if sent < 130 {
		t.Errorf("only %d samples were sent", sent)
	}
}

// sameJSON compares the members of want with those of got, numbers by their digits.
func sameJSON(t *testing.T, got, want json.RawMessage) bool {
	t.Helper()
	var g, w map[string]json.RawMessage
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatal(err)
	}
	if len(want) > 0 {
		if err := json.Unmarshal(want, &w); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range w {
		var a, b bytes.Buffer
		if json.Compact(&a, g[name]) != nil || json.Compact(&b, value) != nil {
			return false
		}
		var escaped bytes.Buffer
		json.HTMLEscape(&escaped, b.Bytes())
		if a.String() != escaped.String() {
			return false
		}
	}
	return true
}

// capture is a request that one of Segment's own libraries made.
type capture struct {
	SDK     string
	Method  string
	Path    string
	Headers map[string]string
	Body    json.RawMessage
}

func TestSegmentsLibraries(t *testing.T) {
	t.Parallel()
	var captures []capture
	if err := json.Unmarshal(corpustest.Read(t, "segment-spec/sdk_wire_captures.json"), &captures); err != nil {
		t.Fatal(err)
	}
	keys, err := ingest.ParseKeys("shop:test-write-key")
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range captures {
		t.Run(c.SDK, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			now := time.Date(2026, 11, 21, 19, 31, 30, 0, time.UTC)
			h := newService(t, r, func(o *ingest.Options) { o.Keys = keys; o.Now = func() time.Time { return now } }).Handler()
			a := send(t, h, c.Method, c.Path, c.Body, c.Headers)
			var got struct {
				Accepted int
				Rejected []rejected
			}
			a.into(t, &got)
			var body struct{ Batch []json.RawMessage }
			if err := json.Unmarshal(c.Body, &body); err != nil {
				t.Fatal(err)
			}
			if a.status != http.StatusOK || got.Accepted != len(body.Batch) || len(got.Rejected) != 0 {
				t.Fatalf("capture %d: answered %d %s", i, a.status, a.body)
			}
			for _, e := range r.Events(t) {
				if skew := now.Sub(e.Time); e.Type != "order.refunded" && (skew < 0 || skew > time.Second) {
					t.Errorf("%s is at %s, want about %s: sentAt is not taken into account", e.Type, e.Time, now)
				}
			}
		})
	}
}
