package clienttest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"

	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/client"
	"rapport/pkg/event"
)

// once checks that each of the ids is in EVENTS behind a position, once, and nothing else is.
func once(t interface{ Errorf(string, ...any) }, events []event.Event, ids map[string]bool) {
	seen := map[string]int{}
	for i := range events {
		seen[events[i].ID]++
		if !ids[events[i].ID] {
			t.Errorf("event %s was not accepted, and is stored", events[i].ID)
		}
	}
	for id := range ids {
		if seen[id] != 1 {
			t.Errorf("event %s is stored %d times, want once", id, seen[id])
		}
	}
}

// Whatever happens on the way, what the client took is stored once.
func TestEveryEventIsStoredOnceOverHTTP(t *testing.T) {
	t.Parallel()
	d := begin(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		plan := rapid.SliceOfN(rapid.IntRange(0, int(fates)-1), 0, 6).Draw(rt, "fates")
		front := newShaky(t, d.handler, func(n int) fate {
			if n <= len(plan) {
				return fate(plan[n-1])
			}
			return arrives
		})
		_, from, err := d.stored(t.Context(), 0)
		if err != nil {
			rt.Fatal(err)
		}
		c, err := client.New(client.Options{
			URL: front.URL, WriteKey: "secret", Interval: time.Millisecond,
			Batch: rapid.IntRange(1, 20).Draw(rt, "batch"), Concurrency: rapid.IntRange(1, 3).Draw(rt, "concurrency"),
		})
		if err != nil {
			rt.Fatal(err)
		}
		ids, bad := publish(rt, t, c, round)
		var left *client.NotStored
		if err := c.Close(t.Context()); bad == 0 && err != nil || bad > 0 && (!errors.As(err, &left) || len(left.Results) != bad) {
			rt.Errorf("Close says %v, want %d events that are not stored", err, bad)
		}
		events, err := d.await(t.Context(), from, len(ids))
		if err != nil {
			rt.Error(err)
		}
		once(rt, events, ids)
	})
}

// publish hands in events, some of which only the door can refuse, and returns the ids of the others.
func publish(rt *rapid.T, t *testing.T, c *client.Client, round int) (ids map[string]bool, bad int) {
	ids = map[string]bool{}
	for i := range rapid.IntRange(1, 40).Draw(rt, "events") {
		id := fmt.Sprintf("%d-%d", round, i)
		with := []client.With{client.ID(id)}
		if rapid.IntRange(0, 9).Draw(rt, "kind") == 0 {
			// The client does not know how the channels of consent are called.
			with = append(with, func(c *client.Call) {
				c.Person.Consent = []client.Consent{{Channel: "pigeon", Purpose: "marketing", Source: "form"}}
			})
			bad++
		} else {
			ids[id] = true
		}
		if err := c.TrackNamed(t.Context(), fmt.Sprintf("c-%d", i%5), "cart.viewed", map[string]int{"i": i}, with...); err != nil {
			rt.Fatal(err)
		}
	}
	return ids, bad
}

// Over NATS the connection is lost while events are on their way.
func TestEveryEventIsStoredOnceOverNATS(t *testing.T) {
	t.Parallel()
	d := begin(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		_, from, err := d.stored(t.Context(), 0)
		if err != nil {
			rt.Fatal(err)
		}
		nc, err := d.server.Connect(nats.MaxReconnects(-1), nats.ReconnectWait(time.Millisecond), nats.ReconnectJitter(0, 0))
		if err != nil {
			rt.Fatal(err)
		}
		defer nc.Close()
		c, err := client.New(client.Options{
			NATS: nc, Source: "shop", Interval: time.Millisecond, Timeout: 2 * time.Second,
			Batch: rapid.IntRange(1, 20).Draw(rt, "batch"), Concurrency: rapid.IntRange(1, 3).Draw(rt, "concurrency"),
		})
		if err != nil {
			rt.Fatal(err)
		}
		ids := map[string]bool{}
		n := rapid.IntRange(1, 40).Draw(rt, "events")
		cut := rapid.IntRange(0, 40).Draw(rt, "cut")
		for i := range n {
			id := fmt.Sprintf("%d-%d", round, i)
			ids[id] = true
			if err := c.TrackNamed(t.Context(), fmt.Sprintf("c-%d", i%5), "cart.viewed", nil, client.ID(id)); err != nil {
				rt.Fatal(err)
			}
			if i == cut {
				if err := nc.ForceReconnect(); err != nil {
					rt.Fatal(err)
				}
			}
		}
		if err := c.Close(t.Context()); err != nil {
			rt.Errorf("Close says %v", err)
		}
		events, err := d.await(t.Context(), from, len(ids))
		if err != nil {
			rt.Error(err)
		}
		once(rt, events, ids)
	})
}

// A broker that has no streams is named as what is missing.
func TestABrokerWithoutStreams(t *testing.T) {
	t.Parallel()
	srv, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t), SyncInterval: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	d := &doors{server: srv}
	c, err := client.New(client.Options{NATS: d.conn(t), Source: "shop", GiveUpAfter: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait().TrackNamed(t.Context(), "c", "cart.viewed", nil); err == nil || !strings.Contains(err.Error(), "no stream takes events of in.*") {
		t.Errorf("without a stream: %v", err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
