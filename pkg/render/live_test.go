package render

import (
	"strings"
	"testing"

	"rapport/pkg/message"
)

// shelf is a catalogue: records by id, and what of them is not for sale.
type shelf struct {
	records map[string]string
	soldOut string
}

func (s shelf) Record(id string) ([]byte, bool, bool) {
	record, ok := s.records[id]
	return []byte(record), !strings.Contains(s.soldOut, id), ok
}

const recommending = `{"trigger": {"products": [{"product_id": "lamp"}]}, "recommendations": [
	{"id": "bulb", "name": "Bulb", "url": "https://shop.example/bulb"}, {"id": "shade", "name": "Shade", "category": "Light"}, {"id": "cord", "name": "Cord"}]}`

func shop() shelf {
	return shelf{records: map[string]string{
		"bulb":  `{"product_id":"bulb","name":"Warm bulb","price":"4.50","currency":"EUR","url":"javascript:alert(1)","id":77,"watts":7}`,
		"shade": `{"product_id":"shade","price":12.50,"image_url":"https://shop.example/shade.jpg","stock":2}`,
		"lamp":  `{"product_id":"lamp","stock":3,"compare_at_price":100}`,
	}}
}

const listed = `{% for p in recommendations %}{{ p.id }}={{ p.name }} {{ p.price | money: p.currency }} {{ p.url }} {{ p.image_url }} {{ p.category }};{% endfor %}`

func TestRecommendationsAreAsTheyAreNow(t *testing.T) {
	t.Parallel()
	s := compileAll(t, "---\nsubject: s\n---\n", listed, listed)
	asDecided := "bulb=Bulb  https://shop.example/bulb  ;shade=Shade    Light;cord=Cord    ;"
	asNow := "bulb=Warm bulb €4.50 https://shop.example/bulb  ;shade=Shade £12.50  https://shop.example/shade.jpg Light;cord=Cord    ;"
	for name, c := range map[string]struct{ soldOut, want string }{
		"all for sale":    {"", asNow},
		"one sold out":    {"bulb", asNow[strings.Index(asNow, "shade="):]},
		"two sold out":    {"bulb shade", "cord=Cord    ;"},
		"all of them are": {"bulb shade cord", "cord=Cord    ;"}, // Nobody spoke of the cord, so that it is for sale.
	} {
		of := shop()
		of.soldOut = c.soldOut
		m, err := s.Mail(t.Context(), command(recommending), WithCatalogue(of))
		if err != nil || strings.TrimSuffix(m.Text, "\n") != c.want {
			t.Errorf("%s: %q, %v; want %q", name, m.Text, err, c.want)
		}
		c2 := command(recommending)
		c2.Channel = message.SMS
		if sms, err := s.SMS(t.Context(), c2, WithCatalogue(of)); err != nil || sms.Body != strings.TrimSpace(c.want) {
			t.Errorf("%s by SMS: %q, %v; want %q", name, sms.Body, err, c.want)
		}
	}
	if m, err := s.Mail(t.Context(), command(recommending)); err != nil || strings.TrimSuffix(m.Text, "\n") != asDecided {
		t.Errorf("without a catalogue: %q, %v; want %q", m.Text, err, asDecided)
	}
	only := `{"recommendations": [{"id": "bulb", "name": "Bulb"}]}`
	of := shop()
	of.soldOut = "bulb"
	if m, err := s.Mail(t.Context(), command(only), WithCatalogue(of)); err != nil || !strings.HasPrefix(m.Text, "bulb=Warm bulb €4.50") {
		t.Errorf("when nothing is left, the mail has %q, %v", m.Text, err)
	}
}

// What templates may ask of the catalogue, with one and without, in strict mode.
func TestCatalogueVariable(t *testing.T) {
	t.Parallel()
	for liquid, want := range map[string][2]string{ // with a catalogue, without
		`{{ catalogue["lamp"].stock }}`:                                                   {"3", ""},
		`{{ catalogue["lamp"].price | money }}{{ catalogue["lamp"].name }}`:               {"", ""},
		`{{ catalogue["nothing"].stock }}`:                                                {"", ""},
		`{{ catalogue[trigger.products[0].product_id].compare_at_price | money: "eur" }}`: {"€100.00", ""},
		`{% for p in trigger.products %}{% assign now = catalogue[p.product_id] %}{% if now.stock < 5 %}only {{ now.stock }} left{% endif %}{% endfor %}`: {"only 3 left", ""},
		`{% if catalogue["lamp"].for_sale == false %}sold out{% endif %}`:                                                                                 {"sold out", ""},
		`{{ catalogue["bulb"].watts }}`: {"7", ""},
		`{{ catalogue["bulb"].url }}`:   {"", ""}, // no address that a mail may link to
	} {
		s := compileAll(t, "---\nsubject: s\n---\n", liquid, "x")
		of := shop()
		of.soldOut = "lamp"
		for i, opts := range [][]Option{{WithCatalogue(of)}, nil} {
			m, err := s.Mail(t.Context(), command(recommending), opts...)
			if err != nil || strings.TrimSuffix(m.Text, "\n") != want[i] {
				t.Errorf("%s is %q, %v; want %q", liquid, m.Text, err, want[i])
			}
		}
	}
}

func TestWebhookHasTheCatalogue(t *testing.T) {
	t.Parallel()
	s, ps := hooks(t, "url: https://crm.shop.example/\nbody: |\n  {\"left\": {{ catalogue[\"lamp\"].stock | json }}, \"first\": \"{{ recommendations[0].id }}\"}\n")
	if ps != nil {
		t.Fatal(ps)
	}
	of := shop()
	of.soldOut = "bulb"
	for want, opts := range map[string][]Option{`{"left": 3, "first": "shade"}`: {WithCatalogue(of)}, `{"left": null, "first": "bulb"}`: nil} {
		call, err := s.Webhook(t.Context(), hookCommand(recommending), opts...)
		if err != nil || string(call.Body) != want {
			t.Errorf("%s, %v; want %s", call.Body, err, want)
		}
	}
}
