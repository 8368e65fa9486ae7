package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"rapport/pkg/jsontext"
)

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

// How many bytes a usual order has without products, and a usual product.
const keptOrder, keptProduct = 256, 112

// trim copies Data without what is not for keeping.
func (e *Event) trim(b *body, maxProducts int) json.RawMessage {
	shorten := len(b.Products) > maxProducts
	s := newScanner(b.text)
	if b.text == "" {
		s.Text = string(e.Data)
	}
	size := len(e.Data)
	if shorten {
		size = min(size, keptOrder+keptProduct*maxProducts)
	}
	out := append(make([]byte, 0, size), '{')
	for name := range s.Members {
		if name == "products" && shorten && b.text != "" {
			s.At = b.ends // They were read before.
			continue
		}
		value := s.Raw()
		switch {
		case name == ProfileProperty, shorten && (name == "products" || name == "product_count"):
		default:
			out = append(append(jsontext.Name(out, name), value...), ',')
		}
	}
	if s.End(); s.Lost() {
		return e.trimUnusual(b, maxProducts)
	}
	if shorten {
		// The kept products are written anew, in the names of Product: the rest of what the
		// shop said about each line is not for keeping in every instance.
		out = appendProducts(jsontext.Name(out, "products"), b.Products[:maxProducts])
		out = append(strconv.AppendInt(jsontext.Next(out, "product_count"), int64(len(b.Products)), 10), ',')
	}
	return append(jsontext.WithoutComma(out), '}')
}

// trimUnusual does the same to what a scanner cannot read.
func (e *Event) trimUnusual(b *body, maxProducts int) json.RawMessage {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(e.Data, &all); err != nil {
		return e.Data
	}
	delete(all, ProfileProperty)
	if n := len(b.Products); n > maxProducts {
		all["products"] = appendProducts(nil, b.Products[:maxProducts])
		all["product_count"] = strconv.AppendInt(nil, int64(n), 10)
	}
	short, err := json.Marshal(all)
	if err != nil {
		return e.Data
	}
	return short
}

// appendProducts is json.Marshal of products.
func appendProducts(out []byte, list []Product) []byte {
	out = append(out, '[')
	for i := range list {
		p := &list[i]
		out = jsontext.String(jsontext.Name(append(out, '{'), "product_id"), p.ProductID)
		out = jsontext.Optional(out, "sku", p.SKU)
		out = jsontext.Optional(out, "name", p.Name)
		if p.Price != "" {
			out = append(jsontext.Next(out, "price"), p.Price...)
		}
		if p.Quantity != 0 {
			out = jsontext.Number(jsontext.Next(out, "quantity"), p.Quantity)
		}
		out = jsontext.Optional(out, "category", p.Category)
		out = jsontext.Optional(out, "url", p.URL)
		out = jsontext.Optional(out, "image_url", p.ImageURL)
		if p.Recommendable != nil {
			out = strconv.AppendBool(jsontext.Next(out, "recommendable"), *p.Recommendable)
		}
		out = append(out, '}', ',')
	}
	return append(jsontext.WithoutComma(out), ']')
}

// MoreProperty is the reserved property in which a record keeps the products of a long order
// that it does not keep whole: as products, with no more than their key.
const MoreProperty = "$more"

// Kept is Data for the record: as Trimmed, but with what the event says about the person, and
// with the keys of the products that were cut off, so that whoever replays the record knows
// what was known then. Restored is the way back.
func (e *Event) Kept(maxProducts int) json.RawMessage {
	b, err := e.decode()
	if err != nil || len(b.Products) <= maxProducts {
		return e.Data
	}
	short := e.Trimmed(maxProducts)
	if len(short) <= len("{}") {
		return short
	}
	out := append(make([]byte, 0, len(short)+keptKey*(len(b.Products)-maxProducts)+keptOrder), short[:len(short)-1]...)
	keys := make([]Product, 0, len(b.Products)-maxProducts)
	for _, p := range b.Products[maxProducts:] {
		keys = append(keys, Product{ProductID: p.Key(), Recommendable: p.Recommendable})
	}
	out = appendProducts(jsontext.Next(out, MoreProperty), keys)
	if b.Profile != nil {
		if about, err := json.Marshal(b.Profile); err == nil {
			out = append(jsontext.Next(out, ProfileProperty), about...)
		}
	}
	return append(out, '}')
}

// How many bytes a product takes of which only the key is kept.
const keptKey = 26

// Restored is what Kept was made of, as far as it was kept: an order has all its products
// again.
func Restored(kept json.RawMessage) (json.RawMessage, error) {
	if !bytes.Contains(kept, []byte(`"`+MoreProperty+`":[`)) {
		return kept, nil
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(kept, &all); err != nil {
		return nil, fmt.Errorf("read what was kept of an event: %w", err)
	}
	var products, more []json.RawMessage
	if err := errors.Join(json.Unmarshal(all["products"], &products), json.Unmarshal(all[MoreProperty], &more)); err != nil {
		return nil, fmt.Errorf("read the products that were kept of an order: %w", err)
	}
	delete(all, MoreProperty)
	delete(all, "product_count")
	var err error
	if all["products"], err = json.Marshal(append(products, more...)); err != nil {
		return nil, fmt.Errorf("put an order together: %w", err)
	}
	out, err := json.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("put an order together: %w", err)
	}
	return out, nil
}
