package ops_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"rapport/services/rapport/stack"
)

// sells is a shop's product feed.
func sells(t *testing.T) stack.Feeds {
	t.Helper()
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "id,title,price\nlamp-7,Lamp,42.50 GBP\n") // Who asks says so when it is gone.
	}))
	t.Cleanup(shop.Close)
	return stack.Feeds{URLs: []string{shop.URL + "/products.csv"}, AllowPrivate: true}
}

// enter comes in by the doors beside that for events over HTTP: NATS, a webhook whose source has no secret, products. It
// returns when what happened is told.
func (r *running) enter(t *testing.T) {
	t.Helper()
	for _, body := range []string{`{"specversion":"1.0","id":"n1","source":"shop","type":"cart.viewed","subject":"ada"}`, "this is no event"} {
		if _, err := r.JS.Publish(t.Context(), "in.shop", []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	r.postTo(t, "/v1/webhooks/shopify", "", `{"id":1001}`, http.StatusServiceUnavailable)
	r.postTo(t, "/v1/products", "", `{"product_id":"lamp-8","name":"Lamp"}`, http.StatusOK)
	r.post(t, "", `{"userId":"ada","event":"Cart Viewed","messageId":"A2","timestamp":"2999-01-01T00:00:00Z","properties":{"cart_id":"c-7"}}`, http.StatusOK)
	r.told(t, "natsdoor_messages_total{", "ingest_webhooks_total{", "ingest_products_total{", "ingest_clock_ahead_total{",
		"ingest_feed_reads_total{", "broker_dead_letters_source{")
}
