package sample

import (
	"encoding/json"
	"maps"
	"strings"

	"rapport/pkg/render"
)

// Person is somebody to render a message for.
type Person struct {
	Name     string `json:"-"` // by which it is chosen: "loyal", "samples/ada.json", "tests/thank-you.test.yaml:8"
	Title    string `json:"title"`
	Locale   string `json:"locale"`
	Timezone string `json:"timezone"`
	Email    string `json:"email"`
	Phone    string `json:"phone"`
	// Profile and the others are what templates read by these names.
	Profile         json.RawMessage `json:"profile"`
	Trigger         json.RawMessage `json:"trigger"`
	Recommendations json.RawMessage `json:"recommendations"`
	Survey          json.RawMessage `json:"survey"`

	whole json.RawMessage // of a test: the variables as they were
}

// object is what becomes JSON.
type object = map[string]any

// Pictures is where the pictures of products that are built in lie, below the shop's address.
const Pictures = "/sample-pictures/"

// BuiltIn are the people there always are, the most usual first.
func BuiltIn(shop render.Shop) []Person {
	goods := products(shop)
	one := func(name, title, locale, zone string, profile object, trigger object) Person {
		profile["id"] = name
		return Person{
			Name: name, Title: title, Locale: locale, Timezone: zone, Email: name + "@example.com", Phone: "+447700900123",
			Profile: text(profile), Trigger: text(trigger), Recommendations: text(suggestions(goods)), Survey: nil,
		}
	}
	loyal := object{
		"first_name": "Ada", "last_name": "Martin", "email": "ada@example.com", "birthday": "1988-03-02", "account_manager_name": "Sam",
		"orders": object{"count": 14, "total": "1268.40", "last_at": "2026-02-20T10:00:00Z", "last_id": "A-1017"}, "tags": []string{"vip"},
		"loyalty": object{"points": 1240, "tier": "gold"},
	}
	return []Person{
		one("new", "New customer", "", "", object{"first_name": "Ada", "email": "ada@example.com", "orders": ordered(1, "84.50")}, order(shop, goods)),
		one("loyal", "Loyal customer", "", "", loyal, order(shop, goods)),
		one("nameless", "No first name", "", "", object{"orders": ordered(1, "84.50")}, order(shop, goods[:1])),
		one("long", "Very long names", "", "", object{
			"first_name": "Wilhelmina-Alexandrina", "last_name": "Featherstonehaugh-Cholmondeley", "orders": ordered(3, "11284.50"),
		}, order(shop, long(goods))),
		one("german", "German", "de-DE", "Europe/Berlin", object{"first_name": "Jürgen", "last_name": "Großmann", "orders": ordered(2, "199.00")}, order(shop, german(goods))),
		one("emoji", "Emoji and signs", "", "", object{"first_name": "Zoë 🦊 <O’Neill> & Co", "orders": ordered(2, "84.50")}, order(shop, emoji(goods))),
	}
}

func ordered(count int, total string) object {
	return object{"count": count, "total": total, "last_at": "2026-02-20T10:00:00Z", "last_id": "A-1042"}
}

// products are what is sold in samples.
func products(shop render.Shop) []object {
	at := strings.TrimSuffix(shop.URL, "/")
	if at == "" {
		at = "https://shop.example"
	}
	var all []object
	for _, p := range []struct{ id, name, category, price string }{
		{"ash-lamp", "Ash table lamp", "lighting", "45.00"},
		{"linen-throw", "Linen throw, oat", "textiles", "29.50"},
		{"stone-mug", "Stoneware mug", "kitchen", "10.00"},
		{"oak-tray", "Oak serving tray", "kitchen", "34.00"},
	} {
		all = append(all, object{
			"product_id": p.id, "id": p.id, "sku": p.id, "name": p.name, "category": p.category, "price": p.price, "quantity": 1,
			"url": at + "/products/" + p.id, "image_url": at + Pictures + p.id + ".jpg",
		})
	}
	return all
}

// changed are products with some members of each replaced.
func changed(goods []object, members ...object) []object {
	var all []object
	for i, p := range goods {
		p = maps.Clone(p)
		maps.Copy(p, members[i%len(members)])
		all = append(all, p)
	}
	return all
}

func long(goods []object) []object {
	return changed(goods, object{"name": "Hand-turned bedside table lamp of ash with a dimmable warm-white bulb and three metres of textile cable", "price": "10999.99"},
		object{"name": "Donaudampfschifffahrtsgesellschaftskapitänsmütze", "quantity": 12})
}

func german(goods []object) []object {
	return changed(goods, object{"name": "Tischleuchte aus Esche"}, object{"name": "Überwurf aus Leinen"}, object{"name": "Becher aus Steingut"}, object{"name": "Tablett aus Eiche"})
}

func emoji(goods []object) []object {
	return changed(goods, object{"name": "Lamp “Luna” 🌙"}, object{"name": "Throw <40% off> & more 🧶"})
}

// order is what an event may say: an order, a basket and a product in one.
func order(shop render.Shop, goods []object) object {
	e := object{
		"order_id": "A-1042", "cart_id": "C-77", "checkout_id": "C-77", "total": "84.50", "value": 84.5, "currency": shop.Currency, "products": goods[:min(3, len(goods))],
		"score": 9, "channel": "email", "query": "lamp",
	}
	maps.Copy(e, goods[0])
	return e
}

func suggestions(goods []object) []object {
	var all []object
	for _, p := range goods {
		all = append(all, object{"id": p["id"], "name": p["name"], "category": p["category"], "url": p["url"], "image_url": p["image_url"]})
	}
	return all
}

// text is JSON of what is made of texts, numbers and lists.
func text(v any) json.RawMessage {
	b, _ := json.Marshal(v) // cannot fail for such values
	return b
}
