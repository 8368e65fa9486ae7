package clienttest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"rapport/pkg/client"
)

// OrderCompleted is a type of event as rapport events generates them.
type OrderCompleted struct {
	OrderID  string      `json:"order_id"`
	Total    json.Number `json:"total"`
	Currency string      `json:"currency"`
}

// EventType makes it an event.
func (OrderCompleted) EventType() string { return "order.completed" }

// A shop's backend tells of orders over NATS. Flush returns when the broker has them.
func Example_overNATS() {
	example(func(d *doors) error {
		nc, err := d.connect()
		if err != nil {
			return err
		}
		defer nc.Close()
		ctx := context.Background()

		c, err := client.New(client.Options{NATS: nc, Source: "shop"})
		if err != nil {
			return err
		}
		err = c.Track(ctx, "c-42", OrderCompleted{"1001", "49.90", "EUR"}, client.ID("order-1001"), client.Traits(map[string]any{"email": "ada@example.com"}))
		if err != nil {
			return err
		}
		if err := c.Close(ctx); err != nil {
			return err
		}

		events, err := d.await(ctx, 0, 1)
		if err != nil {
			return err
		}
		fmt.Println(events[0].UID(), events[0].Type, events[0].Subject, string(events[0].Data))
		return nil
	})
	// Output: shop#order-1001 order.completed c-42 {"order_id":"1001","total":49.90,"currency":"EUR","$profile":{"traits":{"email":"ada@example.com"}}}
}

// Over HTTP the door answers for each event: Wait returns when this one is stored.
func Example_overHTTP() {
	example(func(d *doors) error {
		ctx := context.Background()
		c, err := client.New(client.Options{URL: d.url, WriteKey: "secret"})
		if err != nil {
			return err
		}
		err = c.Wait().Track(ctx, "c-42", OrderCompleted{"1001", "49.90", "EUR"}, client.ID("order-1001"), client.At(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)))
		if err != nil {
			return err
		}
		events, _, err := d.stored(ctx, 0)
		if err != nil {
			return err
		}
		fmt.Println(events[0].UID(), events[0].Type, events[0].Time.Format(time.RFC3339), string(events[0].Data))

		// What only the door can know is answered with the field, too, and the others are stored.
		err = c.Wait().Consent(ctx, "c-42", []client.Consent{{Channel: "pigeon", Purpose: "marketing", Source: "form"}})
		fmt.Println(err)
		return c.Close(ctx)
	})
	// Output:
	// shop/client#order-1001 order.completed 2026-03-02T09:00:00Z {"order_id":"1001","total":49.90,"currency":"EUR"}
	// data.$profile.consent[0].channel: is "pigeon", must be "email", "sms", "whatsapp", or "*" for all of them
}

// A mistake is told where it is made, with the field and what to do about it.
func Example_mistakes() {
	example(func(d *doors) error {
		c, err := client.New(client.Options{URL: d.url, WriteKey: "secret"})
		if err != nil {
			return err
		}
		ctx := context.Background()
		err = c.Track(ctx, "c-42", OrderCompleted{Total: "49.90"})
		var wrong *client.Rejection
		if errors.As(err, &wrong) {
			fmt.Println(wrong.Field, wrong.Reason)
		}
		return c.Close(ctx)
	})
	// Output: data.order_id is missing: orders need an order_id
}

// Nothing gets lost when the door cannot be reached in time: Close says what was not stored.
func Example_notStored() {
	example(func(*doors) error {
		c, err := client.New(client.Options{URL: "http://127.0.0.1:1", WriteKey: "secret"})
		if err != nil {
			return err
		}
		if err := c.TrackNamed(context.Background(), "c-42", "Cart Viewed", nil, client.ID("v-1")); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		var left *client.NotStored
		if errors.As(c.Close(ctx), &left) {
			for _, r := range left.Results {
				fmt.Println(r.Call.ID, r.Call.Type)
			}
		}
		return nil
	})
	// Output: v-1 cart.viewed
}
