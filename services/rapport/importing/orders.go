package importing

import (
	"encoding/json"
	"strings"

	"github.com/shopspring/decimal"

	"rapport/pkg/client"
	"rapport/pkg/event"
)

// order makes the calls of an order: that it was made and, where money went back, that. Orders that
// never came about are passed over. The order's own values are those of the first row that has them.
func (r *reading) order() ([]client.Call, *Refusal) {
	id := r.across("order_id")
	if id == "" {
		r.wrong("order_id", "is empty: name the order")
	}
	p := r.buyer()
	subject := r.subject(p)
	if r.across("at") == "" {
		r.wrong("at", "is empty: say when it was ordered")
	}
	at := r.time("at")
	if r.across("cancelled_at") != "" || void(r.across("status")) {
		return nil, nil
	}
	w := object{out: []byte{'{'}}
	w.text("order_id", id)
	lines, sum := r.lines()
	r.row = r.rows[0]
	total := r.amount("total")
	if total == "" {
		total = sum
	}
	if total == "" {
		r.wrong("total", "is empty, and so are the prices of the lines: say what the order came to")
	}
	w.raw("total", total)
	w.raw("revenue", r.amount("revenue"))
	w.text("currency", strings.ToUpper(r.across("currency")))
	w.raw("tax", r.amount("tax"))
	w.raw("shipping", r.amount("shipping"))
	w.raw("discount", r.amount("discount"))
	w.text("coupon", r.across("coupon"))
	w.raw("products", lines)
	r.row = r.rows[0]
	w.raw(event.ProfileProperty, r.describe(p))
	calls := []client.Call{{ID: idOf("order", id), Type: event.OrderCompleted, Subject: subject, Time: at, Data: w.done()}}
	back := r.amount("refunded")
	if back == "" && strings.EqualFold(r.across("status"), "refunded") {
		back = total
	}
	if strings.Trim(back, "0.") != "" {
		refund := object{out: []byte{'{'}}
		refund.text("order_id", id)
		refund.raw("total", strings.TrimPrefix(back, "-"))
		refund.text("currency", strings.ToUpper(r.across("currency")))
		when := at // when is not told by all
		if r.across("refunded_at") != "" {
			when = r.time("refunded_at")
		}
		calls = append(calls, client.Call{ID: idOf("refund", id, back), Type: event.OrderRefunded, Subject: subject, Time: when, Data: refund.done()})
	}
	return calls, nil
}

// void reports whether an order of this status never came about.
func void(status string) bool {
	switch strings.ToLower(strings.TrimPrefix(status, "wc-")) {
	case "voided", "cancelled", "canceled", "expired", "failed", "trash", "draft", "checkout-draft", "pending", "authorized":
		return true
	}
	return false
}

// across is what the first row says that says it, which becomes the row that is read.
func (r *reading) across(name string) string {
	for _, row := range r.rows {
		r.row = row
		if s := r.text(name); s != "" {
			return s
		}
	}
	r.row = r.rows[0]
	return ""
}

// buyer is the person whom the first row names that names one.
func (r *reading) buyer() person {
	for _, name := range []string{"customer", "email", "phone"} {
		if r.across(name) != "" {
			break
		}
	}
	return r.person()
}

func (r *reading) amount(name string) string {
	if r.across(name) == "" {
		return ""
	}
	return r.number(name)
}

// lines are the order's products as a JSON array, "" for none, and what they come to together.
func (r *reading) lines() (list, sum string) {
	if t, ok := r.c.at["lines"]; ok {
		r.across("lines")
		list = r.nested(t, "lines", '[', "a list of products")
		return list, ""
	}
	var products []json.RawMessage
	total, priced := decimal.Zero, true
	for _, row := range r.rows {
		r.row = row
		w := object{out: []byte{'{'}}
		id, sku, name := r.text("line.product_id"), r.text("line.sku"), r.text("line.name")
		if id == "" && sku == "" && name == "" {
			continue
		}
		if id == "" && sku == "" {
			id = name // what was sold without being in the catalogue
		}
		w.text("product_id", id)
		w.text("sku", sku)
		w.text("name", name)
		price, quantity := r.number("line.price"), r.number("line.quantity")
		w.raw("price", price)
		w.raw("quantity", quantity)
		w.text("category", r.text("line.category"))
		w.text("url", r.text("line.url"))
		w.text("image_url", r.text("line.image_url"))
		products = append(products, w.done())
		cost, err := decimal.NewFromString(price)
		many, bad := decimal.NewFromString(quantity)
		if quantity == "" {
			many, bad = decimal.NewFromInt(1), nil
		}
		priced = priced && err == nil && bad == nil
		total = total.Add(cost.Mul(many))
	}
	if len(products) == 0 {
		return "", ""
	}
	if priced {
		sum = total.String()
	}
	text, _ := json.Marshal(products) // valid pieces make a valid list
	return string(text), sum
}

// groupOf is what the rows of one thing have in common; "" for a row that is one by itself.
func (c *columns) groupOf(row *Row) string {
	if !c.kind.groups || row.err != nil {
		return ""
	}
	for _, name := range []string{"group", "order_id"} {
		if t, ok := c.at[name]; ok {
			return row.text(t.column)
		}
	}
	return ""
}
