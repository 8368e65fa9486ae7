package main_test

import (
	"context"
	"encoding/json"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/catalogue/live"
	"rapport/pkg/event"
)

// sells has the admin make the catalogue, the door put a product there, and all who show products know it.
func (g *guarded) sells(ctx context.Context) {
	g.t.Helper()
	g.check("admin makes the buckets", bus.ProvisionBuckets(ctx, g.as("admin"), guardedLayout()))
	shelves := map[string]*live.Shelf{}
	for _, user := range []string{"ingest", "recommender", "mailer", "texter", "caller"} {
		shelf, err := live.Open(ctx, g.as(user), 3, g.log())
		g.check(user+" opens the catalogue", err)
		g.running(user+"'s catalogue", shelf.Run)
		shelves[user] = shelf
	}
	g.check("ingest puts a product", shelves["ingest"].Put(ctx, []event.Event{{
		ID: "p", Source: "shop", Type: event.ProductUpdated, Time: time.Now(), Data: json.RawMessage(`{"product_id":"soap","stock":0}`),
	}}))
	for user, shelf := range shelves {
		for {
			moved := shelf.Moved()
			if shelf.Len() == 1 {
				break
			}
			select {
			case <-moved:
			case <-ctx.Done():
				g.t.Fatalf("%s knows %d products", user, shelf.Len())
			}
		}
	}
}
