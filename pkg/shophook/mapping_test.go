package shophook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/event"
	"rapport/pkg/shophook"
)

// mapped delivers a body that has to map.
func mapped(t testing.TB, shop, topic, body string) []event.Event {
	t.Helper()
	d, err := deliver(t, shop, topic, []byte(body))
	if err != nil {
		t.Fatalf("%s: %v", topic, err)
	}
	return d.Events
}

// words are what an event says about consent, one in a line.
func words(t testing.TB, e event.Event) string {
	t.Helper()
	p, err := e.Profile()
	if err != nil || p == nil {
		t.Fatalf("%v, %s", err, e.Data)
	}
	var out []string
	for _, c := range p.Consent {
		out = append(out, fmt.Sprintf("%s/%s %t confirmed=%t at=%s by=%s: %s", c.Channel, c.Purpose, c.Granted, c.Confirmed, c.At.Format(time.DateOnly), c.Source, c.Proof))
	}
	return strings.Join(out, "\n")
}

// TestShopifyConsent: each state of Shopify's, and what its customers have said by it.
func TestShopifyConsent(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{
		`{"state":"subscribed","opt_in_level":"confirmed_opt_in","consent_updated_at":"2026-01-02T00:00:00Z"}`: "email/marketing true confirmed=true at=2026-01-02 by=shopify: Shopify: subscribed, confirmed_opt_in",
		`{"state":"subscribed","opt_in_level":"single_opt_in","consent_updated_at":"2026-01-02T00:00:00Z"}`:    "email/marketing true confirmed=false at=2026-01-02 by=shopify: Shopify: subscribed, single_opt_in",
		`{"state":"unsubscribed","opt_in_level":null,"consent_updated_at":"2026-01-03T02:00:00+02:00"}`:        "email/marketing false confirmed=false at=2026-01-03 by=shopify: Shopify: unsubscribed, level unknown",
		`{"state":"pending","opt_in_level":"confirmed_opt_in","consent_updated_at":"2026-01-02T00:00:00Z"}`:    "",
		`{"state":"not_subscribed","opt_in_level":"single_opt_in","consent_updated_at":null}`:                  "",
		`null`: "",
	} {
		body := `{"id":7,"email":"a@shop.example","updated_at":"2026-02-01T00:00:00Z","email_marketing_consent":` + state + `}`
		if got := words(t, mapped(t, "shopify", "customers/update", body)[0]); got != want {
			t.Errorf("%s:\n%s, want\n%s", state, got, want)
		}
	}
	sms := mapped(t, "shopify", "customers_marketing_consent/update",
		`{"id":7,"phone":"+447911123456","sms_marketing_consent":{"state":"subscribed","opt_in_level":"single_opt_in","consent_updated_at":"2026-01-02T00:00:00Z","consent_collected_from":"SHOPIFY"}}`)
	if got := words(t, sms[0]); got != "sms/marketing true confirmed=false at=2026-01-02 by=shopify: Shopify: subscribed, single_opt_in, collected from SHOPIFY" {
		t.Error(got)
	}
	if sms[0].Subject != "shopify:7" || !sms[0].Time.Equal(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", sms[0])
	}
	mail := mapped(t, "shopify", "customers_email_marketing_consent/update",
		`{"customer_id":9,"email_address":"B@shop.example","email_marketing_consent":{"state":"unsubscribed","opt_in_level":"single_opt_in","consent_updated_at":"2026-01-02T00:00:00Z"}}`)
	if p, _ := mail[0].Profile(); mail[0].Subject != "shopify:9" || p.Traits["email"] != "b@shop.example" || len(p.Also) != 1 || p.Also[0] != "email:b@shop.example" || p.Consent[0].Granted {
		t.Errorf("%s %s", mail[0].Subject, mail[0].Data)
	}
}

// TestShopifyRefunds: refunds are read off their order, each once, with what was paid back.
func TestShopifyRefunds(t *testing.T) {
	t.Parallel()
	const body = `{"id":5,"updated_at":"2026-02-03T00:00:00Z","currency":"EUR","total_price":"99.90","customer":{"id":7},"refunds":[
		{"id":1,"created_at":"2026-02-01T00:00:00Z","note":"broken","transactions":[{"kind":"refund","status":"success","amount":"10.10","currency":"EUR"},{"kind":"refund","status":"success","amount":"0.2"},{"kind":"refund","status":"failure","amount":"50.00"},{"kind":"void","status":"success","amount":"7"}],
		 "refund_line_items":[{"line_item_id":11,"quantity":1,"line_item":{"product_id":70,"price":"10.10","title":"Pot"}}]},
		{"id":2,"created_at":"2026-02-02T00:00:00Z","transactions":[{"kind":"refund","status":"pending","amount":"3.00"}]},
		{"id":3,"created_at":"2026-02-02T00:00:00Z","transactions":[]}]}`
	events := mapped(t, "shopify", "orders/updated", body)
	if got := told(t, events); got != "order.updated 99.90, order.refunded 10.30" {
		t.Fatal(got)
	}
	refund := events[1]
	o, err := refund.Order()
	if err != nil || refund.ID != "order.refunded/5/1" || o.OrderID != "5" || o.Currency != "EUR" || len(o.Products) != 1 || o.Products[0].Key() != "70" || o.Products[0].Price != "10.10" {
		t.Errorf("%s: %+v, %v", refund.ID, o, err)
	}
	woo := mapped(t, "woocommerce", "order.updated", `{"id":5,"status":"processing","total":"20.00","currency":"eur","billing":{"email":"a@shop.example"},"date_modified_gmt":"2026-02-01T10:00:00","refunds":[{"id":8,"total":"-10.00"}]}`)
	if got := told(t, woo); got != "order.completed 20.00, order.updated 20.00, order.refunded 10.00" || woo[2].ID != "order.refunded/5/8" {
		t.Errorf("%s, %s", got, woo[2].ID)
	}
	stripe := mapped(t, "stripe", "", string(stripeEvent("charge.refunded", `{"id":"ch_1","object":"charge","customer":"cus_1","payment_intent":"pi_1","amount_refunded":1500,"currency":"eur"}`, `{"amount_refunded":500}`)))
	if got := told(t, stripe); got != "order.refunded 10.00" || stripe[0].ID != "order.refunded/ch_1/1500" {
		t.Errorf("%s, %s", got, stripe[0].ID)
	}
}

// TestStripeMoney: minor units of currencies with no, two and three places.
func TestStripeMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ amount, currency, want string }{
		{"1099", "usd", "10.99"},
		{"5", "eur", "0.05"},
		{"0", "eur", "0.00"},
		{"500", "jpy", "500"},
		{"10990", "kwd", "10.990"},
		{"500", "KRW", "500"},
		{"123456789012345678", "gbp", "1234567890123456.78"},
		{"1000", "isk", "10.00"},
	} {
		body := stripeEvent("checkout.session.completed", fmt.Sprintf(`{"id":"cs_1","object":"checkout.session","mode":"payment","payment_status":"paid","customer":"cus_1","client_reference_id":"4711","amount_total":%s,"currency":%q}`, c.amount, c.currency), "")
		events := mapped(t, "stripe", "", string(body))
		if got := told(t, events); got != "order.completed "+c.want {
			t.Errorf("%s %s: %s, want %s", c.amount, c.currency, got, c.want)
		}
		if p, _ := events[0].Profile(); len(p.Also) != 1 || p.Also[0] != "4711" {
			t.Errorf("the shop's own id is lost: %s", events[0].Data)
		}
	}
}

// TestTotalsKeepTheirDigits: whatever amount a shop sends, the event has it by its digits.
func TestTotalsKeepTheirDigits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		amount := rapid.StringMatching(`(0|[1-9][0-9]{0,20})(\.[0-9]{1,8})?`).Draw(rt, "amount")
		price := rapid.StringMatching(`(0|[1-9][0-9]{0,9})(\.[0-9]{1,4})?`).Draw(rt, "price")
		shopify := fmt.Sprintf(`{"id":%d,"created_at":"2026-02-03T00:00:00Z","email":"a@shop.example","total_price":%q,"line_items":[{"id":1,"product_id":2,"price":%q,"quantity":1}]}`,
			rapid.Uint64().Draw(rt, "id"), amount, price)
		woo := fmt.Sprintf(`{"id":1,"status":"completed","date_paid_gmt":"2026-02-03T00:00:00","billing":{"email":"a@shop.example"},"total":%q,"line_items":[{"id":1,"product_id":2,"price":%s,"quantity":1}]}`, amount, price)
		for shop, body := range map[string]string{"shopify": shopify, "woocommerce": woo} {
			topic := map[string]string{"shopify": "orders/create", "woocommerce": "order.created"}[shop]
			e := mapped(t, shop, topic, body)[0]
			if got := told(t, []event.Event{e}); got != "order.completed "+amount {
				rt.Fatalf("%s sent %s, and the event says %s", shop, amount, got)
			}
			o, err := e.Order()
			if err != nil || string(o.Products[0].Price) != price {
				rt.Fatalf("%s sent %s, and the event says %s, %v", shop, price, o.Products[0].Price, err)
			}
		}
	})
}

// TestAnotherShop: a shop system that nobody has is a file.
func TestAnotherShop(t *testing.T) {
	t.Parallel()
	const sale = `{"what":"SALE","serial":9000000000000000001,"nr":"A-1","secs":1772442000,"money":{"amount":12345,"iso":"KWD"},
		"client":{"nr":17,"mail":" Jo@Shop.Example ","tel":"07911 123456","land":"GB","stars":4,"mailing":true,"mailing_clicked":"2026-03-01T10:00:00Z","form":"footer"},
		"things":[{"code":1,"stars":5},{"code":2},{"code":3,"stars":2.50}]}`
	d, err := deliver(t, "gizmo", "", []byte(sale))
	if err != nil {
		t.Fatal(err)
	}
	if d.ID != "9000000000000000001" || d.Topic != "SALE" {
		t.Errorf("%s %s", d.ID, d.Topic)
	}
	golden(t, "gizmo_sale", d.Events)
	stock := mapped(t, "gizmo", "", `{"what":"STOCK","things":[{"code":"x","cents":999,"sizes":[{"name":"s","left":0},{"name":"m","left":3}]},{"code":"y"}]}`)
	golden(t, "gizmo_stock", stock)
	for body, want := range map[string]shophook.Outcome{`{"what":"PING"}`: shophook.Ignored, `{"what":"INTERNAL/x"}`: shophook.Ignored, `{"what":"SALT"}`: shophook.Unknown, `{}`: shophook.Unknown} {
		if d, err := deliver(t, "gizmo", "", []byte(body)); err != nil || d.Outcome != want || len(d.Events) > 0 {
			t.Errorf("%s: %+v, %v", body, d, err)
		}
	}
}

// TestErasure: what a law asks for reaches whoever keeps the person, and no other body does it
// under that topic, since topics are not signed.
func TestErasure(t *testing.T) {
	t.Parallel()
	events := mapped(t, "shopify", "customers/redact", `{"shop_id":1,"shop_domain":"hazel.myshopify.com","customer":{"id":7,"email":"A@shop.example","phone":null},"orders_to_redact":[5]}`)
	if len(events) != 1 || events[0].Type != event.ProfileErased || events[0].Subject != "shopify:7" {
		t.Errorf("%+v", events)
	}
	for _, topic := range []string{"customers/redact", "orders/cancelled"} {
		if events := mapped(t, "shopify", topic, `{"id":5,"email":"a@shop.example","customer":{"id":7},"created_at":"2026-02-03T00:00:00Z"}`); len(events) != 0 {
			t.Errorf("an order under another topic became %s", events[0].Type)
		}
	}
}

// TestReplay: a delivery that comes again, under other headers that nobody signs, has the ids it
// had.
func TestReplay(t *testing.T) {
	t.Parallel()
	body := []byte(`{"id":7,"email":"a@shop.example","email_marketing_consent":{"state":"subscribed","consent_updated_at":"2026-01-02T00:00:00Z"},"customer_id":7}`)
	const topic = "customers_email_marketing_consent/update"
	first, err := deliver(t, "shopify", topic, body)
	if err != nil {
		t.Fatal(err)
	}
	h := signed("shopify", topic, body)
	h.Set("X-Shopify-Webhook-Id", "another")
	h.Set("X-Shopify-Triggered-At", "2027-01-01T00:00:00Z")
	again, err := open(t, "shopify").Receive(h, body, at.Add(48*time.Hour))
	if err != nil || len(again.Events) != 1 || again.Events[0].ID != first.Events[0].ID || string(again.Events[0].Data) != string(first.Events[0].Data) {
		t.Errorf("%+v, %v", again, err)
	}
}

// TestUnmappable: what is genuine and cannot be mapped says where, why and what to do, and no
// event of it goes on.
func TestUnmappable(t *testing.T) {
	t.Parallel()
	const head = `{"id":1,"email":"secret@shop.example","created_at":"2026-02-03T00:00:00Z",`
	for body, says := range map[string][]string{
		`{"id":`:                                                                     {"no JSON"},
		head + `"total_price":"1"} {}`:                                               {"more behind"},
		head + `"total_price":"ten"}`:                                                {"sources/shopify.yaml:", "money(body.total_price)", "is no amount"},
		head + `"total_price":"1e999999999"}`:                                        {"is no amount"},
		head + `"line_items":[{"id":1,"price":{}}]}`:                                 {"products: line 1: price", "is no amount"},
		`{"email":"secret@shop.example"}`:                                            {"id: text(body.id) is not there"},
		`{"id":1,"email":"secret@shop.example","created_at":"yesterday"}`:            {"body.created_at", "is no time"},
		head + `"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`:    {"nested deeper than 64"},
		`{"id":1,"created_at":"1800-01-01T00:00:00Z","email":"secret@shop.example"}`: {"time: is in the year 1800"},
	} {
		d, err := deliver(t, "shopify", "orders/create", []byte(body))
		if !errors.Is(err, shophook.ErrMapping) || len(d.Events) > 0 || d.Topic != "orders/create" {
			t.Errorf("%.80s: %+v, %v", body, d, err)
			continue
		}
		for _, want := range says {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%.80s: %v does not say %q", body, err, want)
			}
		}
		if strings.Contains(err.Error(), "secret@") {
			t.Errorf("%.80s: the error holds what the body holds: %v", body, err)
		}
	}
}

// TestHostileBodies: bodies that grow are refused or read, within bounds.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	head := `{"id":1,"email":"a@shop.example","created_at":"2026-02-03T00:00:00Z","customer":{"id":7},`
	line := `{"id":1,"product_id":2,"title":"` + strings.Repeat("x", 50) + `","price":"1.00","quantity":1}`
	for name, c := range map[string]struct {
		body string
		fits bool
	}{
		"a thousand lines":    {head + `"line_items":[` + strings.Repeat(line+",", 999) + line + `]}`, true},
		"many lines":          {head + `"line_items":[` + strings.Repeat(line+",", 20_000) + line + `]}`, false},
		"a long text":         {head + `"name":"` + strings.Repeat("x", 1_500_000) + `"}`, false},
		"beyond the body":     {head + `"a":"` + strings.Repeat("x", shophook.MaxBody) + `"}`, false},
		"zeros":               {head + `"a":[` + strings.Repeat("0,", 900_000) + `0]}`, true},
		"many refunds":        {head + `"refunds":[` + strings.Repeat(`{},`, 300) + `{}]}`, true},
		"a long number":       {head + `"total_price":` + strings.Repeat("9", 100_000) + `}`, false},
		"a number that grows": {head + `"total_price":1e4000000}`, false},
	} {
		_, err := deliver(t, "shopify", "orders/create", []byte(c.body))
		if (err == nil) != c.fits || err != nil && !errors.Is(err, shophook.ErrMapping) {
			t.Errorf("%s: %.200v", name, err)
		}
	}
	d, err := deliver(t, "shopify", "orders/updated", []byte(head+`"updated_at":"2026-02-03T00:00:00Z","refunds":[`+strings.Repeat(`{},`, 300)+`{}]}`))
	if !errors.Is(err, shophook.ErrMapping) || len(d.Events) > 0 {
		t.Errorf("300 refunds: %+v, %v", d, err)
	}
	if !json.Valid([]byte(head + `"a":[]}`)) {
		t.Error("the head is no beginning of JSON")
	}
}
