package event

import (
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
	// ProductCount is set where Products was shortened by Trim: how many there were.
	ProductCount int `json:"product_count,omitempty"`
}

// Product is one line of an order.
type Product struct {
	ProductID string          `json:"product_id"`
	SKU       string          `json:"sku,omitempty"`
	Name      string          `json:"name,omitempty"`
	Price     decimal.Decimal `json:"price,omitzero"`
	Quantity  float64         `json:"quantity,omitempty"` // items, or kilograms and metres
	Category  string          `json:"category,omitempty"`
	URL       string          `json:"url,omitempty"`
	ImageURL  string          `json:"image_url,omitempty"`
}

// Key is what the product is known by: its product id, else its SKU.
func (p *Product) Key() string {
	if p.ProductID != "" {
		return p.ProductID
	}
	return p.SKU
}

// Order reads the event's data as an order. Errors are *FieldError.
func (e *Event) Order() (Order, error) {
	var o Order
	if len(e.Data) == 0 {
		return o, &FieldError{"data.order_id", "is missing: orders need an order_id"}
	}
	if err := json.Unmarshal(e.Data, &o); err != nil {
		return o, dataError(err)
	}
	if o.OrderID == "" {
		return o, &FieldError{"data.order_id", "is missing: orders need an order_id"}
	}
	for i := range o.Products {
		if o.Products[i].Key() == "" {
			return o, &FieldError{fmt.Sprintf("data.products[%d].product_id", i), "is missing: name the product, or give its sku"}
		}
	}
	return o, nil
}

// dataError names the property that has the wrong type.
func dataError(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return &FieldError{"data." + wrong.Field, fmt.Sprintf("is a JSON %s, must be %s", wrong.Value, jsonKind(wrong.Type.String()))}
	}
	return &FieldError{"data", strings.TrimPrefix(err.Error(), "json: ")}
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
