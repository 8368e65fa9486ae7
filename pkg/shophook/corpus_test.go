package shophook_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/pkg/event"
	"rapport/pkg/shophook"
)

var update = flag.Bool("update", false, "write the golden files anew")

// payload is one of the corpus, and what becomes of it: types with the totals that were read
// off the file by hand, "-" where there is none.
type payload struct {
	shop, file, topic string
	at                []string // where in the file the webhook's body is
	want              string
}

var payloads = []payload{
	{"shopify", "customer.json", "customers/update", []string{"customer"}, "profile.identified -"},
	{"shopify", "draft_order.json", "draft_orders/create", []string{"draft_order"}, "draft_order.created 206.25"},
	{"shopify", "fulfillment.json", "fulfillments/create", []string{"fulfillment"}, ""}, // names nobody
	{"shopify", "fulfillment_event.json", "fulfillment_events/create", []string{"fulfillment_event"}, ""},
	{"shopify", "order.json", "orders/create", []string{"order"}, "order.completed 10.00"},
	{"shopify", "order.json", "orders/cancelled", []string{"order"}, "order.cancelled 10.00"},
	{"shopify", "order.json", "orders/fulfilled", []string{"order"}, "order.fulfilled 10.00"},
	{"shopify", "order_with_transaction.json", "orders/updated", []string{"order"}, "order.updated 10.00"},
	{"shopify", "orders.json", "orders/create", []string{"orders", "[0]"}, "order.completed 10.00"},
	{"shopify", "product.json", "products/update", []string{"product"}, "product.updated -"},
	{"shopify", "product.json", "products/delete", []string{"product"}, "product.delisted -"},
	{"shopify", "webhook.json", "app/uninstalled", []string{"webhook"}, ""},
	{"shopify", "valid.json", "carts/update", nil, ""}, // one line of an order
	{"shopify", "properties_empty_object.json", "carts/update", nil, ""},
	{"shopify", "properties_invalid1.json", "carts/update", nil, ""},
	{"shopify", "properties_invalid2.json", "carts/update", nil, ""},
	{"shopify", "properties_object.json", "carts/update", nil, ""},
	{"shopify", "properties_ommited.json", "carts/update", nil, ""},

	{"woocommerce", "customers_1.json", "customer.created", nil, "profile.identified -"},
	{"woocommerce", "customers_2.json", "customer.updated", nil, "profile.identified -"},
	{"woocommerce", "customers_3.json", "customer.updated", nil, "profile.identified -"},
	{"woocommerce", "customers_4.json", "customer.deleted", nil, ""},
	{"woocommerce", "customers_5.json", "customer.created", []string{"create", "[0]"}, "profile.identified -"},
	{"woocommerce", "orders_1.json", "order.created", nil, "order.completed 29.35"},
	{"woocommerce", "orders_2.json", "order.updated", nil, "order.completed 29.35, order.updated 29.35"},
	{"woocommerce", "orders_3.json", "order.updated", nil, "order.completed 29.35, order.updated 29.35, order.fulfilled 29.35"},
	{"woocommerce", "orders_4.json", "order.created", nil, "order.completed 29.35, order.fulfilled 29.35"},
	{"woocommerce", "orders_5.json", "order.created", []string{"create", "[0]"}, ""}, // not paid yet
	{"woocommerce", "orders_5.json", "order.updated", []string{"update", "[0]"}, "order.completed 29.35, order.updated 29.35, order.fulfilled 29.35"},
	{"woocommerce", "orders_5.json", "order.created", []string{"create", "[1]"}, "order.completed 54.40"},
	{"woocommerce", "products_1.json", "product.created", nil, "product.updated -"},
	{"woocommerce", "products_2.json", "product.updated", nil, "product.updated -"},
	{"woocommerce", "products_3.json", "product.updated", nil, "product.updated -"},
	{"woocommerce", "products_4.json", "product.updated", nil, "product.updated -"},
	{"woocommerce", "products_5.json", "product.deleted", nil, "product.delisted -"},
	{"woocommerce", "products_6.json", "product.created", []string{"create", "[0]"}, "product.updated -"},
	{"woocommerce", "webhooks_1.json", "action.woocommerce_add_to_cart", nil, ""},

	{"stripe", stripeFile, "charge.refunded", []string{"charge"}, ""}, // nothing was refunded of it
	{"stripe", stripeFile, "checkout.session.completed", []string{"checkout.session"}, ""},
	{"stripe", stripeFile, "checkout.session.expired", []string{"checkout.session"}, "checkout.expired -"},
	{"stripe", stripeFile, "customer.updated", []string{"customer"}, "profile.identified -"},
	{"stripe", stripeFile, "plan.created", []string{"event", "data", "object"}, ""},
	{"stripe", stripeFile, "invoice.payment_failed", []string{"invoice"}, "payment.failed 10.00"},
	{"stripe", stripeFile, "payment_intent.succeeded", []string{"payment_intent"}, ""}, // names nobody
	{"stripe", stripeFile, "refund.created", []string{"refund"}, ""},
	{"stripe", stripeFile, "charge.dispute.created", []string{"dispute"}, ""},
	{"stripe", stripeFile, "customer.subscription.created", []string{"subscription"}, "subscription.changed -"},
	{"stripe", stripeFile, "product.created", []string{"product"}, "product.updated -"},
	{"stripe", stripeFile, "price.created", []string{"price"}, ""},
	{"stripe", stripeFile, "coupon.created", []string{"coupon"}, ""},
	{"stripe", stripeFile, "promotion_code.created", []string{"promotion_code"}, ""},
	{"stripe", stripeFile, "credit_note.created", []string{"credit_note"}, ""},
}

const stripeFile = "stripe_fixtures_subset.json"

// body is what the shop would post.
func (p *payload) body(t testing.TB) []byte {
	t.Helper()
	b := inside(t, corpus(t, "shop-webhooks", p.shop, p.file), p.at...)
	if p.shop == "stripe" {
		b = stripeEvent(p.topic, string(b), "")
	}
	return b
}

// stripeEvent is an object of Stripe's as its webhooks send it.
func stripeEvent(topic, object, previous string) []byte {
	if previous != "" {
		previous = `,"previous_attributes":` + previous
	}
	return []byte(`{"id":"evt_1Pgc76B7WZ01zgkWwyRHS12y","object":"event","created":1772442000,"type":"` + topic + `","data":{"object":` + object + previous + `}}`)
}

// told is what events say of money, for the table.
func told(t testing.TB, events []event.Event) string {
	t.Helper()
	var out []string
	for _, e := range events {
		var data struct{ Total, Amount json.RawMessage }
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Fatal(err)
		}
		total := string(data.Total) + string(data.Amount)
		if total == "" {
			total = "-"
		}
		out = append(out, e.Type+" "+total)
	}
	return strings.Join(out, ", ")
}

// TestCorpus: every payload of the shops becomes what the table says, with money by its digits,
// and in all the rest what the golden files hold, which were read once. To write them anew
// after a change that is meant: go test ./shophook -run Corpus -update, and look at the
// difference.
func TestCorpus(t *testing.T) {
	t.Parallel()
	for _, p := range payloads {
		name := p.shop + "_" + strings.TrimSuffix(p.file, ".json") + "_" + strings.NewReplacer("/", "_", ".", "_").Replace(p.topic)
		if p.want != "" && len(p.at) == 2 {
			name += strings.Trim(p.at[1], "[]")
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := p.body(t)
			d, err := deliver(t, p.shop, p.topic, body)
			if err != nil {
				t.Fatal(err)
			}
			if got := told(t, d.Events); got != p.want {
				t.Errorf("%s, want %s", got, p.want)
			}
			if d.Topic != p.topic || (d.Outcome == shophook.Mapped) != (p.want != "") || d.Outcome == "" {
				t.Errorf("topic %s, outcome %s", d.Topic, d.Outcome)
			}
			if p.want != "" {
				golden(t, name, d.Events)
			}
			again, err := deliver(t, p.shop, p.topic, body)
			if err != nil || len(again.Events) != len(d.Events) {
				t.Fatalf("said again: %v", err)
			}
			for i, e := range again.Events {
				if e.ID != d.Events[i].ID || !bytes.Equal(e.Data, d.Events[i].Data) {
					t.Errorf("said again, it is %s instead of %s", e.ID, d.Events[i].ID)
				}
			}
		})
	}
}

// golden compares events with what was read once.
func golden(t *testing.T, name string, events []event.Event) {
	t.Helper()
	var out bytes.Buffer
	for _, e := range events {
		text, err := event.Encode(&e)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Indent(&out, text, "", "  "); err != nil {
			t.Fatal(err)
		}
		out.WriteByte('\n')
		if back, err := event.Decode(text); err != nil || back.UID() != e.UID() {
			t.Errorf("it does not read again: %v", err)
		}
	}
	path := filepath.Join("testdata", "golden", name+".json")
	if *update {
		if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with -update", err)
	}
	if !bytes.Equal(want, out.Bytes()) {
		t.Errorf("it is not as %s has it:\n%s", path, out.String())
	}
}
