package cloudevent_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rapport/pkg/cloudevent"
	"rapport/pkg/event"
)

var arrival = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// minimal is an event in structured mode with what is required; the members given come instead or after.
func minimal(members string) string {
	out := ""
	for _, m := range []string{`"specversion":"1.0"`, `"id":"A-1"`, `"source":"shop"`, `"type":"cart.viewed"`, `"subject":"ada"`} {
		if name, _, _ := strings.Cut(m, ":"); !strings.Contains(members, name+":") {
			out += m + ","
		}
	}
	return "{" + strings.TrimSuffix(out+members, ",") + "}"
}

func one(t *testing.T, h http.Header, body string) (event.Event, error) {
	t.Helper()
	items, batched, err := cloudevent.FromHTTP(h, []byte(body), arrival)
	if err != nil {
		return event.Event{}, err
	}
	if batched || len(items) != 1 {
		t.Fatalf("%d items, batched %v, want one event", len(items), batched)
	}
	return items[0].Event, items[0].Err
}

func structured() http.Header {
	return http.Header{"Content-Type": {"application/cloudevents+json; charset=UTF-8"}}
}

func field(t *testing.T, err error) string {
	t.Helper()
	var f *event.FieldError
	if !errors.As(err, &f) {
		t.Fatalf("error %v is no *event.FieldError", err)
	}
	return f.Field
}

func TestStructured(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ members, data, time string }{
		"no data":                {``, `{}`, "2026-03-02T09:00:00Z"},
		"null is missing":        {`"data":null,"time":null,"dataschema":null`, `{}`, "2026-03-02T09:00:00Z"},
		"time with an offset":    {`"time":"2026-03-01T10:00:00.5+01:00","data":{"a":1.10}`, `{"a":1.10}`, "2026-03-01T09:00:00.5Z"},
		"base64":                 {`"data_base64":"eyJhIjoxLjEwfQ=="`, `{"a":1.10}`, "2026-03-02T09:00:00Z"},
		"another JSON type":      {`"datacontenttype":"application/vnd.shop+json","data":{}`, `{}`, "2026-03-02T09:00:00Z"},
		"extensions":             {`"zone":"eu","dataschema":"https://shop.example/s","retries":2,"test":true,"data":{"a":1}`, `{"$extensions":{"dataschema":"https://shop.example/s","retries":2,"test":true,"zone":"eu"},"a":1}`, "2026-03-02T09:00:00Z"},
		"extensions and no data": {`"zone":"eu"`, `{"$extensions":{"zone":"eu"}}`, "2026-03-02T09:00:00Z"},
		"extensions alone":       {`"zone":"eu","data":{ }`, `{"$extensions":{"zone":"eu"}}`, "2026-03-02T09:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := one(t, structured(), minimal(c.members))
			if err != nil {
				t.Fatal(err)
			}
			if e.ID != "A-1" || e.Source != "shop" || e.Type != "cart.viewed" || e.Subject != "ada" || e.Past || e.Of != "" {
				t.Errorf("attributes of %+v", e)
			}
			if string(e.Data) != c.data || e.Time.Format(time.RFC3339Nano) != c.time {
				t.Errorf("data %s at %s, want %s at %s", e.Data, e.Time.Format(time.RFC3339Nano), c.data, c.time)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ body, field, remedy string }{
		{``, "body", "ends in the middle"},
		{`{"id":`, "body", "ends in the middle"},
		{`[]`, "body", "no JSON object"},
		{`{} {}`, "body", "goes on behind"},
		{"{\"id\":\"\xff\"}", "body", "UTF-8"},
		{minimal(`"specversion":"0.3"`), "specversion", `must be "1.0"`},
		{minimal(`"id":""`), "id", "give each event an id"},
		{minimal(`"id":7`), "id", "must be text"},
		{minimal(`"id":"a\nNats-Msg-Id: b"`), "id", "control characters"},
		{minimal(`"id":"a","id":"b"`), "id", "given twice"},
		{minimal(`"source":""`), "source", "name the system"},
		{minimal(`"source":"rapport/engine"`), "source", "Rapport's own"},
		{minimal(`"source":"rapport/anything"`), "source", "Rapport's own"},
		{minimal(`"type":""`), "type", "name what happened"},
		{minimal(`"type":"message.sent"`), "type", "choose another name"},
		{minimal(`"type":"clock.advanced"`), "type", "choose another name"},
		{minimal(`"type":"identity.joined"`), "type", "choose another name"},
		{minimal(`"type":"profile.merged"`), "type", "choose another name"},
		{minimal(`"subject":""`), "subject", "name the profile"},
		{minimal(`"time":"yesterday"`), "time", "RFC 3339"},
		{minimal(`"time":"1666-01-01T00:00:00Z"`), "time", "year 1666"},
		{minimal(`"rapportof":"eve"`), "rapportof", "leave it out"},
		{minimal(`"rapportof":""`), "rapportof", "leave it out"},
		{minimal(`"rapportpast":"maybe"`), "rapportpast", "true or false"},
		{minimal(`"RapportOf":"eve"`), "RapportOf", "lower case"},
		{minimal(`"weight":1.5`), "weight", "whole number"},
		{minimal(`"list":[1]`), "list", "put the rest into data"},
		{minimal(`"data":"text"`), "data", "JSON object"},
		{minimal(`"data":[1]`), "data", "JSON object"},
		{minimal(`"datacontenttype":"text/plain","data":"text"`), "datacontenttype", "application/json"},
		{minimal(`"datacontenttype":"text/plain","data":{}`), "datacontenttype", "application/json"},
		{minimal(`"data_base64":"eyJ"`), "data_base64", "in data instead"},
		{minimal(`"data_base64":"e30=","data":{}`), "data_base64", "send one of them"},
		{minimal(`"data_base64":"aGVsbG8="`), "data", "no JSON"},
		{minimal(`"zone":"eu","data":{"$extensions":{}}`), "data.$extensions", "rename"},
		{minimal(`"type":"order.completed","data":{"total":1}`), "data.order_id", "is missing"},
	} {
		_, err := one(t, structured(), c.body)
		if err == nil {
			t.Errorf("%s is accepted", c.body)
			continue
		}
		if got := field(t, err); got != c.field || !strings.Contains(err.Error(), c.remedy) {
			t.Errorf("%s: %v, want %s: ... %s", c.body, err, c.field, c.remedy)
		}
	}
}

func TestPast(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]bool{`true`: true, `"true"`: true, `false`: false, `null`: false} {
		e, err := one(t, structured(), minimal(`"rapportpast":`+given))
		if err != nil || e.Past != want || string(e.Data) != `{}` {
			t.Errorf("%s: past %v, data %s, %v", given, e.Past, e.Data, err)
		}
	}
}

// Products are about no person.
func TestProductWithoutSubject(t *testing.T) {
	t.Parallel()
	e, err := one(t, structured(), minimal(`"type":"product.updated","subject":"","data":{"product_id":"1"}`))
	if err != nil || e.Subject != "" {
		t.Errorf("subject %q, %v", e.Subject, err)
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	h := http.Header{"Content-Type": {cloudevent.Batched}}
	body := fmt.Sprintf(`[%s, %s, 7, %s]`, minimal(`"id":"1"`), minimal(`"id":"2","subject":""`), minimal(`"id":"3"`))
	items, batched, err := cloudevent.FromHTTP(h, []byte(body), arrival)
	if err != nil || !batched || len(items) != 4 {
		t.Fatalf("%d items, batched %v: %v", len(items), batched, err)
	}
	for i, want := range []struct{ id, field string }{{"1", ""}, {"2", "subject"}, {"", "body"}, {"3", ""}} {
		if items[i].ID != want.id || (want.field == "") != (items[i].Err == nil) || (want.field != "" && field(t, items[i].Err) != want.field) {
			t.Errorf("item %d: id %q, error %v, want id %q and an error about %q", i, items[i].ID, items[i].Err, want.id, want.field)
		}
		if want.field == "" && items[i].Event.ID != want.id {
			t.Errorf("item %d is event %q", i, items[i].Event.ID)
		}
	}
	if items, _, err := cloudevent.FromHTTP(h, []byte(` [] `), arrival); err != nil || len(items) != 0 {
		t.Errorf("an empty batch: %d items, %v", len(items), err)
	}
	if _, _, err := cloudevent.FromHTTP(h, []byte(minimal("")), arrival); err == nil || field(t, err) != "body" {
		t.Errorf("one event as a batch: %v", err)
	}
}

// A trace is of the way that an event takes, and no part of it.
func TestTrace(t *testing.T) {
	t.Parallel()
	items, _, err := cloudevent.FromHTTP(structured(), []byte(minimal(`"traceparent":"00-a-b-01","tracestate":"x=1"`)), arrival)
	if err != nil || items[0].Err != nil || items[0].Trace != "00-a-b-01" || items[0].TraceState != "x=1" || string(items[0].Event.Data) != `{}` {
		t.Errorf("%+v, %v", items, err)
	}
}

func TestContentTypes(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{"", "application/json", "text/plain", "application/cloudevents+xml", "application/cloudevents", "application/cloudevents+json; charset=latin1", ";;"} {
		_, _, err := cloudevent.FromHTTP(http.Header{"Content-Type": {typ}}, []byte(minimal("")), arrival)
		if err == nil || field(t, err) != cloudevent.ContentType {
			t.Errorf("content type %q: %v", typ, err)
		}
	}
}
