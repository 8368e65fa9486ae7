package catalogue_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/catalogue"
	"rapport/pkg/event"
)

func parse(t testing.TB, record string) catalogue.Product {
	t.Helper()
	p, err := catalogue.Parse([]byte(record))
	if err != nil {
		t.Fatalf("%s: %v", record, err)
	}
	return p
}

func TestParseNamesFieldAndRemedy(t *testing.T) {
	t.Parallel()
	for record, want := range map[string]string{
		``:                                  "data must be a JSON object with a product_id",
		`[]`:                                "data must be a JSON object with a product_id",
		`{"product_id":`:                    "data is no JSON: unexpected end of JSON input",
		`{"name":"x"}`:                      "data.product_id is missing: name the product",
		`{"product_id":""}`:                 "data.product_id is missing: name the product",
		`{"product_id":7}`:                  "data.product_id is 7, must be a text",
		`{"product_id":"a","price":"12,5"}`: `data.price is "12,5", must be an amount such as 12.50`,
		`{"product_id":"a","price":""}`:     `data.price is "", must be an amount such as 12.50`,
		`{"product_id":"a","price":-1}`:     `data.price is "-1", must be an amount such as 12.50`,
		`{"product_id":"a","compare_at_price":1e999999}`:                                     `data.compare_at_price is "1e999999", must be an amount such as 12.50`,
		`{"product_id":"a","price":{"amount":1}}`:                                            `data.price is {"amount":1}, must be an amount such as 12.50`,
		`{"product_id":"a","stock":"many"}`:                                                  `data.stock is "many", must be a number`,
		`{"product_id":"a","available":"in stock"}`:                                          `data.available is "in stock", must be true or false`,
		`{"product_id":"a","updated_at":"yesterday"}`:                                        `data.updated_at is "yesterday", must be a time such as 2026-03-02T09:00:00Z`,
		`{"product_id":"a","url":"javascript:alert(1)"}`:                                     `data.url is "javascript:alert(1)", must begin with https://`,
		`{"product_id":"a","image_url":"//cdn.example/x"}`:                                   `data.image_url is "//cdn.example/x", must begin with https://`,
		`{"product_id":"` + strings.Repeat("a", 257) + `"}`:                                  "data.product_id has 257 bytes, at most 256 are allowed",
		`{"product_id":"a","x":1,"name":"` + strings.Repeat("a", catalogue.MaxRecord) + `"}`: fmt.Sprintf("data has %d bytes without the shop's own fields, at most %d are allowed: shorten its texts", catalogue.MaxRecord+28, catalogue.MaxRecord),
	} {
		_, err := catalogue.Parse([]byte(record))
		var field *event.FieldError
		if !errors.As(err, &field) || field.Field+" "+field.Reason != want {
			t.Errorf("%.60s: %+v, want %s", record, err, want)
		}
	}
}

func TestParseKeepsWhatItIsTold(t *testing.T) {
	t.Parallel()
	p := parse(t, ` {"Price": "12.500", "product_id": "a", "stock": -3, "compare_at_price": 19.990, "material": "<b>brass & glass</b>", "sku": null} `)
	if p.Price != "12.500" || p.CompareAtPrice != "19.990" || *p.Stock != 0 || p.ForSale() {
		t.Errorf("%+v", p)
	}
	want := `{"compare_at_price":19.990,"material":"<b>brass & glass</b>","price":"12.500","product_id":"a","sku":null,"stock":0}`
	if string(p.Record) != want {
		t.Errorf("record %s, want %s", p.Record, want)
	}
}

func TestForSale(t *testing.T) {
	t.Parallel()
	for record, want := range map[string]bool{
		`{"product_id":"a"}`:                                 true,
		`{"product_id":"a","stock":1}`:                       true,
		`{"product_id":"a","stock":0.5}`:                     true,
		`{"product_id":"a","stock":0}`:                       false,
		`{"product_id":"a","stock":-1}`:                      false,
		`{"product_id":"a","stock":null}`:                    true,
		`{"product_id":"a","available":false,"stock":9}`:     false,
		`{"product_id":"a","available":true,"stock":0}`:      false,
		`{"product_id":"a","removed":true,"available":true}`: false,
	} {
		p := parse(t, record)
		if p.ForSale() != want {
			t.Errorf("%s: for sale is %t", record, !want)
		}
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	const known = `{"image_url":"https://shop.example/a.jpg","name":"Lantern","price":12.50,"product_id":"a","updated_at":"2026-01-02T00:00:00Z"}`
	for name, c := range map[string]struct {
		former, told, want string // want: empty is former, unchanged
	}{
		"the first word":               {"", `{"product_id":"a","price":null,"b":1,"a":2}`, `{"a":2,"b":1,"product_id":"a"}`},
		"a part leaves the rest":       {known, `{"product_id":"a","stock":0}`, `{"image_url":"https://shop.example/a.jpg","name":"Lantern","price":12.50,"product_id":"a","stock":0,"updated_at":"2026-01-02T00:00:00Z"}`},
		"null takes out":               {known, `{"product_id":"a","price":null,"stock":null}`, `{"image_url":"https://shop.example/a.jpg","name":"Lantern","product_id":"a","updated_at":"2026-01-02T00:00:00Z"}`},
		"late":                         {known, `{"product_id":"a","price":10,"updated_at":"2026-01-01T23:59:59.999Z"}`, ""},
		"late, in another zone":        {known, `{"product_id":"a","price":10,"updated_at":"2026-01-02T00:30:00+01:00"}`, ""},
		"of the same time":             {known, `{"product_id":"a","price":13,"image_url":null,"updated_at":"2026-01-02T00:00:00Z"}`, `{"name":"Lantern","price":13,"product_id":"a","updated_at":"2026-01-02T00:00:00Z"}`},
		"nothing new":                  {known, ` {"price": 12.50, "product_id": "a"} `, ""},
		"digits are news":              {known, `{"product_id":"a","price":12.5}`, strings.Replace(known, "12.50", "12.5", 1)},
		"removed":                      {`{"product_id":"a"}`, `{"product_id":"a","removed":true}`, `{"product_id":"a","removed":true}`},
		"removed and back":             {`{"name":"L","product_id":"a","removed":true,"updated_at":"2026-01-02T00:00:00Z"}`, `{"product_id":"a","stock":1,"updated_at":"2026-01-03T00:00:00Z"}`, `{"name":"L","product_id":"a","stock":1,"updated_at":"2026-01-03T00:00:00Z"}`},
		"what is late does not return": {`{"product_id":"a","removed":true,"updated_at":"2026-01-02T00:00:00Z"}`, `{"product_id":"a","stock":1,"updated_at":"2026-01-01T00:00:00Z"}`, ""},
		"more than may be kept": {
			`{"long":"` + strings.Repeat("x", 9001) + `","product_id":"a"}`, `{"product_id":"a","text":"` + strings.Repeat("<", 9000) + `"}`,
			`{"product_id":"a","text":"` + strings.Repeat("<", 9000) + `"}`,
		},
		"names more than may be kept": {
			`{"brand":"` + strings.Repeat("x", 9001) + `","product_id":"a"}`, `{"product_id":"a","name":"` + strings.Repeat("<", 9000) + `"}`,
			`{"name":"` + strings.Repeat("<", 9000) + `","product_id":"a"}`,
		},
	} {
		var former *catalogue.Product
		if c.former != "" {
			p := parse(t, c.former)
			former = &p
		}
		got, changed, err := catalogue.Merge(former, parse(t, c.told))
		want := c.want
		if want == "" {
			want = c.former
		}
		if err != nil || string(got.Record) != want || changed != (c.want != "") {
			t.Errorf("%s: %.300s, %t, %v; want %.300s", name, got.Record, changed, err, want)
		}
	}
}

func TestTold(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("", 3600))
	for name, c := range map[string]struct{ typ, data, want string }{
		"its event's time":        {event.ProductUpdated, `{"product_id":"a"}`, `{"product_id":"a","updated_at":"2026-03-02T08:00:00Z"}`},
		"its own time":            {event.ProductUpdated, `{"product_id":"a","updated_at":"2026-03-01T00:00:00+01:00"}`, `{"product_id":"a","updated_at":"2026-03-01T00:00:00+01:00"}`},
		"a little ahead":          {event.ProductUpdated, `{"product_id":"a","updated_at":"2026-03-02T08:04:00Z"}`, `{"product_id":"a","updated_at":"2026-03-02T08:04:00Z"}`},
		"from the future":         {event.ProductUpdated, `{"product_id":"a","updated_at":"2036-03-02T08:00:00Z"}`, `{"product_id":"a","updated_at":"2026-03-02T08:00:00Z"}`},
		"removed":                 {event.ProductRemoved, `{"product_id":"a"}`, `{"product_id":"a","removed":true,"updated_at":"2026-03-02T08:00:00Z"}`},
		"removed at its own time": {event.ProductRemoved, `{"product_id":"a","removed":false,"updated_at":"2026-03-01T00:00:00Z"}`, `{"product_id":"a","removed":true,"updated_at":"2026-03-01T00:00:00Z"}`},
	} {
		p, err := catalogue.Told(&event.Event{Type: c.typ, Time: at, Data: json.RawMessage(c.data)})
		if err != nil || string(p.Record) != c.want {
			t.Errorf("%s: %s, %v; want %s", name, p.Record, err, c.want)
		}
	}
	long := `{"product_id":"a","variants":[1],"text":"` + strings.Repeat("x", catalogue.MaxRecord-40) + `"}`
	p, err := catalogue.Told(&event.Event{Type: event.ProductUpdated, Time: at, Data: json.RawMessage(long)})
	if err != nil || string(p.Record) != `{"product_id":"a","updated_at":"2026-03-02T08:00:00Z","variants":[1]}` {
		t.Errorf("a record that is too long with its time: %.100s, %v", p.Record, err)
	}
}

func TestAdds(t *testing.T) {
	t.Parallel()
	known := parse(t, `{"product_id":"a","price":"1.00","stock":2,"updated_at":"2026-01-02T00:00:00Z"}`)
	for told, want := range map[string]bool{
		`{"product_id":"a","price":"1.00","updated_at":"2026-01-09T00:00:00Z"}`: false,
		`{"product_id":"a","stock":2,"brand":null}`:                             false,
		`{"product_id":"a","price":"1.10"}`:                                     true,
		`{"product_id":"a","price":null}`:                                       true,
	} {
		if got := catalogue.Adds(&known, parse(t, told)); got != want {
			t.Errorf("%s adds: %t", told, got)
		}
	}
	gone := parse(t, `{"product_id":"a","removed":true}`)
	if !catalogue.Adds(&gone, parse(t, `{"product_id":"a"}`)) {
		t.Error("what is sold again is nothing new")
	}
}

// record makes a record of a time, with the fields in play or some of them.
func record(t *rapid.T, second int, whole bool) catalogue.Product {
	fields := map[string]any{"product_id": "a", "updated_at": time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC)}
	for _, name := range []string{"name", "material", "price", "stock", "removed"} {
		if !whole && rapid.Bool().Draw(t, "left out") {
			continue
		}
		switch {
		case rapid.IntRange(0, 4).Draw(t, "null") == 0:
			fields[name] = nil
		case name == "removed":
			fields[name] = rapid.Bool().Draw(t, name)
		case name == "price" || name == "stock":
			fields[name] = rapid.IntRange(0, 3).Draw(t, name)
		default:
			fields[name] = rapid.StringN(0, 3, 9).Draw(t, name)
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	p, err := catalogue.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func merged(t *rapid.T, told []catalogue.Product) *catalogue.Product {
	var known *catalogue.Product
	for _, p := range told {
		now, changed, err := catalogue.Merge(known, p)
		if err != nil {
			t.Fatal(err)
		}
		if known != nil && changed == bytes.Equal(known.Record, now.Record) {
			t.Fatalf("changed is %t from %s to %s", changed, known.Record, now.Record)
		}
		known = &now
		if again, changed, err := catalogue.Merge(known, p); err != nil || changed {
			t.Fatalf("told again, %s becomes %s, %v", known.Record, again.Record, err)
		}
	}
	return known
}

// Whole records of different times, in any order and however often, are in the end the latest one.
func TestOrderOfWholeRecordsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var told []catalogue.Product
		for i := range rapid.IntRange(1, 6).Draw(t, "records") {
			told = append(told, record(t, i, true))
		}
		want := merged(t, told)
		shuffled := rapid.Permutation(append(told, told...)).Draw(t, "order")
		if got := merged(t, shuffled); !bytes.Equal(got.Record, want.Record) {
			t.Fatalf("%s, in order %s", got.Record, want.Record)
		}
	})
}

// Parts in the order of their times: each field is as it was last told, whatever was said of others.
func TestEachFieldIsAsLastTold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var told []catalogue.Product
		want := map[string]string{}
		for i := range rapid.IntRange(1, 6).Draw(t, "records") {
			p := record(t, i, false)
			told = append(told, p)
			var fields map[string]json.RawMessage
			if err := json.Unmarshal(p.Record, &fields); err != nil {
				t.Fatal(err)
			}
			if want["removed"] == "true" {
				delete(want, "removed") // Whatever is said of it sells it again, unless it is said to be removed.
			}
			for name, value := range fields {
				want[name] = string(value)
				if string(value) == "null" {
					delete(want, name)
				}
			}
		}
		var got map[string]json.RawMessage
		if err := json.Unmarshal(merged(t, told).Record, &got); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("%s, want %s", got, want)
		}
		for name, value := range got {
			if want[name] != string(value) {
				t.Fatalf("%s is %s, want %s", name, value, want[name])
			}
		}
	})
}
