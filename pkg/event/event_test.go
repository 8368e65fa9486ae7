package event_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rapport/pkg/event"
)

func TestDecodeNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	const head = `{"specversion":"1.0","id":"1","source":"shop","subject":"ada","time":"2026-03-02T09:00:00Z",`
	for name, c := range map[string]struct{ in, field, says string }{
		"no JSON":              {`{"specversion":`, "", "unexpected end"},
		"another version":      {`{"specversion":"0.3"}`, "specversion", `"0.3"`},
		"no id":                {`{"specversion":"1.0","source":"s","type":"t","subject":"x","time":"2026-03-02T09:00:00Z"}`, "id", "missing"},
		"no source":            {`{"specversion":"1.0","id":"1","type":"t","subject":"x","time":"2026-03-02T09:00:00Z"}`, "source", "missing"},
		"no subject":           {`{"specversion":"1.0","id":"1","source":"s","type":"t","time":"2026-03-02T09:00:00Z"}`, "subject", "missing"},
		"no time":              {`{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"x"}`, "time", "missing"},
		"time of another form": {`{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"x","time":"2.3.2026"}`, "time", "RFC 3339"},
		"no type":              {head + `"data":{}}`, "type", "missing"},
		"data is no object":    {head + `"type":"t","data":[1]}`, "data", "object"},
		"order without id":     {head + `"type":"order.completed","data":{"total":1}}`, "data.order_id", "missing"},
		"order without data":   {head + `"type":"order.completed"}`, "data.order_id", "missing"},
		"total is text":        {head + `"type":"order.completed","data":{"order_id":"A","total":"lots"}}`, "data.total", "number"},
		"price is an object":   {head + `"type":"order.completed","data":{"order_id":"A","products":[{"product_id":"x","price":1},{"product_id":"y","price":{}}]}}`, "data.products[1].price", "number"},
		"product without id":   {head + `"type":"order.completed","data":{"order_id":"A","products":[{"name":"x"}]}}`, "data.products[0].product_id", "missing"},
		"order id is a number": {head + `"type":"order.completed","data":{"order_id":7}}`, "data.order_id", "a string"},
		"traits are a list":    {head + `"type":"t","data":{"$profile":{"traits":[]}}}`, "data.$profile.traits", "an object"},
		"an id too long":       {strings.Replace(head, `"id":"1"`, `"id":"`+strings.Repeat("x", 300)+`"`, 1) + `"type":"t"}`, "id", "300 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := event.Decode([]byte(c.in))
			if err == nil {
				t.Fatal("no error")
			}
			var field *event.FieldError
			if errors.As(err, &field) != (c.field != "") || (field != nil && field.Field != c.field) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %q, want one at %q that says %q", err, c.field, c.says)
			}
		})
	}
}

func TestEncodeDecode(t *testing.T) {
	t.Parallel()
	in := event.Event{
		ID: "1", Source: "shop", Type: event.OrderCompleted, Subject: "ada", Time: time.Date(2026, 3, 2, 9, 0, 0, 1, time.FixedZone("", 3600)),
		Data: []byte(`{"order_id":"A1","total":0.10,"products":[{"sku":"x","quantity":1.5}]}`),
	}
	b, err := event.Encode(&in)
	if err != nil {
		t.Fatal(err)
	}
	out, err := event.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if !out.Time.Equal(in.Time) || out.Time.Location() != time.UTC || string(out.Data) != string(in.Data) || out.UID() != "shop#1" {
		t.Errorf("got %+v", out)
	}
	o, err := out.Order()
	if err != nil || o.Total.String() != "0.1" || o.Products[0].Key() != "x" {
		t.Errorf("order %+v, %v", o, err)
	}
}

func TestTrimmedKeepsWhatTheShopSaid(t *testing.T) {
	t.Parallel()
	e := event.Event{Type: event.OrderCompleted, Data: []byte(
		`{"order_id":"A1","total":3,"gift":true,"products":[{"product_id":"a"},{"product_id":"b"},{"product_id":"c"}],"$profile":{"traits":{"email":"a@example.com"}}}`)}
	got := string(e.Trimmed(2))
	for _, want := range []string{`"gift":true`, `"product_count":3`, `"product_id":"b"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	for _, not := range []string{`"product_id":"c"`, "profile", "example.com"} {
		if strings.Contains(got, not) {
			t.Errorf("%s still has %s", got, not)
		}
	}
}

func TestTypeFromName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Order Completed": "order.completed", "Product List Viewed": "product_list.viewed", "order.completed": "order.completed",
		"Purchase": "purchase", " Cart  Viewed ": "cart.viewed", "checkout_step_viewed": "checkout_step.viewed", "": "",
	} {
		if got := event.TypeFromName(name); got != want {
			t.Errorf("TypeFromName(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"specversion":"1.0","id":"1","source":"s","type":"order.completed","subject":"x","time":"2026-03-02T09:00:00Z","data":{"order_id":"A","total":1.5,"products":[{"product_id":"p"}]}}`))
	f.Add([]byte(`{"data":{"$profile":{"traits":{"a":null}}}}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		e, err := event.Decode(in)
		if err != nil {
			return
		}
		b, err := event.Encode(&e)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := event.Decode(b)
		if err != nil || again.UID() != e.UID() || !again.Time.Equal(e.Time) {
			t.Fatalf("read %+v, wrote %s, read %+v: %v", e, b, again, err)
		}
		_ = e.Trimmed(1)
	})
}

func TestKeptSaysWhatWasKnownOfThePerson(t *testing.T) {
	t.Parallel()
	const about = `"$profile":{"traits":{"email":"ada@example.com"}}`
	for name, c := range map[string]struct{ data, want string }{
		"a short order stays as it is": {
			`{"order_id":"A1","products":[{"product_id":"a"}],` + about + `}`,
			`{"order_id":"A1","products":[{"product_id":"a"}],` + about + `}`,
		},
		"a long one is cut": {
			`{` + about + `,"order_id":"A1","products":[{"product_id":"a"},{"product_id":"b"},{"product_id":"c","name":"Post","recommendable":false}]}`,
			`{"order_id":"A1","products":[{"product_id":"a"},{"product_id":"b"}],"product_count":3,"$more":[{"product_id":"c","recommendable":false}],` + about + `}`,
		},
	} {
		e := event.Event{ID: "1", Source: "t", Type: event.OrderCompleted, Subject: "ada", Time: time.Now(), Data: []byte(c.data)}
		kept := e.Kept(2)
		if got := string(kept); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
		whole, err := event.Restored(kept)
		if err != nil {
			t.Fatal(err)
		}
		was, _ := e.Order()
		is, err := (&event.Event{ID: "1", Source: "t", Type: event.OrderCompleted, Subject: "ada", Time: e.Time, Data: whole}).Order()
		if err != nil || len(is.Products) != len(was.Products) || is.ProductCount != 0 {
			t.Errorf("%s: restored to %s, %v", name, whole, err)
		}
	}
}
