package event

import (
	"encoding/json"
	"strconv"
	"strings"
)

// readEnvelope is json.Unmarshal into an envelope, for what a scanner can read. Data
// shares b's memory, the other fields share a copy of b.
func readEnvelope(b []byte) (env envelope, ok bool) {
	s, seen := newScanner(string(b)), uint(0)
	for name := range s.Members {
		switch name {
		case "specversion":
			s.Once(&seen, 0)
			env.SpecVersion = s.Quoted()
		case "id":
			s.Once(&seen, 1)
			env.ID = s.Quoted()
		case "source":
			s.Once(&seen, 2)
			env.Source = s.Quoted()
		case "type":
			s.Once(&seen, 3)
			env.Type = s.Quoted()
		case "subject":
			s.Once(&seen, 4)
			env.Subject = s.Quoted()
		case "time":
			s.Once(&seen, 5)
			env.Time = s.Quoted()
		case "datacontenttype":
			s.Once(&seen, 6)
			env.DataContentType = s.Quoted()
		case "data":
			s.Once(&seen, 7)
			s.data(&env, b)
		case "rapportof":
			s.Once(&seen, 8)
			env.Of = s.Quoted()
		case "rapportpast":
			s.Once(&seen, 9)
			env.Past = s.Bool()
		default:
			s.Skip(name, "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data", "rapportof", "rapportpast")
		}
	}
	s.End()
	return env, !s.Lost()
}

// data reads the data of an event, and what Rapport itself wants of it on the way if it knows
// the type by then: a pass of its own for that took a third of the time of both.
func (s *scanner) data(env *envelope, all []byte) {
	s.Peek()
	before := s.Scanner
	if env.Type != "" && !s.Lost() {
		if read := s.body(isOrder(env.Type)); !s.Lost() {
			env.read = read
		} else {
			s.Scanner = before
		}
	}
	if env.read == nil {
		s.Raw()
	}
	env.Data = all[before.At:s.At:s.At]
}

// readBody is json.Unmarshal into a body, for what a scanner can read.
func readBody(text string, order bool) (*body, bool) {
	s := newScanner(text)
	b := s.body(order)
	s.End()
	return b, !s.Lost()
}

// body reads all that a body has for an order, else the reserved property.
func (s *scanner) body(order bool) *body {
	var b body
	seen := uint(0)
	s.Peek()
	start := s.At
	for name := range s.Members {
		switch {
		case name == ProfileProperty:
			s.Once(&seen, 0)
			b.Profile = s.profile()
		case order:
			s.orderMember(&b, name, &seen)
		default:
			s.Skip(name, ProfileProperty)
		}
	}
	b.text = s.Text[start:s.At]
	b.ends -= start
	return &b
}

func (s *scanner) orderMember(o *body, name string, seen *uint) {
	switch name {
	case "order_id":
		s.Once(seen, 1)
		o.OrderID = s.Quoted()
	case "total":
		s.Once(seen, 2)
		s.into(&o.Total)
	case "revenue":
		s.Once(seen, 3)
		s.into(&o.Revenue)
	case "currency":
		s.Once(seen, 4)
		o.Currency = s.Quoted()
	case "products":
		s.Once(seen, 5)
		o.Products = s.products()
		o.ends = s.At
	case "product_count":
		s.Once(seen, 6)
		n, err := strconv.Atoi(s.Number())
		s.must(err)
		o.ProductCount = n
	default:
		s.Skip(name, ProfileProperty, "order_id", "total", "revenue", "currency", "products", "product_count")
	}
}

// maxGuess bounds the memory that is taken before anything has been read.
const maxGuess = 512

func (s *scanner) products() []Product {
	// There are at most as many as braces follow, give or take what comes after them.
	list := make([]Product, 0, min(strings.Count(s.Text[s.At:], "{"), maxGuess))
	for range s.Elements {
		list = append(list, Product{})
		s.product(&list[len(list)-1])
	}
	return list
}

func (s *scanner) product(p *Product) {
	seen := uint(0)
	for name := range s.Members {
		switch name {
		case "product_id":
			s.Once(&seen, 0)
			p.ProductID = s.Quoted()
		case "sku":
			s.Once(&seen, 1)
			p.SKU = s.Quoted()
		case "name":
			s.Once(&seen, 2)
			p.Name = s.Quoted()
		case "price":
			s.Once(&seen, 3)
			p.Price = json.Number(s.Number())
		case "quantity":
			s.Once(&seen, 4)
			quantity, err := strconv.ParseFloat(s.Number(), 64)
			s.must(err)
			p.Quantity = quantity
		case "category":
			s.Once(&seen, 5)
			p.Category = s.Quoted()
		case "url":
			s.Once(&seen, 6)
			p.URL = s.Quoted()
		case "image_url":
			s.Once(&seen, 7)
			p.ImageURL = s.Quoted()
		case "recommendable":
			s.Once(&seen, 8)
			yes := s.Bool()
			p.Recommendable = &yes
		default:
			s.Skip(name, "product_id", "sku", "name", "price", "quantity", "category", "url", "image_url", "recommendable")
		}
	}
}

func (s *scanner) profile() *ProfileUpdate {
	u, seen := &ProfileUpdate{}, uint(0)
	for name := range s.Members {
		switch name {
		case "traits":
			s.Once(&seen, 0)
			u.Traits = s.traits()
		case "consent":
			s.Once(&seen, 1)
			u.Consent = []ConsentUpdate{}
			for range s.Elements {
				u.Consent = append(u.Consent, s.consent())
			}
		case "also":
			s.Once(&seen, 2)
			u.Also = []string{}
			for range s.Elements {
				u.Also = append(u.Also, s.Quoted())
			}
		default:
			s.Skip(name, "traits", "consent", "also")
		}
	}
	return u
}

// traits reads values of any kind; most are text.
func (s *scanner) traits() map[string]any {
	all := map[string]any{}
	for name := range s.Members {
		if s.Peek() == '"' {
			all[name] = s.Quoted()
			continue
		}
		var value any
		s.into(&value)
		all[name] = value
	}
	return all
}

func (s *scanner) consent() (c ConsentUpdate) {
	seen := uint(0)
	for name := range s.Members {
		switch name {
		case "channel":
			s.Once(&seen, 0)
			c.Channel = s.Quoted()
		case "purpose":
			s.Once(&seen, 1)
			c.Purpose = s.Quoted()
		case "granted":
			s.Once(&seen, 2)
			c.Granted = s.Bool()
		case "source":
			s.Once(&seen, 3)
			c.Source = s.Quoted()
		case "at":
			s.Once(&seen, 4)
			c.At = s.Time()
		case "proof":
			s.Once(&seen, 5)
			c.Proof = s.Quoted()
		case "confirmed":
			s.Once(&seen, 6)
			c.Confirmed = s.Bool()
		default:
			s.Skip(name, "channel", "purpose", "granted", "source", "at", "proof", "confirmed")
		}
	}
	return c
}

// into reads any value by its own rules.
func (s *scanner) into(value any) {
	raw := []byte(s.Raw())
	if s.Lost() {
		return
	}
	if u, ok := value.(json.Unmarshaler); ok {
		s.must(u.UnmarshalJSON(raw))
		return
	}
	s.must(json.Unmarshal(raw, value))
}

// must gives up when a value could not be read.
func (s *scanner) must(err error) {
	if err != nil {
		s.GiveUp()
	}
}
