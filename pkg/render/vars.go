package render

import (
	"fmt"
	"net/url"
	"strings"

	"rapport/pkg/link"
	"rapport/pkg/message"
)

// variables are what a template may name:
//
//	profile          the person: id, traits, orders
//	trigger, event   the data of the event that entered (two names for one thing); of an
//	                 order: order_id, total, currency, products, product_count
//	recommendations  products: id, name, category, price, currency, compare_at_price, url, image_url; may be empty
//	catalogue        products as they are now, by id: catalogue[line.product_id].stock (WithCatalogue)
//	shop             name, url, currency, locale, timezone, address (lines), email, reply_to
//	links            unsubscribe, preferences, confirm: addresses that belong to the person
//	message          id, journey, step, template, channel, category
//
// Properties of products that a shop may leave out are there as nothing, so that a template
// may print them; what it needs of a person it has to give a default.
func variables(shop *Shop, c *message.Command) (map[string]any, error) {
	vars := map[string]any{}
	if len(c.Vars) > 0 {
		var err error
		if vars, err = decodeClean(c.Vars); err != nil {
			return nil, fmt.Errorf("the message's variables are no JSON object: %w", err)
		}
		if vars == nil { // null
			vars = map[string]any{}
		}
	}
	profile := objectAt(vars, "profile")
	if _, ok := profile["id"]; !ok {
		profile["id"] = c.Profile
	}
	trigger := objectAt(vars, "trigger")
	completeOrder(trigger, shop.Currency)
	vars["event"] = trigger
	recommended, _ := vars["recommendations"].([]any)
	fill(recommended, append(productNames(), "id", "for_sale")...)
	if recommended == nil {
		recommended = []any{}
	}
	vars["recommendations"] = recommended
	vars["message"] = map[string]any{
		"id": c.ID, "journey": c.Journey, "step": c.Step, "template": c.Template,
		"channel": string(c.Channel), "category": string(c.Category),
	}
	return vars, nil
}

func shopVariables(s *Shop) map[string]any {
	address := make([]any, len(s.Address))
	for i, line := range s.Address {
		address[i] = line
	}
	return map[string]any{
		"name": s.Name, "url": s.URL, "currency": s.Currency, "locale": s.Locale, "timezone": s.Timezone,
		"address": address, "email": s.FromAddress, "reply_to": s.answersTo(),
	}
}

func objectAt(vars map[string]any, name string) map[string]any {
	m, _ := vars[name].(map[string]any)
	if m == nil {
		m = map[string]any{}
		vars[name] = m
	}
	return m
}

// completeOrder gives an order what templates count on.
func completeOrder(trigger map[string]any, currency string) {
	products, _ := trigger["products"].([]any)
	fill(products, "product_id", "sku", "name", "price", "quantity", "category", "url", "image_url")
	if products == nil {
		products = []any{}
	}
	trigger["products"] = products
	if trigger["product_count"] == nil {
		trigger["product_count"] = len(products)
	}
	if s, _ := trigger["currency"].(string); s == "" {
		trigger["currency"] = currency
	}
}

// fill adds the names that elements leave out, as nothing.
func fill(list []any, names ...string) {
	for _, e := range list {
		m, ok := e.(map[string]any)
		if !ok {
			continue
		}
		for _, n := range names {
			if _, ok := m[n]; !ok {
				m[n] = nil
			}
		}
	}
}

// clean drops addresses that a mail should not link to: one bad product of a shop's feed
// must not stop the mail that names it.
func clean(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			clean(e)
		}
	case map[string]any:
		for name, e := range v {
			if isAddress(name) {
				v[name] = webAddress(e)
				continue
			}
			clean(e)
		}
	}
}

// isAddress reports whether properties of a name are addresses that templates link to.
func isAddress(name string) bool { return name == "url" || name == "image_url" }

// webAddress is an absolute http or https address, or nothing.
func webAddress(v any) any {
	s, _ := v.(string)
	if link.Plain(s) {
		return v
	}
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil
	}
	return u.String()
}
