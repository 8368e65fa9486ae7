package event

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
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

	// What a scanner read it from, and where in it the products end.
	text string
	ends int

	short    json.RawMessage // the latest answer of Trimmed, and for how many products
	shortFor int
}

// decode reads Data once and remembers the result.
func (e *Event) decode() (*body, error) {
	if e.read != nil {
		return e.read, nil
	}
	b, ok := readBody(string(e.Data), e.isOrder())
	if !ok {
		var err error
		if b, err = e.readUnusual(); err != nil {
			return nil, err
		}
	}
	e.read = b
	return b, nil
}

// readUnusual is readBody for what a scanner cannot read, and for what nobody can.
func (e *Event) readUnusual() (*body, error) {
	var b body
	switch {
	case len(e.Data) == 0:
	case e.isOrder():
		if err := json.Unmarshal(e.Data, &b); err != nil {
			return nil, orderError(e.Data, err)
		}
	default:
		// Other types may use an order's property names with other meanings.
		var other struct {
			Profile *ProfileUpdate `json:"$profile"`
		}
		if err := json.Unmarshal(e.Data, &other); err != nil {
			return nil, dataError(err)
		}
		b.Profile = other.Profile
	}
	return &b, nil
}

func (e *Event) isOrder() bool { return isOrder(e.Type) }

func isOrder(typ string) bool { return typ == OrderCompleted || typ == OrderRefunded }

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
