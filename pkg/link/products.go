package link

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"

	"rapport/pkg/jsontext"
	"rapport/pkg/message"
)

// products are those of a message's variables by their addresses, read when first asked for.
type products struct {
	read bool
	by   map[string]product
}

// product is one as events and recommendations tell of it.
type product struct {
	ProductID text `json:"product_id"`
	ID        text `json:"id"`
	SKU       text `json:"sku"`
	URL       text `json:"url"`
	Category  text `json:"category"`
}

// text is a JSON string, or a number as it is written; nothing else.
type text string

// UnmarshalJSON never fails: a page goes out whatever its shop wrote into an event.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil && len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9') {
		s = string(b)
	}
	*t = text(s)
	return nil
}

// complete says which product a target leads to, as far as the page did not.
func (p *products) complete(to *Target, c *message.Command) {
	if !p.read {
		p.read = true
		p.all(c.Vars)
	}
	known, ok := p.by[to.URL]
	if !ok {
		return
	}
	id := string(known.ProductID)
	id = or(or(id, string(known.ID)), string(known.SKU))
	if to.Product != "" && to.Product != id {
		return // The page knows better, and the category is that of another product.
	}
	to.Product, to.Category = id, or(to.Category, string(known.Category))
}

// all reads trigger.products, the trigger itself where it is about one product, and
// recommendations.
func (p *products) all(vars json.RawMessage) {
	if !bytes.Contains(vars, []byte(`"url"`)) {
		return
	}
	p.by = map[string]product{}
	s := jsontext.Scanner{Text: string(vars)}
	var seen uint
	for name := range s.Members {
		switch name {
		case "trigger":
			s.Once(&seen, 0)
			p.trigger(&s)
		case "recommendations":
			s.Once(&seen, 1)
			p.list(&s)
		default:
			s.Raw()
		}
	}
	if s.End(); s.Lost() {
		p.unusual(vars)
	}
}

func (p *products) trigger(s *jsontext.Scanner) {
	var own product
	for name := range s.Members {
		if name == "products" {
			p.list(s)
		} else {
			own.member(s, name)
		}
	}
	own.ID = "" // An event's id is not a product's.
	p.add(own)
}

func (p *products) list(s *jsontext.Scanner) {
	for range s.Elements {
		var one product
		for name := range s.Members {
			one.member(s, name)
		}
		p.add(one)
	}
}

// member reads one property, whatever it is.
func (p *product) member(s *jsontext.Scanner, name string) {
	into := (*text)(nil)
	switch name {
	case "product_id":
		into = &p.ProductID
	case "id":
		into = &p.ID
	case "sku":
		into = &p.SKU
	case "url":
		into = &p.URL
	case "category":
		into = &p.Category
	}
	switch c := s.Peek(); {
	case into == nil:
		s.Raw()
	case c == '"':
		*into = text(s.Quoted())
	case c == '-' || c >= '0' && c <= '9':
		*into = text(s.Number())
	default:
		s.Raw()
	}
}

// unusual reads variables that the scanner leaves to encoding/json.
func (p *products) unusual(vars json.RawMessage) {
	clear(p.by)
	var v struct {
		Trigger         json.RawMessage `json:"trigger"`
		Recommendations json.RawMessage `json:"recommendations"`
	}
	if json.Unmarshal(vars, &v) != nil {
		return
	}
	var own struct {
		product
		Products json.RawMessage `json:"products"`
	}
	_ = json.Unmarshal(v.Trigger, &own) // What is no object tells of no product.
	own.ID = ""
	p.elements(own.Products)
	p.add(own.product)
	p.elements(v.Recommendations)
}

func (p *products) elements(list json.RawMessage) {
	var elements []json.RawMessage
	_ = json.Unmarshal(list, &elements) // What is no list tells of no product, either.
	for _, e := range elements {
		var one product
		_ = json.Unmarshal(e, &one)
		p.add(one)
	}
}

// add remembers a product by its address, also as templates print it. The first of two holds.
func (p *products) add(one product) {
	raw := strings.TrimSpace(string(one.URL))
	if Plain(raw) {
		if _, ok := p.by[raw]; !ok {
			p.by[raw] = one
		}
		return
	}
	u, err := url.Parse(raw)
	if raw == "" || err != nil {
		return
	}
	for _, address := range [...]string{raw, u.String()} {
		if _, ok := p.by[address]; !ok {
			p.by[address] = one
		}
	}
}
