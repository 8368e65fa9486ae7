package shophook_test

import (
	"bytes"
	"errors"
	"net/http"
	"testing"

	"rapport/pkg/shophook"
)

// FuzzReceive hands any body, rightly signed, under any topic to the sources that come with
// Rapport. It becomes events that read again, or is an error of the right kind; and said again
// it is the same.
func FuzzReceive(f *testing.F) {
	shops := []string{"shopify", "woocommerce", "stripe", "gizmo"}
	for _, p := range payloads {
		for i, shop := range shops {
			if shop == p.shop && p.want != "" {
				f.Add(uint8(i), p.topic, p.body(f))
			}
		}
	}
	f.Add(uint8(0), "orders/updated", []byte(`{"id":1,"customer":{"id":2},"refunds":[{"id":3,"transactions":[{"kind":"refund","status":"success","amount":"1e9"}]}]}`))
	f.Add(uint8(3), "", []byte(`{"what":"STOCK","things":[{"code":1,"cents":-5,"sizes":[{"left":1,"name":"s"}]}]}`))
	f.Fuzz(func(t *testing.T, which uint8, topic string, body []byte) {
		shop := shops[int(which)%len(shops)]
		d, err := deliver(t, shop, topic, body)
		if err != nil {
			if !errors.Is(err, shophook.ErrMapping) || len(d.Events) > 0 {
				t.Fatalf("%+v, %v", d, err)
			}
			return
		}
		if (len(d.Events) > 0) != (d.Outcome == shophook.Mapped) || d.Outcome == "" {
			t.Fatalf("%d events, outcome %s", len(d.Events), d.Outcome)
		}
		again, err := deliver(t, shop, topic, body)
		if err != nil || len(again.Events) != len(d.Events) {
			t.Fatalf("again: %v", err)
		}
		for i, e := range d.Events {
			if err := e.Validate(); err != nil || e.Source != shop {
				t.Fatalf("%s: %v", e.ID, err)
			}
			if again.Events[i].ID != e.ID || !bytes.Equal(again.Events[i].Data, e.Data) {
				t.Fatalf("again, %s is %s", e.ID, again.Events[i].ID)
			}
		}
	})
}

// FuzzVerify hands any headers and any body to every scheme. Nothing but what was signed is
// taken, and what was signed is taken under no other body.
func FuzzVerify(f *testing.F) {
	f.Add(uint8(0), "X-Shopify-Hmac-Sha256", "hMTq0K2x7oyOjoBwGYeTj5oxfnaVYXzbanUG9aajpKI=", []byte("{}"))
	f.Add(uint8(1), "X-WC-Webhook-Signature", "====", []byte("webhook_id=1"))
	f.Add(uint8(2), "Stripe-Signature", "t=1772442000,v1=00,v1=,v0", []byte("{}"))
	f.Add(uint8(3), "X-Gizmo-Sign", "sha256=zz", []byte("{}"))
	shops := []string{"shopify", "woocommerce", "stripe", "gizmo"}
	f.Fuzz(func(t *testing.T, which uint8, name, value string, body []byte) {
		shop := shops[int(which)%len(shops)]
		src := open(t, shop)
		h := http.Header{name: {value}}
		if d, err := src.Receive(h, body, at); d.Outcome != shophook.Ping && !errors.Is(err, shophook.ErrSignature) {
			t.Fatalf("%s: %s took what nobody signed: %+v, %v", name, shop, d, err)
		}
		right := signed(shop, "", body)
		if _, err := src.Receive(right, body, at); err != nil && !errors.Is(err, shophook.ErrMapping) {
			t.Fatalf("%s refuses what it signed: %v", shop, err)
		}
		if _, err := src.Receive(right, append(bytes.Clone(body), 'x'), at); !errors.Is(err, shophook.ErrSignature) {
			t.Fatalf("%s took another body: %v", shop, err)
		}
	})
}
