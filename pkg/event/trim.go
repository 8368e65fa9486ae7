package event

import (
	"encoding/json"
	"strconv"
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
	s := scanner{text: string(e.Data)}
	size := len(e.Data)
	if shorten {
		size = min(size, keptOrder+keptProduct*maxProducts)
	}
	out := append(make([]byte, 0, size), '{')
	for name := range s.members {
		value := s.raw()
		switch {
		case name == ProfileProperty, shorten && (name == "products" || name == "product_count"):
		default:
			out = append(append(appendMember(out, name), value...), ',')
		}
	}
	if s.end(); s.lost {
		return e.trimUnusual(b, maxProducts)
	}
	if shorten {
		// The kept products are written anew, in the names of Product: the rest of what the
		// shop said about each line is not for keeping in every instance.
		out = appendProducts(appendMember(out, "products"), b.Products[:maxProducts])
		out = append(strconv.AppendInt(appendMember(append(out, ','), "product_count"), int64(len(b.Products)), 10), ',')
	}
	return append(withoutComma(out), '}')
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
		out = appendString(appendMember(append(out, '{'), "product_id"), p.ProductID)
		out = appendOptional(out, "sku", p.SKU)
		out = appendOptional(out, "name", p.Name)
		if p.Price != "" {
			out = append(appendMember(append(out, ','), "price"), p.Price...)
		}
		if p.Quantity != 0 {
			out = appendNumber(appendMember(append(out, ','), "quantity"), p.Quantity)
		}
		out = appendOptional(out, "category", p.Category)
		out = appendOptional(out, "url", p.URL)
		out = appendOptional(out, "image_url", p.ImageURL)
		if p.Recommendable != nil {
			out = strconv.AppendBool(appendMember(append(out, ','), "recommendable"), *p.Recommendable)
		}
		out = append(out, '}', ',')
	}
	return append(withoutComma(out), ']')
}

func appendOptional(out []byte, name, value string) []byte {
	if value == "" {
		return out
	}
	return appendString(appendMember(append(out, ','), name), value)
}

func appendMember(out []byte, name string) []byte { return append(appendString(out, name), ':') }

// appendString is json.Marshal of a string.
func appendString(out []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			quoted, _ := json.Marshal(s) // It never fails: what is no UTF-8 is replaced.
			return append(out, quoted...)
		}
	}
	return append(append(append(out, '"'), s...), '"')
}

// appendNumber is json.Marshal of a number that came from JSON.
func appendNumber(out []byte, f float64) []byte {
	if i := int64(f); float64(i) == f && -1e15 < f && f < 1e15 {
		return strconv.AppendInt(out, i, 10)
	}
	number, _ := json.Marshal(f) // It never fails: JSON has no infinity.
	return append(out, number...)
}

// withoutComma takes back the comma after a last member or element.
func withoutComma(out []byte) []byte {
	if last := len(out) - 1; out[last] == ',' {
		return out[:last]
	}
	return out
}

// Kept is Data for the record: as Trimmed, but with what the event says about the person,
// so that whoever replays the record knows what was known then.
func (e *Event) Kept(maxProducts int) json.RawMessage {
	b, err := e.decode()
	if err != nil || len(b.Products) <= maxProducts {
		return e.Data
	}
	short := e.Trimmed(maxProducts)
	if b.Profile == nil {
		return short
	}
	about, err := json.Marshal(b.Profile)
	if err != nil || len(short) < len("{}") {
		return short
	}
	out := make([]byte, 0, len(short)+len(about)+len(ProfileProperty)+len(`,"":`))
	out = append(out, short[:len(short)-1]...)
	if len(short) > len("{}") {
		out = append(out, ',')
	}
	return append(append(appendMember(out, ProfileProperty), about...), '}')
}
