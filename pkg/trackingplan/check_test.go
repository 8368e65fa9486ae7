package trackingplan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/pkg/event"
)

// paused is a type that a team might declare, with every kind of property.
func paused() Type {
	return Type{
		Name: "subscription.paused", Title: "Paused a subscription",
		Properties: []Property{
			{Name: "plan", Kind: Text, Required: true, Enum: []string{"monthly", "yearly", "7"}},
			{Name: "price", Kind: Money},
			{Name: "seats", Kind: Integer},
			{Name: "weight", Kind: Number},
			{Name: "gift", Kind: Boolean},
			{Name: "until", Kind: Date},
			{Name: "at", Kind: Time},
			{Name: "contact", Kind: Text, Format: Email},
			{Name: "page", Kind: Text, Format: URL},
			{Name: "currency", Kind: Text, Format: Currency},
			{Name: "note", Kind: Text},
			{Name: "extra", Kind: Object},
			{Name: "anything", Kind: Any},
			{Name: "tags", Kind: Array, Of: &Property{Kind: Text}},
			{Name: "rest", Kind: Array},
			{Name: "address", Kind: Object, Properties: []Property{
				{Name: "city", Kind: Text, Required: true}, {Name: "floor", Kind: Integer},
			}},
			{Name: "items", Kind: Array, Of: &Property{Kind: Object, Properties: []Property{
				{Name: "sku", Kind: Text, Required: true}, {Name: "price", Kind: Money},
			}}},
		},
	}
}

func planWith(t testing.TB, modes Modes, types ...Type) *Plan {
	t.Helper()
	p, err := Known().With(modes, types...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCheckNamesFieldAndRemedy(t *testing.T) {
	t.Parallel()
	p := planWith(t, Modes{}, paused())
	for _, c := range []struct{ typ, data, field, says string }{
		{"order.completed", `{"order_id":"A","products":[{"product_id":"a"},{"product_id":"b"},{"product_id":"c","price":"abc"}]}`, "data.products[2].price", `is a string "abc", must be a number or a decimal string`},
		{"order.completed", `{"total":1}`, "data.order_id", "is missing: must be a string"},
		{"order.completed", `{"order_id":null}`, "data.order_id", "is missing"},
		{"order.completed", `{"order_id":""}`, "data.order_id", "is missing"},
		{"order.completed", ``, "data.order_id", "is missing"},
		{"order.completed", `{"order_id":"A","products":{"product_id":"a"}}`, "data.products", "is an object, must be an array of which each is an object"},
		{"order.completed", `{"order_id":"A","products":["a"]}`, "data.products[0]", `is a string "a", must be an object`},
		{"order.completed", `{"order_id":"A","total":true}`, "data.total", "is a boolean, must be a number or a decimal string"},
		{"order.completed", `{"order_id":"A","total":"12,50"}`, "data.total", `"12,50"`},
		{"order.completed", `{"order_id":["A"]}`, "data.order_id", "is an array, must be a string"},
		{"order.completed", `[]`, "data", "is an array, must be an object"},
		{"order.completed", `{"order_id":`, "data", "is not JSON"},
		{"email.bounced", `{"kind":"hart"}`, "data.kind", "must be one of hard, soft, block, message, other"},
		{"subscription.paused", `{}`, "data.plan", "is missing: must be one of monthly, yearly"},
		{"subscription.paused", `{"plan":"weekly"}`, "data.plan", `is a string "weekly", must be one of monthly`},
		{"subscription.paused", `{"plan":"yearly","seats":1.5}`, "data.seats", "is the number 1.5, must be a whole number"},
		{"subscription.paused", `{"plan":"yearly","seats":"many"}`, "data.seats", "must be a whole number"},
		{"subscription.paused", `{"plan":"yearly","gift":"yes"}`, "data.gift", "must be true or false"},
		{"subscription.paused", `{"plan":"yearly","gift":1}`, "data.gift", "must be true or false"},
		{"subscription.paused", `{"plan":"yearly","until":"2.3.2026"}`, "data.until", "must be a date such as 2026-03-02"},
		{"subscription.paused", `{"plan":"yearly","until":"2026-02-30"}`, "data.until", "must be a date"},
		{"subscription.paused", `{"plan":"yearly","at":1772442000}`, "data.at", "must be a time in RFC 3339"},
		{"subscription.paused", `{"plan":"yearly","contact":"ada"}`, "data.contact", "must be an address"},
		{"subscription.paused", `{"plan":"yearly","page":"lamp.html"}`, "data.page", "must be an address"},
		{"subscription.paused", `{"plan":"yearly","currency":"€"}`, "data.currency", "ISO 4217"},
		{"subscription.paused", `{"plan":"yearly","tags":["a",true]}`, "data.tags[1]", "is a boolean, must be a string"},
		{"subscription.paused", `{"plan":"yearly","address":{"floor":1}}`, "data.address.city", "is missing"},
		{"subscription.paused", `{"plan":"yearly","items":[{"sku":"a"},{}]}`, "data.items[1].sku", "is missing"},
		{"subscription.paused", `{"plan":"yearly","plan":"weekly"}`, "data.plan", "weekly"},
	} {
		wrong := p.Check(&event.Event{Type: c.typ, Data: json.RawMessage(c.data)})
		if wrong == nil || wrong.Field != c.field || !strings.Contains(wrong.Reason, c.says) {
			t.Errorf("%s %s: %v, want one at %s that says %s", c.typ, c.data, wrong, c.field, c.says)
		}
	}
}

func TestCheckTakesWhatShopsSend(t *testing.T) {
	t.Parallel()
	p := planWith(t, Modes{}, paused())
	for _, c := range []struct{ typ, data string }{
		{"order.completed", `{"order_id":"A","total":"12.50","tax":-1,"coupon":null,"discount":"","products":[{"product_id":7,"price":12.5,"quantity":"2"},null],"gift_wrap":{"paper":"red"},"$profile":{"traits":{}}}`},
		{"order.completed", `{"order_id":1001,"products":null}`},
		{"order.completed", ` { "order_id" : "A" , "products" : [ ] } `},
		{"product.reviewed", `{"rating":"5"}`},
		{"product.viewed", ``},
		{"page.viewed", `{"path":"/","search":7}`},
		{"plant.watered", `{"litres":"many"}`},
		{"subscription.paused", `{"plan":"yearly"}`},
		{"subscription.paused", `{"plan":7,"seats":"3","weight":"1e3","gift":false,"until":"2026-03-02","at":"2026-03-02T09:00:00.123+01:00","extra":{"a":[1]},"anything":"","rest":[1,"a",{}]}`},
		{"subscription.paused", `{"plan":"month\u006cy","at":"2026-03-02","contact":"ada@example.com","page":"HTTPS://shop.example","currency":"eur","seats":2.0,"items":[],"address":{"city":"Bath"}}`},
	} {
		if wrong := p.Check(&event.Event{Type: c.typ, Data: json.RawMessage(c.data)}); wrong != nil {
			t.Errorf("%s %s: %v", c.typ, c.data, wrong)
		}
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	strange, wrong := &event.Event{Type: "plant.watered"}, &event.Event{Type: "order.completed"}
	strict := planWith(t, Modes{RefuseUnknown: true, KeepViolations: true})
	if v := strict.Check(strange); v == nil || v.Field != "type" || strict.Keeps(strange.Type) {
		t.Errorf("a type outside the plan: %v", v)
	}
	if v := strict.Check(wrong); v == nil || !strict.Keeps(wrong.Type) {
		t.Errorf("an event that is wrong and kept: %v", v)
	}
	usual := Known()
	if usual.Check(strange) != nil || usual.Check(wrong) == nil || usual.Keeps(wrong.Type) {
		t.Error("by default, what is unknown is kept, and what is wrong is refused")
	}
	var none *Plan
	if none.Check(wrong) != nil {
		t.Error("no plan expects something")
	}
	for _, typ := range []string{"page.viewed", "screen.viewed", "group.joined", "profile.aliased", "profile.unaliased", "product.updated", "product.delisted", "profile.identified"} {
		if v := strict.Check(&event.Event{Type: typ, Data: json.RawMessage(`{"a":1}`)}); v != nil {
			t.Errorf("a door's own type is refused: %v", v)
		}
	}
}

// aValue draws JSON that is sometimes as declared and sometimes not.
func aValue(t *rapid.T, depth int) string {
	leaves := []string{
		"null", "true", "false", "0", "-1.50", "3", "2.0", "1e3", "1e999", "7", `""`, `"7"`, `"abc"`, `"12.50"`, `"+.5"`, `"."`, `"1e5"`, `"2026-03-02"`,
		`"2026-03-02T09:00:00Z"`, `"2026-13-02"`, `"ada@example.com"`, `"@"`, `"https://shop.example/x"`, `"http:///x"`, `"EUR"`, `"monthly"`, `"mont\u0068ly"`, `"ü\n"`, "{}", "[]", "tru", "01",
	}
	if depth > 3 {
		return rapid.SampledFrom(leaves).Draw(t, "leaf")
	}
	switch rapid.IntRange(0, 9).Draw(t, "what") {
	case 0:
		return anObject(t, depth+1)
	case 1:
		items := make([]string, rapid.IntRange(0, 3).Draw(t, "items"))
		for i := range items {
			items[i] = aValue(t, depth+1)
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	return rapid.SampledFrom(leaves).Draw(t, "leaf")
}

func anObject(t *rapid.T, depth int) string {
	names := []string{"plan", "price", "seats", "weight", "gift", "until", "at", "contact", "page", "currency", "note", "extra", "anything", "tags", "rest", "address", "items", "city", "floor", "sku", "", "x", "pl\\u0061n", "Plan"}
	members := make([]string, rapid.IntRange(0, 5).Draw(t, "members"))
	for i := range members {
		members[i] = fmt.Sprintf(`"%s":%s`, rapid.SampledFrom(names).Draw(t, "name"), aValue(t, depth))
	}
	return "{" + strings.Join(members, rapid.SampledFrom([]string{",", ", ", " ,\n"}).Draw(t, "comma")) + "}"
}

// The fast check takes what the slow one does, and nothing else. That it takes no less is
// only so for what shops send: JSON that is not nested a hundred deep, and in whose numbers
// and words nothing is escaped.
func TestFastAndSlowAgree(t *testing.T) {
	t.Parallel()
	s := compile(paused().Properties)
	agreed := 0
	rapid.Check(t, func(t *rapid.T) {
		data := anObject(t, 0)
		if rapid.Bool().Draw(t, "with a plan") && len(data) > 2 {
			data = `{"plan":"yearly",` + data[1:]
		}
		if rapid.Bool().Draw(t, "nothing else") {
			data = `{"plan":"yearly"}`
		}
		fast, slow := s.passes(data), s.inspect([]byte(data))
		if fast && slow != nil {
			t.Fatalf("%s: taken, although %v", data, slow)
		}
		if slow == nil && !fast && !strings.Contains(data, `\`) {
			t.Fatalf("%s: left to encoding/json", data)
		}
		if slow == nil && plainly(data) != "" {
			t.Fatalf("%s: taken, although %s", data, plainly(data))
		}
		if fast {
			agreed++
		}
	})
	if agreed == 0 {
		t.Error("nothing was ever taken: the test draws nothing that is right")
	}
}

// plainly is a third opinion of the few things that can be said of paused without any code of
// this package: what is wrong, nothing otherwise.
func plainly(data string) string {
	var m map[string]any
	d := json.NewDecoder(strings.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		return err.Error()
	}
	if plan, ok := m["plan"]; ok && plan != nil {
		if !slices.Contains([]string{"monthly", "yearly", "7", ""}, fmt.Sprint(plan)) {
			return "plan is none of its choices"
		}
	}
	if gift, ok := m["gift"]; ok && gift != nil && gift != "" {
		if _, ok := gift.(bool); !ok {
			return "gift is no boolean"
		}
	}
	for _, name := range []string{"tags", "rest", "items"} {
		if v, ok := m[name]; ok && v != nil {
			if _, ok := v.([]any); !ok {
				return name + " is no array"
			}
		}
	}
	return ""
}

func FuzzCheck(f *testing.F) {
	p := planWith(f, Modes{}, paused())
	for _, typ := range []string{"subscription.paused", "order.completed", "product_list.filtered"} {
		f.Add(typ, []byte(`{"plan":"monthly","order_id":"A","products":[{"price":"1.50"}],"filters":[{"type":"a"}]}`))
	}
	f.Add("subscription.paused", []byte(`{"items":[{"sku":null,"price":1e9999}],"at":"2026-03-02T09:00:00Z"}`))
	f.Add("subscription.paused", []byte(strings.Repeat(`{"anything":`, 120)+"1"+strings.Repeat("}", 120)))
	f.Fuzz(func(t *testing.T, typ string, data []byte) {
		e := event.Event{Type: typ, Data: data}
		wrong := p.Check(&e)
		if wrong != nil && (wrong.Field == "" || wrong.Reason == "" || len(wrong.Reason) > 2000) {
			t.Errorf("%q", wrong)
		}
		c, ok := p.types[typ]
		if !ok {
			return
		}
		if slow := c.shape.inspect(data); (slow == nil) != (wrong == nil) {
			t.Errorf("%s %q: %v, and by encoding/json %v", typ, data, wrong, slow)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	line := `{"product_id":"507f1f77bcf86cd799439011","sku":"45790-32","name":"Monopoly: 3rd Edition","price":19.00,"quantity":1,"category":"Games","url":"https://www.example.com/product/path","image_url":"https://www.example.com/product/path.jpg"}`
	order := &event.Event{Type: "order.completed", Data: json.RawMessage(
		`{"checkout_id":"fksdjfsdjfisjf9sdfjsd9f","order_id":"50314b8e9bcf000000000000","affiliation":"Google Store","total":27.50,"subtotal":22.50,"revenue":22.50,"shipping":3,"tax":2,"discount":2.5,"coupon":"hasbros","currency":"USD","products":[` +
			strings.Join([]string{line, line, line, line}, ",") + `]}`)}
	small := &event.Event{Type: "product.viewed", Data: json.RawMessage(line)}
	p := Known()
	for name, e := range map[string]*event.Event{"order of 4": order, "product": small, "unknown": {Type: "plant.watered", Data: order.Data}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(e.Data)))
			for b.Loop() {
				if wrong := p.Check(e); wrong != nil {
					b.Fatal(wrong)
				}
			}
		})
	}
	b.Run("order of 4, by encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if wrong := p.types[order.Type].shape.inspect(order.Data); wrong != nil {
				b.Fatal(wrong)
			}
		}
	})
	b.Run("order of 4, copied and scanned", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !(&shape{table: make([]uint8, 8)}).passes(string(order.Data)) {
				b.Fatal("lost")
			}
		}
	})
}

// Each of many required properties is missed, and none when all are there.
func TestRequired(t *testing.T) {
	t.Parallel()
	var all []Property
	var members []string
	for i := range maxRequired {
		all = append(all, Property{Name: fmt.Sprintf("p%d", i), Kind: Any, Required: true}, Property{Name: fmt.Sprintf("q%d", i), Kind: Any})
		members = append(members, fmt.Sprintf(`"p%d":1`, i))
	}
	p := planWith(t, Modes{}, Type{Name: "a.b", Properties: all})
	if wrong := p.Check(&event.Event{Type: "a.b", Data: json.RawMessage("{" + strings.Join(members, ",") + "}")}); wrong != nil {
		t.Error(wrong)
	}
	for i := range members {
		data := "{" + strings.Join(slices.Delete(slices.Clone(members), i, i+1), ",") + "}"
		if wrong := p.Check(&event.Event{Type: "a.b", Data: json.RawMessage(data)}); wrong == nil || wrong.Field != fmt.Sprintf("data.p%d", i) {
			t.Errorf("without p%d: %v", i, wrong)
		}
	}
	if _, err := Known().With(Modes{}, Type{Name: "a.c", Properties: append(all, Property{Name: "one_more", Kind: Any, Required: true})}); err == nil {
		t.Error("more may be required than there are bits")
	}
}
