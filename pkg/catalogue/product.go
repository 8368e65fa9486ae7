package catalogue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"rapport/pkg/event"
)

// Product is a record. Amounts are kept by their digits.
type Product struct {
	ID             string          `json:"product_id"`
	SKU            string          `json:"sku,omitempty"`
	Name           string          `json:"name,omitempty"`
	Price          json.Number     `json:"price,omitempty"`
	Currency       string          `json:"currency,omitempty"`         // ISO 4217
	CompareAtPrice json.Number     `json:"compare_at_price,omitempty"` // before a reduction
	Stock          *float64        `json:"stock,omitempty"`            // pieces, or kilograms and metres
	Available      *bool           `json:"available,omitempty"`
	URL            string          `json:"url,omitempty"`
	ImageURL       string          `json:"image_url,omitempty"`
	Category       string          `json:"category,omitempty"`
	Brand          string          `json:"brand,omitempty"`
	UpdatedAt      time.Time       `json:"updated_at,omitzero"`
	Removed        bool            `json:"removed,omitempty"`
	Record         json.RawMessage `json:"-"` // all of it, as one JSON object
}

// MaxRecord is how many bytes a record may have.
const MaxRecord = 16 << 10

// ForSale reports whether the product may be recommended.
func (p *Product) ForSale() bool {
	return !p.Removed && (p.Available == nil || *p.Available) && (p.Stock == nil || *p.Stock > 0)
}

// Parse reads a record. Errors are *event.FieldError, fields named as in "data.price".
func Parse(record []byte) (Product, error) {
	var p Product
	if trimmed := bytes.TrimSpace(record); len(trimmed) == 0 || trimmed[0] != '{' {
		return p, &event.FieldError{Field: "data", Reason: "must be a JSON object with a product_id"}
	}
	if len(record) > MaxRecord {
		return p, &event.FieldError{Field: "data", Reason: fmt.Sprintf("has %d bytes, at most %d are allowed: leave out long texts", len(record), MaxRecord)}
	}
	if err := json.Unmarshal(record, &p); err != nil {
		return p, fieldError(record, err)
	}
	p.Record = bytes.Clone(record)
	return p, p.check()
}

func (p *Product) check() error {
	switch {
	case p.ID == "":
		return &event.FieldError{Field: "data.product_id", Reason: "is missing: name the product"}
	case len(p.ID) > maxID:
		return &event.FieldError{Field: "data.product_id", Reason: fmt.Sprintf("has %d bytes, at most %d are allowed", len(p.ID), maxID)}
	case p.Stock != nil && *p.Stock < 0:
		// Shops sell what they do not have; then there is none left.
		*p.Stock = 0
	}
	for _, amount := range []struct {
		field string
		value json.Number
	}{{"data.price", p.Price}, {"data.compare_at_price", p.CompareAtPrice}} {
		if amount.value == "" {
			continue
		}
		d, err := decimal.NewFromString(string(amount.value))
		if err != nil || d.IsNegative() {
			return &event.FieldError{Field: amount.field, Reason: fmt.Sprintf("is %.40q, must be an amount such as 12.50", string(amount.value))}
		}
	}
	for _, link := range []struct{ field, value string }{{"data.url", p.URL}, {"data.image_url", p.ImageURL}} {
		if link.value != "" && !strings.HasPrefix(link.value, "https://") && !strings.HasPrefix(link.value, "http://") {
			return &event.FieldError{Field: link.field, Reason: fmt.Sprintf("is %.80q, must begin with https://", link.value)}
		}
	}
	return nil
}

const maxID = 256

// fieldError names the field that has the wrong type.
func fieldError(record []byte, err error) error {
	var fields map[string]json.RawMessage
	if json.Unmarshal(record, &fields) != nil {
		return &event.FieldError{Field: "data", Reason: "is no JSON: " + err.Error()}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		one, merr := json.Marshal(map[string]json.RawMessage{name: fields[name]})
		if merr != nil {
			continue
		}
		if err := json.Unmarshal(one, &Product{}); err != nil {
			return &event.FieldError{Field: "data." + name, Reason: fmt.Sprintf("is %.40s, must be %s", fields[name], kind(name))}
		}
	}
	return &event.FieldError{Field: "data", Reason: err.Error()}
}

// kind is what a field must be, for errors.
func kind(field string) string {
	switch field {
	case "price", "compare_at_price":
		return "an amount such as 12.50"
	case "stock":
		return "a number"
	case "available", "removed":
		return "true or false"
	case "updated_at":
		return "a time in RFC 3339"
	}
	return "a text"
}

// Merge is the record that holds once told was said of a product of which former was known; nil:
// nothing was. changed is false when told is older than what is known, or says nothing new.
func Merge(former *Product, told Product) (p Product, changed bool, err error) {
	if former == nil {
		return told, true, nil
	}
	if told.UpdatedAt.Before(former.UpdatedAt) && !told.UpdatedAt.IsZero() {
		return *former, false, nil
	}
	var fields, over map[string]json.RawMessage
	if err := json.Unmarshal(former.Record, &fields); err != nil {
		return p, false, fmt.Errorf("read the record of product %q: %w", former.ID, err)
	}
	if err := json.Unmarshal(told.Record, &over); err != nil {
		return p, false, fmt.Errorf("read what is said of product %q: %w", told.ID, err)
	}
	if former.Removed && !told.Removed {
		delete(fields, "removed") // It is sold again.
	}
	for name, value := range over {
		if bytes.Equal(value, []byte("null")) {
			delete(fields, name)
		} else {
			fields[name] = value
		}
	}
	record, err := json.Marshal(fields)
	if err != nil {
		return p, false, fmt.Errorf("write the record of product %q: %w", told.ID, err)
	}
	if p, err = Parse(record); err != nil {
		return p, false, fmt.Errorf("product %q: %w", told.ID, err)
	}
	return p, !bytes.Equal(canonical(former.Record), record), nil
}

// canonical is a record with its fields in the order of their names.
func canonical(record []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(record, &fields) != nil {
		return record
	}
	out, err := json.Marshal(fields)
	if err != nil {
		return record
	}
	return out
}

// Told is what an event says of a product: event.ProductUpdated or event.ProductRemoved. The
// event's time stands in for a missing updated_at.
func Told(e *event.Event) (Product, error) {
	p, err := Parse(e.Data)
	if err != nil {
		return p, err
	}
	if e.Type != event.ProductRemoved && !p.UpdatedAt.IsZero() {
		return p, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(p.Record, &fields); err != nil {
		return p, &event.FieldError{Field: "data", Reason: err.Error()}
	}
	if e.Type == event.ProductRemoved {
		fields["removed"] = json.RawMessage("true")
	}
	if p.UpdatedAt.IsZero() {
		fields["updated_at"], err = json.Marshal(e.Time.UTC())
		if err != nil {
			return p, &event.FieldError{Field: "time", Reason: err.Error()}
		}
	}
	record, err := json.Marshal(fields)
	if err != nil {
		return p, &event.FieldError{Field: "data", Reason: err.Error()}
	}
	return Parse(record)
}
