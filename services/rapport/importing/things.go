package importing

import (
	"encoding/json"
	"strings"
	"time"

	"rapport/pkg/client"
	"rapport/pkg/event"
	"rapport/pkg/jsontext"
)

// product makes the call of a row about a product.
func (r *reading) product() ([]client.Call, *Refusal) {
	id := r.needed("product_id", ": name the product")
	w := object{out: []byte{'{'}}
	w.text("product_id", id)
	for _, name := range []string{"sku", "name"} {
		w.text(name, r.text(name))
	}
	w.raw("price", r.number("price"))
	w.text("currency", strings.ToUpper(r.text("currency")))
	w.raw("compare_at_price", r.number("compare_at_price"))
	stock := r.number("stock")
	if strings.ContainsRune(stock, '.') {
		r.wrong("stock", "is %q: use a whole number", stock)
	}
	w.raw("stock", stock)
	if said, available := r.flag("available"); said {
		w.raw("available", map[bool]string{true: "true", false: "false"}[available])
	}
	w.text("url", r.text("url"))
	picture, _, _ := strings.Cut(r.text("image_url"), ",") // some list several
	w.text("image_url", picture)
	w.text("category", r.text("category"))
	w.text("brand", r.text("brand"))
	at := r.time("updated_at")
	w.text("updated_at", at.Format(time.RFC3339Nano))
	return []client.Call{{
		ID: idOf("product", id, r.all()), Type: event.ProductUpdated, Subject: id, Time: at, Data: w.done(),
	}}, nil
}

// event makes the call of a row about anything.
func (r *reading) event() ([]client.Call, *Refusal) {
	p := r.person()
	subject := ""
	if anonymous := r.text("anonymous_id"); anonymous != "" && p == (person{}) {
		subject = client.Anonymous(anonymous)
	} else {
		subject = r.subject(p)
	}
	typ := event.TypeFromName(r.needed("type", ": name what happened"))
	r.needed("at", ": say when it happened")
	w := object{out: []byte{'{'}}
	for _, x := range r.c.extra {
		t := x.target
		if t.typ == "" && amount(x.key) {
			t.typ = "number"
		}
		w.raw(x.key, r.typed(t))
	}
	if more := r.object("properties"); len(more) > 2 {
		w.out = append(append(w.out, more[1:len(more)-1]...), ',')
	}
	w.raw(event.ProfileProperty, r.describe(p))
	id := r.text("event_id")
	if id == "" {
		id = idOf("event", subject, typ, r.all())
	}
	return []client.Call{{ID: id, Type: typ, Subject: subject, Time: r.time("at"), Data: w.done()}}, nil
}

// amount reports whether a property of events is a number by its name, as in Segment's
// e-commerce specification.
func amount(property string) bool {
	switch property {
	case "total", "revenue", "price", "quantity", "tax", "shipping", "discount", "subtotal", "value", "position":
		return true
	}
	return false
}

// object writes a JSON object member by member; what is empty is left out.
type object struct{ out []byte }

func (o *object) text(name, value string) {
	if value != "" {
		o.out = append(jsontext.String(jsontext.Name(o.out, name), value), ',')
	}
}

func (o *object) raw(name, value string) {
	if value != "" {
		o.out = append(append(jsontext.Name(o.out, name), value...), ',')
	}
}

func (o *object) done() json.RawMessage { return append(jsontext.WithoutComma(o.out), '}') }
