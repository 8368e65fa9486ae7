package main_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
)

// publishOrder is the example of the README, word for word.
func publishOrder(ctx context.Context, js jetstream.JetStream) (err error) {
	const event = `{"specversion": "1.0", "id": "A-2", "source": "shop", "type": "order.completed",
	"subject": "ada", "data": {
		"order_id": "A-2", "total": 12.75, "currency": "GBP",
		"products": [{"product_id": "22423", "name": "Regency cake stand", "price": 12.75, "quantity": 1}],
		"$profile": {"traits": {"email": "ada@example.com"}}}}`
	_, err = js.Publish(ctx, "in.shop", []byte(event))
	return err
}

// A backend that publishes CloudEvents over NATS, by the door, or as one that is trusted does. What can be read is an
// event like any other; what cannot is a dead letter with the reason, and the good ones
// around it go on.
func TestEventsOverNATS(t *testing.T) {
	t.Parallel()
	r := up(t, t.TempDir())
	conn, err := nats.Connect(r.nats)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Format(time.RFC3339)
	order := func(id string) string {
		return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"shop","type":"order.completed","subject":"di","time":%q,
			"data":{"order_id":%q,"total":5,"currency":"GBP","products":[{"product_id":"1","name":"Lamp","price":5,"quantity":1}],
			"$profile":{"traits":{"email":"di@example.com"}}}}`, id, now, id)
	}
	garbage := map[string]string{
		"not JSON at all":     "not a CloudEvent in JSON",
		`{"specversion":"0"}`: "specversion",
		strings.Replace(order("x"), `"order_id":"x",`, "", 1): "data.order_id: is missing",
	}
	// The subject's token is the profile's key (event.Key).
	publish := func(token, body string) {
		t.Helper()
		if _, err := js.Publish(t.Context(), "events."+token, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	publish("225ed6562f6887b1", order("first"))
	for body := range garbage {
		publish("225ed6562f6887b1", body)
	}
	const elsewhere = "di"
	garbage[order("third")] = "publish to events.225ed6562f6887b1"
	publish(elsewhere, order("third"))
	publish("225ed6562f6887b1", order("second"))
	for range 2 { // Publishing it again changes nothing.
		if err := publishOrder(t.Context(), js); err != nil {
			t.Fatal(err)
		}
	}
	r.await(t, 2, url.Values{"journey": {"thank-you"}, "to": {"di@example.com"}})
	if all := r.await(t, 1, url.Values{"to": {"ada@example.com"}}); len(all) != 1 {
		t.Errorf("%d thank-yous for the order that was published twice", len(all))
	}

	// Whoever reads the partition can be ahead of the one that the misdirected event is in.
	reasons := deadLetters(t, js, len(garbage))
	for body, want := range garbage {
		if got := reasons[body]; got.Service != "orchestrator" || got.Subject == "" || !strings.Contains(got.Reason, want) {
			t.Errorf("%q: dead letter %+v, want the reason %q", body, got, want)
		}
	}
	if code := r.interrupt(t); code != 0 {
		t.Errorf("Ctrl-C ends with %d", code)
	}
}

// deadLetters reads n dead letters, by their bodies.
func deadLetters(t *testing.T, js jetstream.JetStream, n int) map[string]bus.Dead {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := js.OrderedConsumer(ctx, bus.StreamDead, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverAllPolicy})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bus.Dead{}
	for len(all) < n {
		msg, err := c.Next(jetstream.FetchMaxWait(time.Second))
		if ctx.Err() != nil {
			t.Fatalf("%d dead letters within %s, want %d", len(all), patience, n)
		}
		if err != nil {
			continue
		}
		dead, err := bus.ReadDead(msg.Headers())
		if err != nil {
			t.Fatal(err)
		}
		all[string(msg.Data())] = dead
	}
	return all
}
