package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// usual is an order as ingest writes it.
const usual = `{"specversion":"1.0","id":"i-1","source":"shop","type":"order.completed","subject":"17850","time":"2010-12-01T08:26:00Z",` +
	`"datacontenttype":"application/json","data":{"order_id":"536365","total":139.12,"currency":"GBP","gift":[true,null,{"a":-1.5e3}],` +
	`"products":[{"product_id":"85123A","name":"SET/6 RED \u0026 \"WHITE\" £","price":2.55,"quantity":6,"shelf":{"x":[]}},` +
	`{"sku":"71053","price":3.390,"quantity":0.5,"category":"Lanterns","url":"https://example.com/a?b=c\u0026d","image_url":"x","recommendable":false}],` +
	`"$profile":{"traits":{"email":"a@example.com","age":41,"tags":["x"],"gone":null},"consent":[` +
	`{"channel":"email","purpose":"marketing","granted":true,"source":"shop","at":"2010-12-01T08:26:00Z"}]}}}`

// unusual are texts that the scanner has to leave to encoding/json, for one reason each.
var unusual = map[string]string{
	"an empty text":            ``,
	"something behind":         `{"id":"1"} x`,
	"a name twice":             `{"id":"1","id":"2"}`,
	"a name in capitals":       `{"ID":"1"}`,
	"a long s for an s":        `{"ſource":"1"}`,
	"null for text":            `{"id":null}`,
	"a number for text":        `{"id":7}`,
	"a broken escape":          `{"id":"\x"}`,
	"a line feed in a string":  "{\"id\":\"a\nb\"}",
	"a string without an end":  `{"id":"1`,
	"an escape without an end": `{"id":"\`,
	"a comma too many":         `{"id":"1",}`,
	"a comma too few":          `{"id":"1" "type":"2"}`,
	"no colon":                 `{"id" "1"}`,
	"a zero in front":          `{"x":01}`,
	"a lonely minus":           `{"x":-}`,
	"a dot without digits":     `{"x":1.}`,
	"an exponent without any":  `{"x":1e}`,
	"half a word":              `{"x":tru}`,
	"nothing at all":           `{"x":}`,
	"an array unclosed":        `{"x":[1}`,
	"not an object":            `["id"]`,
}

func TestScannerLeavesTheUnusual(t *testing.T) {
	t.Parallel()
	for name, text := range unusual {
		if env, ok := readEnvelope([]byte(text)); ok {
			t.Errorf("%s: read %+v from %s", name, env, text)
		}
	}
}

func TestScannerReadsTheUsual(t *testing.T) {
	t.Parallel()
	env, ok := readEnvelope([]byte(usual))
	if !ok {
		t.Fatal("it gave up on the envelope")
	}
	if env.read == nil || len(env.read.Products) == 0 {
		t.Fatal("it gave up on the order")
	}
}

// What is written by hand is what encoding/json would write.
func TestProductsAreWrittenAsMarshalDoes(t *testing.T) {
	t.Parallel()
	no := false
	list := []Product{
		{ProductID: "a"},
		{ProductID: "<b>", SKU: "s", Name: "Tea & \"cake\" \u2028 \xff \n", Price: "1.50", Quantity: 0.25, Category: "c", URL: "u", ImageURL: "i", Recommendable: &no},
		{Quantity: 1e21},
		{Quantity: -3},
		{Quantity: 1e15},
	}
	want, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(appendProducts(nil, list)); got != string(want) {
		t.Errorf("wrote %s\nwant  %s", got, want)
	}
	if got := string(appendProducts(nil, nil)); got != "[]" {
		t.Errorf("no products are %s", got)
	}
}

// An event is written without encoding/json, whether its data has been read or not, and means
// the same.
func TestEventsAreWrittenAsMarshalDoes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 9, 0, 0, 120, time.FixedZone("", 3600))
	for _, e := range []Event{
		{ID: "1", Source: "shop", Type: OrderCompleted, Subject: "c<1>", Time: at, Data: []byte(`{"order_id":"é & <b>" , "total":1.50}`)},
		{ID: "\x00\xff", Source: "\"", Type: PageViewed, Data: []byte(`{}`)},
	} {
		sameWritten(t, &e)
		if e.read != nil {
			t.Error("the event was changed by being written")
		}
		if _, err := e.decode(); err != nil || e.read.text == "" {
			t.Fatalf("%s was not read: %v", e.Data, err)
		}
		sameWritten(t, &e)
	}
	for _, data := range []string{"", `{"broken`, "null", strings.Repeat("[", 500) + strings.Repeat("]", 500)} {
		sameWritten(t, &Event{ID: "1", Data: []byte(data)})
	}
}

// sameWritten holds Encode to what encoding/json would write, and to the data as it came.
func sameWritten(t *testing.T, e *Event) {
	t.Helper()
	got, err := Encode(e)
	want, wantErr := encodeUnusual(e)
	if err != nil || wantErr != nil {
		if err == nil || wantErr == nil || err.Error() != wantErr.Error() {
			t.Fatalf("%+v: wrote %s, %v, want %s, %v", e, got, err, want, wantErr)
		}
		return
	}
	var a, b envelope
	if err := errors.Join(json.Unmarshal(got, &a), json.Unmarshal(want, &b)); err != nil {
		t.Fatalf("%+v: wrote %s: %v", e, got, err)
	}
	if e.wellFormed() && string(a.Data) != strings.Trim(string(e.Data), " \t\r\n") {
		t.Fatalf("%s has not the data as it came, %s", got, e.Data)
	}
	var was, is any
	if len(e.Data) > 0 {
		is, was = value(t, a.Data), value(t, b.Data)
	}
	a.Data, b.Data = nil, nil
	if !reflect.DeepEqual(a, b) || !reflect.DeepEqual(is, was) {
		t.Fatalf("wrote %s, want %s", got, want)
	}
}

// Whatever its names and its data are, an event is written as encoding/json would write it.
func FuzzEncode(f *testing.F) {
	f.Add("1", "c<1>", int64(1), []byte(`{"order_id":"é & <b>" , "total":1.50}`))
	f.Add("\x00\xff", "", int64(0), []byte(`{"a":"\u2028\u003c"}`))
	f.Add("1", "s", int64(-1), []byte(`{"broken`))
	f.Add("1", "s", int64(7), []byte(`{"far":1e700}`))
	f.Fuzz(func(t *testing.T, id, subject string, second int64, data []byte) {
		e := Event{ID: id, Source: "shop", Type: OrderCompleted, Subject: subject, Data: data}
		if second != 0 {
			e.Time = time.Unix(second, second&0xffff).UTC()
		}
		sameWritten(t, &e)
	})
}

// Whatever the scanner reads, encoding/json reads the same.
func FuzzScanner(f *testing.F) {
	f.Add([]byte(usual))
	for _, text := range unusual {
		f.Add([]byte(text))
	}
	for _, data := range []string{
		`{"order_id":"A","total":"1.50","revenue":null,"products":[],"product_count":3}`,
		`{"order_id":"A","products":[{"product_id":"p","price":"1"}]}`,
		`{"total":1e400,"products":[{"quantity":1e400}]}`,
		`{"$profile":{"traits":{"a":"1","a":2},"consent":[]},"Order_ID":"x"}`,
		`{"$profile":{"traits":null}}`,
		`{"far":[1e700],"$profile":{}}`,
	} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if got, ok := readEnvelope(in); ok {
			var want envelope
			if err := json.Unmarshal(in, &want); err != nil {
				t.Fatalf("read %+v from %q, which is %v", got, in, err)
			}
			if got.read != nil {
				e := Event{Type: got.Type, Data: got.Data}
				compareBodies(t, got.read, &e)
				e.read = got.read
				checkTrimmed(t, &e)
			}
			got.read = nil
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("read %+v from %q, want %+v", got, in, want)
			}
		}
		for _, typ := range []string{OrderCompleted, ProfileIdentified} {
			e := Event{Type: typ, Data: in}
			got, ok := readBody(string(in), e.isOrder())
			if !ok {
				continue
			}
			compareBodies(t, got, &e)
			checkTrimmed(t, &e)
		}
	})
}

// compareBodies compares what the scanner read of an event's data with what encoding/json
// reads, and with the text that it says it was.
func compareBodies(t *testing.T, got *body, e *Event) {
	t.Helper()
	want, err := e.readUnusual()
	bare := *got
	bare.text, bare.ends = "", 0
	if err != nil || !reflect.DeepEqual(&bare, want) {
		t.Fatalf("read %+v from %q, want %+v, %v", got, e.Data, want, err)
	}
	if got.text != strings.Trim(string(e.Data), " \t\r\n") {
		t.Fatalf("read %q from %q", got.text, e.Data)
	}
	if end := got.ends; len(got.Products) > 0 && (end > len(got.text) || got.text[end-1] != ']') {
		t.Fatalf("the products of %q end at %d", got.text, end)
	}
}

// value is what a text means. Numbers are their digits: nobody has to be able to count that far.
func value(t *testing.T, text []byte) (v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// checkTrimmed compares what is kept of data with what the slow way keeps.
func checkTrimmed(t *testing.T, e *Event) {
	t.Helper()
	short := e.Trimmed(1)
	b, err := e.decode()
	if err != nil {
		t.Fatal(err)
	}
	if b.Profile == nil && len(b.Products) <= 1 {
		return
	}
	if !reflect.DeepEqual(value(t, short), value(t, e.trimUnusual(b, 1))) {
		t.Fatalf("kept %s of %s, want %s", short, e.Data, e.trimUnusual(b, 1))
	}
}
