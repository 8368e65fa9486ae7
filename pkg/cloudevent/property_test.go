package cloudevent_test

import (
	"bytes"
	"net/http"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/cloudevent"
	"rapport/pkg/event"
)

// sendable draws an event that a door takes.
func sendable(t *rapid.T) event.Event {
	text := rapid.StringMatching(`[\pL\d "%:/€😀\\._-]{1,40}`)
	return event.Event{
		ID: text.Draw(t, "id"), Source: rapid.StringMatching(`[a-z][a-z0-9/._-]{0,20}`).Filter(func(s string) bool { return len(s) < 8 || s[:8] != "rapport/" }).Draw(t, "source"),
		Type: rapid.StringMatching(`shop_[a-z]{1,8}\.[a-z]{1,8}`).Draw(t, "type"), Subject: text.Draw(t, "subject"),
		Time: time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "time"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).UTC(),
		Past: rapid.Bool().Draw(t, "past"),
		Data: []byte(rapid.SampledFrom([]string{`{}`, `{"a":1.10}`, `{"$profile":{"traits":{"email":"a@example.com"}}}`, `{"text":"ü \u20ac"}`}).Draw(t, "data")),
	}
}

// visible is what of an event travels.
func visible(e event.Event) event.Event {
	return event.Event{ID: e.ID, Source: e.Source, Type: e.Type, Subject: e.Subject, Time: e.Time, Past: e.Past, Data: e.Data}
}

// Whichever way an event is sent, the same one arrives.
func TestAllModesSayTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := sendable(t)
		one, err := cloudevent.Encode(&want)
		if err != nil {
			t.Fatal(err)
		}
		header, data, err := cloudevent.EncodeNATS(&want)
		if err != nil {
			t.Fatal(err)
		}
		batch, err := cloudevent.EncodeBatch([]event.Event{want, want})
		if err != nil {
			t.Fatal(err)
		}
		overHTTP := http.Header{"Content-Type": {"application/json"}}
		for name, values := range header {
			if name != "ce-datacontenttype" {
				overHTTP.Set(name, values[0])
			}
		}
		check := func(mode string, e event.Event, err error) {
			if err != nil || !reflect.DeepEqual(visible(e), visible(want)) {
				t.Fatalf("%s: %+v with %s (%v), want %+v with %s", mode, e, e.Data, err, want, want.Data)
			}
		}
		e, err := cloudevent.FromNATS(nil, one, arrival)
		check("NATS structured", e, err)
		e, err = cloudevent.FromNATS(header, data, arrival)
		check("NATS binary", e, err)
		for mode, r := range map[string]struct {
			h    http.Header
			body []byte
			n    int
		}{
			"HTTP structured": {http.Header{"Content-Type": {cloudevent.Structured}}, one, 1},
			"HTTP batched":    {http.Header{"Content-Type": {cloudevent.Batched}}, batch, 2},
			"HTTP binary":     {overHTTP, data, 1},
		} {
			items, _, err := cloudevent.FromHTTP(r.h, r.body, arrival)
			if err != nil || len(items) != r.n {
				t.Fatalf("%s: %d items, %v", mode, len(items), err)
			}
			for _, item := range items {
				check(mode, item.Event, item.Err)
			}
		}
	})
}

// Of any bytes: no panic, an event that holds and can be written again, or an error that names a field.
func judge(t *testing.T, e event.Event, err error) {
	t.Helper()
	if err != nil {
		if field(t, err) == "" {
			t.Fatalf("error %v names no field", err)
		}
		return
	}
	if e.Of != "" || cloudevent.Reserved(e.Type) {
		t.Fatalf("%+v is let in", e)
	}
	again, err := cloudevent.Encode(&e)
	if err != nil {
		t.Fatalf("%+v was read and cannot be written: %v", e, err)
	}
	back, err := cloudevent.FromNATS(nil, again, time.Time{})
	if err != nil {
		t.Fatalf("%s was written and cannot be read: %v", again, err)
	}
	if !reflect.DeepEqual(visible(back), visible(e)) || !bytes.Equal(back.Data, e.Data) {
		t.Fatalf("%+v became %+v", e, back)
	}
}

func FuzzStructured(f *testing.F) {
	for _, members := range []string{``, `"data_base64":"e30="`, `"zone":"eu","data":{"a":1}`, `"rapportpast":true`, `"type":"order.completed","data":{"order_id":"1","total":5}`, `"id":"1","id":"2"`} {
		f.Add([]byte(minimal(members)))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		sameOne(t, body)
		items, _, err := cloudevent.FromHTTP(structured(), body, arrival)
		if err != nil {
			judge(t, event.Event{}, err)
			return
		}
		judge(t, items[0].Event, items[0].Err)
	})
}

func FuzzBatched(f *testing.F) {
	f.Add([]byte(`[]`))
	f.Add([]byte(`[` + minimal("") + `,7,` + minimal(`"zone":"eu"`) + `]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		sameBatch(t, body)
		items, batched, err := cloudevent.FromHTTP(http.Header{"Content-Type": {cloudevent.Batched}}, body, arrival)
		if err != nil {
			judge(t, event.Event{}, err)
		}
		if !batched {
			t.Fatal("a batch is none")
		}
		for _, item := range items {
			judge(t, item.Event, item.Err)
		}
	})
}

func FuzzBinary(f *testing.F) {
	f.Add("A-1", "shop", "cart.viewed", "ada", "2026-03-02T09:00:00Z", "zone", "eu", "application/json", []byte(`{}`))
	f.Add("%41", `"a\"b"`, "a.b", "%C0%A0", "", "rapportpast", "true", "text/plain", []byte(`hello`))
	f.Fuzz(func(t *testing.T, id, source, typ, subject, at, extension, value, contentType string, body []byte) {
		h := http.Header{"Content-Type": {contentType}, "Ce-Specversion": {"1.0"}, "Ce-Id": {id}, "Ce-Source": {source}, "Ce-Type": {typ}, "Ce-Subject": {subject}, "Ce-Time": {at}}
		h["Ce-"+extension] = append(h["Ce-"+extension], value)
		items, _, err := cloudevent.FromHTTP(h, body, arrival)
		if err != nil {
			judge(t, event.Event{}, err)
			return
		}
		for _, item := range items {
			judge(t, item.Event, item.Err)
		}
	})
}

func FuzzNATS(f *testing.F) {
	f.Add("ce-id", "A-1", "ce-source", "shop", "content-type", "application/json", []byte(minimal("")))
	f.Add("CE-ID", "A-1", "ce-id", "A-2", "Content-Type", cloudevent.Structured, []byte(minimal("")))
	f.Fuzz(func(t *testing.T, n1, v1, n2, v2, n3, v3 string, body []byte) {
		e, err := cloudevent.FromNATS(map[string][]string{n1: {v1}, n2: {v2}, n3: {v3}, "ce-specversion": {"1.0"}, "ce-type": {"a.b"}, "ce-subject": {"x"}}, body, arrival)
		judge(t, e, err)
		e, err = cloudevent.FromNATS(map[string][]string{n1: {v1}, n2: {v2}, n3: {v3}}, body, arrival)
		judge(t, e, err)
	})
}
