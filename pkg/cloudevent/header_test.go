package cloudevent_test

import (
	"net/http"
	"strings"
	"testing"

	"rapport/pkg/cloudevent"
	"rapport/pkg/event"
)

func attributes(more ...string) http.Header {
	h := http.Header{}
	for name, value := range map[string]string{"specversion": "1.0", "id": "A-1", "source": "shop", "type": "cart.viewed", "subject": "ada"} {
		h.Set("ce-"+name, value)
	}
	h.Set("Content-Type", "application/json")
	for i := 0; i < len(more); i += 2 {
		h.Set(more[i], more[i+1])
	}
	return h
}

// The encoding of header values: HTTP binding, 3.1.3.2, with its own example.
func TestHeaderValues(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"plain":                           "plain",
		"Euro%20%E2%82%AC%20%F0%9F%98%80": "Euro € 😀",
		`"Euro € \"😀\""`:                  `Euro € "😀"`,
		`"quoted%20too"`:                  "quoted too",
		"%61%62":                          "ab", // needless, and allowed
		"%2525":                           "%25",
		"50% off":                         "50% off",
		"%zz%4":                           "%zz%4",
		"Zürich":                          "Zürich",
		`"`:                               `"`,
	} {
		e, err := one(t, attributes("ce-subject", given), `{}`)
		if err != nil || e.Subject != want {
			t.Errorf("%q is %q, want %q (%v)", given, e.Subject, want, err)
		}
	}
	for _, given := range []string{"%C0%A0", "%FF", "\xff", "a%0Ab", "%00"} {
		if _, err := one(t, attributes("ce-subject", given), `{}`); err == nil || field(t, err) != "subject" {
			t.Errorf("%q: %v", given, err)
		}
	}
}

func TestBinaryMode(t *testing.T) {
	t.Parallel()
	e, err := one(t, attributes("ce-time", "2026-03-01T09:00:00Z", "ce-zone", "eu%20west", "ce-rapportpast", "true"), ` {"total":1.10} `)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"$extensions":{"zone":"eu west"},"total":1.10}`; string(e.Data) != want || !e.Past || e.Time.Day() != 1 {
		t.Errorf("%+v with %s, want %s", e, e.Data, want)
	}
	twice := attributes()
	twice["Ce-Id"] = []string{"1", "2"}
	for named, h := range map[string]http.Header{
		"datacontenttype": attributes("Content-Type", "text/plain"),
		"id":              twice,
		"rapportof":       attributes("ce-rapportof", "eve"),
		"data":            attributes("ce-data", "{}"),
		"a_b":             attributes("ce-a_b", "x"),
		"specversion":     attributes("ce-specversion", "0.3"),
	} {
		if _, err := one(t, h, `{}`); err == nil || field(t, err) != named {
			t.Errorf("%s: %v", named, err)
		}
	}
	if _, err := one(t, attributes(), `{"a":`); err == nil || field(t, err) != "data" {
		t.Errorf("data that is cut off: %v", err)
	}
	if e, err := one(t, attributes(), ``); err != nil || string(e.Data) != `{}` {
		t.Errorf("no data: %s, %v", e.Data, err)
	}
}

func TestNATS(t *testing.T) {
	t.Parallel()
	binary := map[string][]string{
		"ce-specversion": {"1.0"}, "ce-id": {"A-1"}, "CE-Source": {"shop"}, "ce-type": {"cart.viewed"}, "ce-subject": {"ada%20l"},
		"ce-datacontenttype": {"application/json"}, "Nats-Msg-Id": {"x"}, "traceparent": {"00-1"},
	}
	with := func(name, value string) map[string][]string {
		h := map[string][]string{name: {value}}
		for k, v := range binary {
			if _, there := h[k]; !there {
				h[k] = v
			}
		}
		return h
	}
	for name, c := range map[string]struct {
		header map[string][]string
		body   string
		field  string // of the error
	}{
		"structured without headers": {nil, minimal(`"subject":"ada l"`), ""},
		"structured with others":     {map[string][]string{"Nats-Msg-Id": {"x"}, "Content-Type": {"application/json"}}, minimal(`"subject":"ada l"`), ""},
		"structured":                 {map[string][]string{"content-type": {cloudevent.Structured}}, minimal(`"subject":"ada l"`), ""},
		"structured, as in drafts":   {with("content-type", "application/cloudevents"), minimal(`"subject":"ada l"`), ""},
		"structured before binary":   {with("content-type", cloudevent.Structured), minimal(`"subject":"ada l"`), ""},
		"binary":                     {binary, `{}`, ""},
		"binary, content-type":       {with("content-type", "text/plain"), `{}`, ""},
		"batch":                      {map[string][]string{"Content-Type": {cloudevent.Batched}}, `[]`, cloudevent.ContentType},
		"avro":                       {map[string][]string{"Content-Type": {"application/cloudevents+avro"}}, ``, cloudevent.ContentType},
		"text":                       {with("ce-datacontenttype", "text/plain"), `hello`, "datacontenttype"},
		"two cases of a name":        {with("CE-ID", "A-2"), `{}`, "id"},
		"nothing":                    {nil, ``, "body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := cloudevent.FromNATS(c.header, []byte(c.body), arrival)
			if c.field != "" {
				if err == nil || field(t, err) != c.field {
					t.Errorf("error %v, want one about %s", err, c.field)
				}
				return
			}
			if err != nil || e.ID != "A-1" || e.Subject != "ada l" || !e.Time.Equal(arrival) {
				t.Errorf("%+v, %v", e, err)
			}
		})
	}
}

// What no door would take is not written.
func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	good := event.Event{ID: "1", Source: "shop", Type: "cart.viewed", Subject: "ada"}
	for name, change := range map[string]func(*event.Event){
		"id":        func(e *event.Event) { e.ID = "" },
		"source":    func(e *event.Event) { e.Source = "rapport/mailer" },
		"type":      func(e *event.Event) { e.Type = "message.sent" },
		"subject":   func(e *event.Event) { e.Subject = "a\nb" },
		"rapportof": func(e *event.Event) { e.Of = "eve" },
		"data":      func(e *event.Event) { e.Data = []byte(`[]`) },
	} {
		e := good
		change(&e)
		if _, err := cloudevent.Encode(&e); err == nil || field(t, err) != name {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, err := cloudevent.EncodeNATS(&e); err == nil || field(t, err) != name {
			t.Errorf("%s over NATS: %v", name, err)
		}
		if _, err := cloudevent.EncodeBatch([]event.Event{good, e}); err == nil || field(t, err) != name {
			t.Errorf("%s in a batch: %v", name, err)
		}
	}
	if b, err := cloudevent.Encode(&good); err != nil || strings.Contains(string(b), `"time"`) {
		t.Errorf("without a time: %s, %v", b, err)
	}
}
