package render

import (
	"rapport/pkg/message"
)

// Catalogue is what the shop sells now; a live.Shelf of package catalogue is one.
type Catalogue interface {
	// Record is all that the shop said of a product, as a JSON object; sold, whether it is for
	// sale now. ok is false when nobody spoke of it.
	Record(id string) (record []byte, sold, ok bool)
}

// WithCatalogue has templates see products as they are now: recommendations lose what is no
// longer for sale, unless nothing would be left, and get the present name, price, link
// and picture; catalogue[product_id] is the record of any product. A repeat of the message then
// shows what is for sale at that time. Without it, as in tests of journeys, products are as events and
// orders told, and every catalogue[product_id] is nothing.
func WithCatalogue(c Catalogue) Option { return func(o *choices) { o.catalogue = c } }

// prepare makes the variables of a message.
func (s *Set) prepare(c *message.Command, opts []Option) (map[string]any, *personal, error) {
	vars, err := variables(&s.shop, c)
	if err != nil {
		return nil, nil, err
	}
	var o choices
	for _, set := range opts {
		set(&o)
	}
	links := &personal{shop: &s.shop, of: c, links: o.links}
	vars["links"] = links
	records := &records{catalogue: o.catalogue}
	vars["catalogue"] = records
	if recommended, _ := vars["recommendations"].([]any); o.catalogue != nil && len(recommended) > 0 {
		vars["recommendations"] = records.refresh(recommended)
	}
	return vars, links, nil
}

// records is the variable catalogue: records are read when a template asks for them.
type records struct {
	catalogue Catalogue // nil: there is none
	read      map[string]map[string]any
}

// Property is the record of a product, or nothing.
func (r *records) Property(id string) (any, bool) {
	if found := r.find(id); found != nil {
		return found, true
	}
	return nil, true
}

func (r *records) find(id string) map[string]any {
	if r.catalogue == nil {
		return nil
	}
	if found, ok := r.read[id]; ok {
		return found
	}
	var found map[string]any
	if record, sold, ok := r.catalogue.Record(id); ok {
		var err error
		if found, err = decodeClean(record); err != nil {
			found = nil
		}
		if found != nil {
			found["for_sale"] = sold
			fill([]any{found}, productNames()...)
		}
	}
	if r.read == nil {
		r.read = map[string]map[string]any{}
	}
	r.read[id] = found
	return found
}

// productNames are what templates may print of every product, as nothing where it is not known.
func productNames() []string {
	return []string{"product_id", "sku", "name", "price", "currency", "compare_at_price", "stock", "category", "brand", "url", "image_url"}
}

// refresh is a list of recommended products as they are now.
func (r *records) refresh(recommended []any) []any {
	kept := make([]any, 0, len(recommended))
	for _, e := range recommended {
		m, ok := e.(map[string]any)
		if !ok {
			continue
		}
		id, _ := m["id"].(string)
		now := r.find(id)
		if now == nil {
			kept = append(kept, m)
			continue
		}
		if sold, _ := now["for_sale"].(bool); !sold {
			continue
		}
		for name, value := range now {
			if value != nil {
				m[name] = value
			}
		}
		kept = append(kept, m)
	}
	if len(kept) == 0 {
		return recommended
	}
	return kept
}
