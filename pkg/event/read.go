package event

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// readEnvelope is json.Unmarshal into an envelope, for what a scanner can read. Data
// shares b's memory, the other fields share a copy of b.
func readEnvelope(b []byte) (env envelope, ok bool) {
	s, seen := scanner{text: string(b)}, uint(0)
	for name := range s.members {
		switch name {
		case "specversion":
			s.once(&seen, 0)
			env.SpecVersion = s.string()
		case "id":
			s.once(&seen, 1)
			env.ID = s.string()
		case "source":
			s.once(&seen, 2)
			env.Source = s.string()
		case "type":
			s.once(&seen, 3)
			env.Type = s.string()
		case "subject":
			s.once(&seen, 4)
			env.Subject = s.string()
		case "time":
			s.once(&seen, 5)
			env.Time = s.string()
		case "datacontenttype":
			s.once(&seen, 6)
			env.DataContentType = s.string()
		case "data":
			s.once(&seen, 7)
			s.data(&env, b)
		default:
			s.skip(name, "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data")
		}
	}
	s.end()
	return env, !s.lost
}

// data reads the data of an event, and what Rapport itself wants of it on the way if it knows
// the type by then: a pass of its own for that took a third of the time of both.
func (s *scanner) data(env *envelope, all []byte) {
	s.peek()
	start, depth := s.at, s.depth
	if env.Type != "" && !s.lost {
		if read := s.body(isOrder(env.Type)); !s.lost {
			env.read = read
		} else {
			s.lost, s.at, s.depth = false, start, depth
		}
	}
	if env.read == nil {
		s.raw()
	}
	env.Data = all[start:s.at:s.at]
}

// readBody is json.Unmarshal into a body, for what a scanner can read.
func readBody(text string, order bool) (*body, bool) {
	s := scanner{text: text}
	b := s.body(order)
	s.end()
	return b, !s.lost
}

// body reads all that a body has for an order, else the reserved property.
func (s *scanner) body(order bool) *body {
	var b body
	seen := uint(0)
	s.peek()
	start := s.at
	for name := range s.members {
		switch {
		case name == ProfileProperty:
			s.once(&seen, 0)
			b.Profile = s.profile()
		case order:
			s.orderMember(&b, name, &seen)
		default:
			s.skip(name, ProfileProperty)
		}
	}
	b.text = s.text[start:s.at]
	b.ends -= start
	return &b
}

func (s *scanner) orderMember(o *body, name string, seen *uint) {
	switch name {
	case "order_id":
		s.once(seen, 1)
		o.OrderID = s.string()
	case "total":
		s.once(seen, 2)
		s.into(&o.Total)
	case "revenue":
		s.once(seen, 3)
		s.into(&o.Revenue)
	case "currency":
		s.once(seen, 4)
		o.Currency = s.string()
	case "products":
		s.once(seen, 5)
		o.Products = s.products()
		o.ends = s.at
	case "product_count":
		s.once(seen, 6)
		n, err := strconv.Atoi(s.number())
		s.must(err)
		o.ProductCount = n
	default:
		s.skip(name, ProfileProperty, "order_id", "total", "revenue", "currency", "products", "product_count")
	}
}

// maxGuess bounds the memory that is taken before anything has been read.
const maxGuess = 512

func (s *scanner) products() []Product {
	// There are at most as many as braces follow, give or take what comes after them.
	list := make([]Product, 0, min(strings.Count(s.text[s.at:], "{"), maxGuess))
	for range s.elements {
		list = append(list, Product{})
		s.product(&list[len(list)-1])
	}
	return list
}

func (s *scanner) product(p *Product) {
	seen := uint(0)
	for name := range s.members {
		switch name {
		case "product_id":
			s.once(&seen, 0)
			p.ProductID = s.string()
		case "sku":
			s.once(&seen, 1)
			p.SKU = s.string()
		case "name":
			s.once(&seen, 2)
			p.Name = s.string()
		case "price":
			s.once(&seen, 3)
			p.Price = json.Number(s.number())
		case "quantity":
			s.once(&seen, 4)
			quantity, err := strconv.ParseFloat(s.number(), 64)
			s.must(err)
			p.Quantity = quantity
		case "category":
			s.once(&seen, 5)
			p.Category = s.string()
		case "url":
			s.once(&seen, 6)
			p.URL = s.string()
		case "image_url":
			s.once(&seen, 7)
			p.ImageURL = s.string()
		case "recommendable":
			s.once(&seen, 8)
			yes := s.bool()
			p.Recommendable = &yes
		default:
			s.skip(name, "product_id", "sku", "name", "price", "quantity", "category", "url", "image_url", "recommendable")
		}
	}
}

func (s *scanner) profile() *ProfileUpdate {
	u, seen := &ProfileUpdate{}, uint(0)
	for name := range s.members {
		switch name {
		case "traits":
			s.once(&seen, 0)
			u.Traits = s.traits()
		case "consent":
			s.once(&seen, 1)
			u.Consent = []ConsentUpdate{}
			for range s.elements {
				u.Consent = append(u.Consent, s.consent())
			}
		default:
			s.skip(name, "traits", "consent")
		}
	}
	return u
}

// traits reads values of any kind; most are text.
func (s *scanner) traits() map[string]any {
	all := map[string]any{}
	for name := range s.members {
		if s.peek() == '"' {
			all[name] = s.string()
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
	for name := range s.members {
		switch name {
		case "channel":
			s.once(&seen, 0)
			c.Channel = s.string()
		case "purpose":
			s.once(&seen, 1)
			c.Purpose = s.string()
		case "granted":
			s.once(&seen, 2)
			c.Granted = s.bool()
		case "source":
			s.once(&seen, 3)
			c.Source = s.string()
		case "at":
			s.once(&seen, 4)
			c.At = s.time()
		default:
			s.skip(name, "channel", "purpose", "granted", "source", "at")
		}
	}
	return c
}

func (s *scanner) time() (t time.Time) {
	s.peek()
	start := s.at
	s.string()
	s.must(t.UnmarshalJSON([]byte(s.text[start:s.at])))
	return t
}

// into reads any value by its own rules.
func (s *scanner) into(value any) {
	raw := []byte(s.raw())
	if s.lost {
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
		s.giveUp()
	}
}
