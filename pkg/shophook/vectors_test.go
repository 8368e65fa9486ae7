package shophook_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"rapport/pkg/shophook"
)

// TestVectors: the published vectors of shops and of Standard Webhooks, through the whole of Receive.
func TestVectors(t *testing.T) {
	t.Parallel()
	var all []struct {
		Scheme, Name, Body, Secret string
		Header                     map[string]string
		Valid                      bool
	}
	if err := json.Unmarshal(corpus(t, "webhook-signatures", "vectors.json"), &all); err != nil {
		t.Fatal(err)
	}
	tried := map[string]int{}
	for _, v := range all {
		scheme := map[string]shophook.Scheme{"shopify": shophook.Shopify, "standard-webhooks": shophook.Standard}[v.Scheme]
		if scheme == "" {
			continue
		}
		tried[v.Scheme]++
		def := &shophook.Definition{Name: "vector", Secrets: []string{"OLD", "NEW"}, Verify: shophook.Verify{Scheme: scheme, Tolerance: shophook.Tolerance}}
		def.Topic, def.Delivery = def.Verify.TopicOf(), def.Verify.DeliveryOf()
		src := shophook.Open([]*shophook.Definition{def}, func(name string) string {
			return map[string]string{"RAPPORT_SECRET_OLD": "d2hhdCBpdCB3YXM=", "RAPPORT_SECRET_NEW": v.Secret}[name]
		}).Get("vector")
		h, now := http.Header{}, at
		for name, value := range v.Header {
			h.Set(name, value)
			if n, err := strconv.ParseInt(value, 10, 64); err == nil && strings.HasSuffix(name, "timestamp") {
				now = time.Unix(n, 0).Add(4 * time.Minute)
			}
		}
		_, err := src.Receive(h, []byte(v.Body), now)
		if v.Valid && err != nil || !v.Valid && !errors.Is(err, shophook.ErrSignature) {
			t.Errorf("%s, %s: %v", v.Scheme, v.Name, err)
		}
		_, err = src.Receive(h, []byte(v.Body), now.Add(time.Hour))
		if v.Valid && scheme == shophook.Standard && !errors.Is(err, shophook.ErrStale) {
			t.Errorf("%s, %s, an hour later: %v", v.Scheme, v.Name, err)
		}
		_, err = src.Receive(h, []byte(v.Body+" "), now)
		if !errors.Is(err, shophook.ErrSignature) {
			t.Errorf("%s, %s, with a byte more: %v", v.Scheme, v.Name, err)
		}
	}
	if tried["shopify"] < 7 || tried["standard-webhooks"] < 2 {
		t.Errorf("few vectors: %v", tried)
	}
}

// TestRefused: what is wrong with a delivery has an error of its own, which holds no secret.
func TestRefused(t *testing.T) {
	t.Parallel()
	body := []byte(`{"id":"evt_1","type":"nothing.known","data":{}}`)
	stripe := open(t, "stripe")
	for name, c := range map[string]struct {
		change func(http.Header)
		body   string
		after  time.Duration
		want   error
	}{
		"as it is":      {nil, "", 0, nil},
		"four minutes":  {nil, "", 4 * time.Minute, nil},
		"a wrong clock": {nil, "", -4 * time.Minute, nil},
		"replayed":      {nil, "", 6 * time.Minute, shophook.ErrStale},
		"of the future": {nil, "", -6 * time.Minute, shophook.ErrStale},
		"no header":     {func(h http.Header) { h.Del("Stripe-Signature") }, "", 0, shophook.ErrSignature},
		"two headers":   {func(h http.Header) { h.Add("Stripe-Signature", h.Get("Stripe-Signature")) }, "", 0, shophook.ErrSignature},
		"another body":  {nil, `{"id":"evt_2"}`, 0, shophook.ErrSignature},
	} {
		h, sent := signed("stripe", "", body), body
		if c.change != nil {
			c.change(h)
		}
		if c.body != "" {
			sent = []byte(c.body)
		}
		_, err := stripe.Receive(h, sent, at.Add(c.after))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), testSecret) || errors.Is(err, shophook.ErrMapping)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	all := shophook.Open([]*shophook.Definition{{Name: "shop", Secrets: []string{"SHOP"}}}, func(string) string { return " " })
	if _, err := all.Get("shop").Receive(nil, nil, at); !errors.Is(err, shophook.ErrClosed) || !strings.Contains(err.Error(), "RAPPORT_SECRET_SHOP") {
		t.Errorf("without a secret: %v", err)
	}
	if all.Get("nobody") != nil {
		t.Error("there is a source that nobody wrote")
	}
}

// TestPing: WooCommerce tries an address without signing; only what is exactly that is let by.
func TestPing(t *testing.T) {
	t.Parallel()
	woo := open(t, "woocommerce")
	if d, err := woo.Receive(http.Header{}, []byte("webhook_id=12"), at); err != nil || d.Outcome != shophook.Ping || len(d.Events) > 0 {
		t.Errorf("%+v, %v", d, err)
	}
	for _, body := range []string{"webhook_id=12&a=b", `{"webhook_id":12}`, "", "webhook_id="} {
		if _, err := woo.Receive(http.Header{}, []byte(body), at); !errors.Is(err, shophook.ErrSignature) {
			t.Errorf("%q: %v", body, err)
		}
	}
	if _, err := open(t, "shopify").Receive(http.Header{}, []byte("webhook_id=12"), at); !errors.Is(err, shophook.ErrSignature) {
		t.Errorf("shopify: %v", err)
	}
}
