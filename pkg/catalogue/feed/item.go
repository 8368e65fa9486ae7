package feed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"rapport/pkg/catalogue"
	"rapport/pkg/event"
)

// field is the name that package catalogue has for an attribute; "" for one that is of no use.
func field(attribute string) string {
	switch name := plain(attribute); name {
	case "id", "product_id", "item_id", "offer_id":
		return "product_id"
	case "title", "name", "product_name":
		return "name"
	case "link", "url", "product_url":
		return "url"
	case "image_link", "image_url", "image":
		return "image_url"
	case "quantity", "stock", "inventory", "sell_on_google_quantity", "quantity_to_sell_on_facebook":
		return "stock"
	case "price", "sale_price", "sale_price_effective_date", "currency", "compare_at_price", "availability", "available",
		"product_type", "google_product_category", "category", "brand", "sku", "item_group_id", "gtin", "updated_at":
		return name
	}
	return ""
}

// plain is an attribute's name in lower case, with _ for spaces and without the prefix of its namespace.
func plain(attribute string) string {
	name := strings.ToLower(strings.TrimSpace(attribute))
	if _, local, ok := strings.Cut(name, ":"); ok {
		name = local
	}
	return strings.NewReplacer(" ", "_", "-", "_").Replace(name)
}

// product is the record of a product, by the names of field.
func product(of map[string]string, now time.Time) (id string, record []byte, err error) {
	id = of["product_id"]
	out := map[string]any{}
	for _, name := range []string{"product_id", "name", "url", "image_url", "brand", "sku", "item_group_id", "gtin", "updated_at"} {
		if v := of[name]; v != "" {
			out[name] = v
		}
	}
	if err := prices(of, out, now); err != nil {
		return id, nil, err
	}
	if v := of["stock"]; v != "" {
		n, _, ok := money(v)
		if !ok {
			return id, nil, fmt.Errorf("stock is %.40q, must be a number", v)
		}
		out["stock"] = json.Number(n)
	}
	if v := first(of["available"], of["availability"]); v != "" {
		buyable, ok := available(v)
		if !ok {
			return id, nil, fmt.Errorf("availability is %.40q, must be in_stock, out_of_stock, preorder or backorder", v)
		}
		out["available"] = buyable
	}
	if v := lastLevel(first(of["category"], of["product_type"], of["google_product_category"])); v != "" {
		out["category"] = v
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // The record is what templates print of it.
	if err := e.Encode(out); err != nil {
		return id, nil, fmt.Errorf("write it as JSON: %w", err)
	}
	p, err := catalogue.Parse(text.Bytes())
	var wrong *event.FieldError
	if errors.As(err, &wrong) {
		return id, nil, fmt.Errorf("%s %s", strings.TrimPrefix(wrong.Field, "data."), wrong.Reason)
	}
	return id, p.Record, err
}

// prices puts the price that holds now, and the one before.
func prices(of map[string]string, out map[string]any, now time.Time) error {
	price, before := of["price"], of["compare_at_price"]
	if sale := of["sale_price"]; sale != "" && within(of["sale_price_effective_date"], now) {
		price, before = sale, first(before, price)
	}
	if of["currency"] != "" {
		out["currency"] = strings.ToUpper(of["currency"])
	}
	for _, p := range []struct{ name, text string }{{"price", price}, {"compare_at_price", before}} {
		if p.text == "" {
			continue
		}
		amount, currency, ok := money(p.text)
		if !ok {
			return fmt.Errorf("%s is %.40q, must be an amount such as 12.50 GBP", p.name, p.text)
		}
		out[p.name] = json.Number(amount)
		if currency != "" {
			out["currency"] = currency
		}
	}
	if before == "" {
		out["compare_at_price"] = nil // A sale that is over leaves nothing behind.
	}
	return nil
}

// money reads an amount and the currency beside it, if there is one.
func money(text string) (amount, currency string, ok bool) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\u00a0", " "))
	begins, ends := strings.IndexAny(text, "0123456789"), strings.LastIndexAny(text, "0123456789")
	if begins < 0 {
		return "", "", false
	}
	amount, currency = text[begins:ends+1], strings.TrimSpace(text[:begins]+text[ends+1:])
	if currency == "-" || len(currency) != 0 && !isCurrency(currency) {
		return "", "", false
	}
	amount = strings.NewReplacer(" ", "", "'", "").Replace(amount)
	dot, comma := strings.LastIndexByte(amount, '.'), strings.LastIndexByte(amount, ',')
	switch {
	case comma > dot && (dot >= 0 || len(amount)-comma-1 != 3): // 1.299,00 and 12,5
		amount = strings.ReplaceAll(strings.ReplaceAll(amount, ".", ""), ",", ".")
	default: // 1,299.00 and 1,299
		amount = strings.ReplaceAll(amount, ",", "")
	}
	amount, ok = number(amount)
	return amount, strings.ToUpper(currency), ok
}

// number is digits with a point as JSON has them, which begin with no 0 too many.
func number(s string) (string, bool) {
	whole, rest, point := strings.Cut(s, ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	if !digits(whole) || point && !digits(rest) {
		return "", false
	}
	whole = strings.TrimLeft(whole[:len(whole)-1], "0") + whole[len(whole)-1:]
	if point {
		return whole + "." + rest, true
	}
	return whole, true
}

func isCurrency(s string) bool {
	return len(s) == 3 && strings.Trim(strings.ToUpper(s), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// within reports whether a time is in an interval of ISO 8601, as "2026-03-01T00:00+0100/2026-03-08T00:00+0100";
// an empty one is always. One that cannot be read never is: then the higher price is told.
func within(interval string, now time.Time) bool {
	if interval == "" {
		return true
	}
	from, until, ok := strings.Cut(interval, "/")
	if !ok {
		return false
	}
	begin, ok1 := moment(from)
	end, ok2 := moment(until)
	return ok1 && ok2 && !now.Before(begin) && now.Before(end)
}

func moment(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04-0700", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05-0700", "2006-01-02"} {
		if at, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

func available(text string) (yes, ok bool) {
	switch plain(text) {
	case "in_stock", "instock", "preorder", "backorder", "limited_availability", "available", "available_for_order", "true", "yes", "1":
		return true, true
	case "out_of_stock", "outofstock", "sold_out", "soldout", "discontinued", "unavailable", "false", "no", "0":
		return false, true
	}
	return false, false
}

// lastLevel is the last part of a path such as "Home > Lighting > Lamps".
func lastLevel(path string) string {
	return strings.TrimSpace(path[strings.LastIndexByte(path, '>')+1:])
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
