package render

import (
	"maps"
	"slices"

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
// and picture; catalogue[product_id] is the record of any product, of which what nobody told is nothing. A repeat of the
// message then shows what is for sale at that time. Without it, as in tests of journeys, products are as events and
// orders told, and nothing is known of any catalogue[product_id].
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

// Property is the record of a product.
func (r *records) Property(id string) (any, bool) { return record(r.find(id)), true }

// record is what templates see of a product: whatever they ask of it that nobody spoke of is
// nothing, so that a product which the catalogue does not have, or says less of than of others,
// stops no message.
type record map[string]any

// Keys are the names of what is known.
func (r record) Keys() []string { return slices.Sorted(maps.Keys(r)) }

// Property is what is known under a name.
func (r record) Property(name string) (any, bool) { return r[name], true }

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

// refresh is a list of recommended products as they are now: those that are for sale, or all when
// none is.
func (r *records) refresh(recommended []any) []any {
	kept := make([]any, 0, len(recommended))
	for _, e := range recommended {
		m, ok := e.(map[string]any)
		if !ok {
			continue
		}
		id, _ := m["id"].(string)
		now := r.find(id)
		for name, value := range now {
			if value != nil && name != "id" { // What the shop calls id itself is not what orders name.
				m[name] = value
			}
		}
		if sold, known := now["for_sale"].(bool); sold || !known {
			kept = append(kept, m)
		}
	}
	if len(kept) == 0 {
		return recommended
	}
	return kept
}
