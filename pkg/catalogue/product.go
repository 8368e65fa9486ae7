package catalogue

import (
	"bytes"
	"cmp"
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
	Record         json.RawMessage `json:"-"` // all of it, as one JSON object in the form of the package
}

// MaxRecord is how many bytes a record has at most.
const MaxRecord = 16 << 10

// ForSale reports whether the product may be recommended.
func (p *Product) ForSale() bool {
	return !p.Removed && (p.Available == nil || *p.Available) && (p.Stock == nil || *p.Stock > 0)
}

// Parse reads a record. Of one longer than MaxRecord the longest of the shop's own fields are left
// out: nobody who sends descriptions and variants along can be told to change that. Errors are *event.FieldError, fields named as in "data.price".
func Parse(record []byte) (Product, error) {
	if trimmed := bytes.TrimSpace(record); len(trimmed) == 0 || trimmed[0] != '{' {
		return Product{}, wrong("data", "must be a JSON object with a product_id")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(record, &fields); err != nil {
		return Product{}, wrong("data", "is no JSON: %v", err)
	}
	return read(fields)
}

// read is the product of fields, which it brings into the package's form.
func read(fields map[string]json.RawMessage) (p Product, err error) {
	rename(fields)
	if p.Record, err = write(fields); err != nil {
		return p, err
	}
	if excess := len(p.Record) - MaxRecord; excess > 0 {
		shorten(fields, excess)
		if p.Record, err = write(fields); err != nil {
			return p, err
		}
		if len(p.Record) > MaxRecord {
			return p, wrong("data", "has %d bytes without the shop's own fields, at most %d are allowed: shorten its texts", len(p.Record), MaxRecord)
		}
	}
	if err := json.Unmarshal(p.Record, &p); err != nil {
		return p, mistyped(fields, err)
	}
	if err := p.check(); err != nil {
		return p, err
	}
	if p.Stock != nil && *p.Stock < 0 { // Shops sell what they do not have; then there is none left.
		*p.Stock = 0
		fields["stock"] = json.RawMessage("0")
		p.Record, err = write(fields)
	}
	return p, err
}

// shorten leaves out the longest of the shop's own fields, until there are so many bytes less.
func shorten(fields map[string]json.RawMessage, excess int) {
	var own []string
	for name := range fields {
		if !known(name) {
			own = append(own, name)
		}
	}
	room := func(name string) int { return len(name) + len(fields[name]) + len(`"":,`) }
	slices.SortFunc(own, func(a, b string) int { return cmp.Or(room(b)-room(a), strings.Compare(a, b)) })
	for _, name := range own {
		if excess <= 0 {
			return
		}
		excess -= room(name)
		delete(fields, name)
	}
}

// rename gives the fields of Product the names that they have here: the library reads them in
// any case, and templates do not.
func rename(fields map[string]json.RawMessage) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		lower := strings.ToLower(name)
		if lower == name || !known(lower) {
			continue
		}
		if _, taken := fields[lower]; !taken {
			fields[lower] = fields[name]
		}
		delete(fields, name)
	}
}

func known(field string) bool {
	switch field {
	case "product_id", "sku", "name", "price", "currency", "compare_at_price", "stock", "available", "url", "image_url",
		"category", "brand", "updated_at", "removed":
		return true
	}
	return false
}

// write is the package's form of a record. HTML in texts stays as it is: escaped, it could be
// longer than a record may be.
func write(fields map[string]json.RawMessage) (json.RawMessage, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(fields); err != nil {
		return nil, wrong("data", "cannot be written as JSON: %v", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

func (p *Product) check() error {
	switch {
	case p.ID == "":
		return wrong("data.product_id", "is missing: name the product")
	case len(p.ID) > maxID:
		return wrong("data.product_id", "has %d bytes, at most %d are allowed", len(p.ID), maxID)
	}
	for _, amount := range []struct {
		field string
		value json.Number
	}{{"data.price", p.Price}, {"data.compare_at_price", p.CompareAtPrice}} {
		if amount.value != "" && !isAmount(string(amount.value)) {
			return wrong(amount.field, "is %.40q, must be an amount such as 12.50", string(amount.value))
		}
	}
	for _, link := range []struct{ field, value string }{{"data.url", p.URL}, {"data.image_url", p.ImageURL}} {
		if link.value != "" && !strings.HasPrefix(link.value, "https://") && !strings.HasPrefix(link.value, "http://") {
			return wrong(link.field, "is %.80q, must begin with https://", link.value)
		}
	}
	return nil
}

const maxID = 256

// isAmount reports whether a number may be a price. Its exponent is bounded, because 1e999999 is a
// short number and a long text.
func isAmount(number string) bool {
	d, err := decimal.NewFromString(number)
	return err == nil && !d.IsNegative() && len(number) <= 40 && d.Exponent() <= 15 && d.Exponent() >= -30
}

// mistyped names the field that has the wrong type.
func mistyped(fields map[string]json.RawMessage, err error) error {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		one, werr := write(map[string]json.RawMessage{name: fields[name]})
		if werr == nil && json.Unmarshal(one, &Product{}) != nil {
			return wrong("data."+name, "is %.40s, must be %s", fields[name], kind(name))
		}
	}
	return wrong("data", "%v", err)
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
		return "a time such as 2026-03-02T09:00:00Z"
	}
	return "a text"
}

func wrong(field, reason string, args ...any) *event.FieldError {
	return &event.FieldError{Field: field, Reason: fmt.Sprintf(reason, args...)}
}
