package event

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// Order is the data of order.completed and order.refunded, in the property names
// of Segment's "Order Completed".
type Order struct {
	OrderID  string          `json:"order_id"`
	Total    decimal.Decimal `json:"total"`
	Revenue  decimal.Decimal `json:"revenue,omitzero"`
	Currency string          `json:"currency,omitempty"` // ISO 4217
	Products []Product       `json:"products,omitempty"`
	// ProductCount is set where Products was shortened by Trimmed: how many there were.
	ProductCount int `json:"product_count,omitempty"`
}

// Product is one line of an order.
type Product struct {
	ProductID string      `json:"product_id"`
	SKU       string      `json:"sku,omitempty"`
	Name      string      `json:"name,omitempty"`
	Price     json.Number `json:"price,omitempty"`    // by its digits: nobody adds prices up
	Quantity  float64     `json:"quantity,omitempty"` // items, or kilograms and metres
	Category  string      `json:"category,omitempty"`
	URL       string      `json:"url,omitempty"`
	ImageURL  string      `json:"image_url,omitempty"`
	// Recommendable is false for lines that are no products: postage, fees, vouchers. They
	// count towards totals and are never recommended. Left out means true.
	Recommendable *bool `json:"recommendable,omitempty"`
}

// Sellable reports whether the line is a product that may be recommended.
func (p *Product) Sellable() bool { return p.Recommendable == nil || *p.Recommendable }

// Key is what the product is known by: its product id, else its SKU.
func (p *Product) Key() string {
	if p.ProductID != "" {
		return p.ProductID
	}
	return p.SKU
}

// body is the part of Data that Rapport reads itself, decoded in one pass.
type body struct {
	Order
	Profile *ProfileUpdate `json:"$profile"`

	short    json.RawMessage // the latest answer of Trimmed, and for how many products
	shortFor int
}

// decode reads Data once and remembers the result.
func (e *Event) decode() (*body, error) {
	if e.read != nil {
		return e.read, nil
	}
	var b body
	if len(e.Data) > 0 {
		if e.Type == OrderCompleted || e.Type == OrderRefunded {
			if err := json.Unmarshal(e.Data, &b); err != nil {
				return nil, orderError(e.Data, err)
			}
		} else {
			// Other types may use an order's property names with other meanings.
			var other struct {
				Profile *ProfileUpdate `json:"$profile"`
			}
			if err := json.Unmarshal(e.Data, &other); err != nil {
				return nil, dataError(err)
			}
			b.Profile = other.Profile
		}
	}
	e.read = &b
	return e.read, nil
}

// Order reads the data of an order.completed or order.refunded. Errors are *FieldError.
// The products are shared: callers must not change them.
func (e *Event) Order() (Order, error) {
	b, err := e.decode()
	if err != nil {
		return Order{}, err
	}
	if b.OrderID == "" {
		return Order{}, &FieldError{"data.order_id", "is missing: orders need an order_id"}
	}
	for i := range b.Products {
		if b.Products[i].Key() == "" {
			return Order{}, &FieldError{fmt.Sprintf("data.products[%d].product_id", i), "is missing: name the product, or give its sku"}
		}
	}
	return b.Order, nil
}

// Trimmed is Data for keeping: without the reserved property and, in orders, with at most
// maxProducts products; product_count then says how many there were.
func (e *Event) Trimmed(maxProducts int) json.RawMessage {
	b, err := e.decode()
	if err != nil || (b.Profile == nil && len(b.Products) <= maxProducts) {
		return e.Data
	}
	if b.short == nil || b.shortFor != maxProducts {
		b.short, b.shortFor = e.trim(b, maxProducts), maxProducts
	}
	return b.short
}

// trim writes Data anew without what is not for keeping.
func (e *Event) trim(b *body, maxProducts int) json.RawMessage {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(e.Data, &all); err != nil {
		return e.Data
	}
	delete(all, ProfileProperty)
	if n := len(b.Products); n > maxProducts {
		// The kept products are written anew, in the names of Product: the rest of what the
		// shop said about each line is not for keeping in every instance.
		if kept, err := json.Marshal(b.Products[:maxProducts]); err == nil {
			all["products"] = kept
			all["product_count"] = json.RawMessage(strconv.Itoa(n))
		}
	}
	short, err := json.Marshal(all)
	if err != nil {
		return e.Data
	}
	return short
}

// dataError names the property that has the wrong type.
func dataError(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		// The order is embedded, which the decoder shows in its path.
		return &FieldError{"data." + strings.TrimPrefix(wrong.Field, "Order."), fmt.Sprintf("is a JSON %s, must be %s", wrong.Value, jsonKind(wrong.Type.String()))}
	}
	return &FieldError{"data", strings.TrimPrefix(err.Error(), "json: ")}
}

// orderError names the number that is none: the decimal type reports it without its place.
func orderError(data []byte, err error) error {
	var raw struct {
		Total    json.RawMessage `json:"total"`
		Revenue  json.RawMessage `json:"revenue"`
		Products []struct {
			Price json.RawMessage `json:"price"`
		} `json:"products"`
	}
	if json.Unmarshal(data, &raw) != nil {
		return dataError(err)
	}
	wrong := func(field string, value json.RawMessage) error {
		var d decimal.Decimal
		if len(value) == 0 || json.Unmarshal(value, &d) == nil {
			return nil
		}
		return &FieldError{"data." + field, fmt.Sprintf("is %.40s, must be a number", value)}
	}
	if found := cmp.Or(wrong("total", raw.Total), wrong("revenue", raw.Revenue)); found != nil {
		return found
	}
	for i, p := range raw.Products {
		if found := wrong(fmt.Sprintf("products[%d].price", i), p.Price); found != nil {
			return found
		}
	}
	return dataError(err)
}

func jsonKind(goType string) string {
	switch {
	case goType == "string":
		return "a string"
	case goType == "bool":
		return "true or false"
	case strings.HasPrefix(goType, "[]"):
		return "an array"
	case strings.HasPrefix(goType, "event.") || strings.HasPrefix(goType, "map["):
		return "an object"
	}
	return "a number"
}
