package catalogue_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"rapport/pkg/catalogue"
	"rapport/pkg/event"
)

// What is taken once can always be read again as it is, merged with anything else that was
// taken, and is never longer than a record may be; what is not taken says which field is wrong.
func FuzzRecords(f *testing.F) {
	for _, record := range []string{
		`{"product_id":"a","price":"12.50","stock":3,"updated_at":"2026-01-02T00:00:00Z"}`,
		`{"Product_ID":"a","PRICE":1,"price":2,"name":"<b>\u00e9\ud83d","x":{"y":[1,null]}}`,
		`{"product_id":"a","stock":-1e300,"removed":null}`, `{"product_id":1}`, `[`, `{"product_id":"a","price":1e99}`,
	} {
		f.Add([]byte(record), []byte(`{"product_id":"a","removed":true,"name":null}`))
	}
	f.Fuzz(func(t *testing.T, one, other []byte) {
		var known *catalogue.Product
		for _, data := range [][]byte{one, other, one} {
			told, err := catalogue.Told(&event.Event{Type: event.ProductUpdated, Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Data: data})
			if err != nil {
				var field *event.FieldError
				if !errors.As(err, &field) || field.Field == "" || field.Reason == "" {
					t.Fatalf("%q: %v names no field", data, err)
				}
				continue
			}
			now, _, err := catalogue.Merge(known, told)
			if err != nil {
				t.Fatalf("%s cannot be merged: %v", told.Record, err)
			}
			again, err := catalogue.Parse(now.Record)
			if err != nil || !bytes.Equal(again.Record, now.Record) || len(now.Record) > catalogue.MaxRecord {
				t.Fatalf("%s is read as %s, %v", now.Record, again.Record, err)
			}
			if !json.Valid(now.Record) {
				t.Fatalf("%s is no JSON", now.Record)
			}
			known = &now
		}
	})
}
