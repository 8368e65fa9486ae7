package natsdoor_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/services/ingest/natsdoor"
)

// BenchmarkDoor takes events out of IN and stores them, on a broker that syncs what it stores: as many as
// a shop has published while no door was open, and as they are published.
func BenchmarkDoor(b *testing.B) {
	for _, c := range []struct {
		name           string
		waiting, purge bool
	}{{"waiting", true, false}, {"waiting/purge", true, true}, {"coming", false, false}, {"coming/purge", false, true}} {
		b.Run(c.name, func(b *testing.B) {
			const events = 10_000
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				br := start(b, embedded.Options{SyncInterval: synced}, bus.Layout{MaxBytes: 512 << 20})
				if c.waiting {
					br.pour(events)
				}
				b.StartTimer()
				end := br.open(natsdoor.Options{AckWait: 10 * time.Second, Purge: c.purge})
				if !c.waiting {
					br.pour(events)
				}
				br.grows(bus.StreamEvents, events)
				br.empty(bus.StreamIn)
				b.StopTimer()
				end()
				b.StartTimer()
			}
			b.ReportMetric(float64(events*b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// pour publishes events as the client does, in atomic batches.
func (b *broker) pour(n int) {
	b.t.Helper()
	msgs := make([]*nats.Msg, n)
	for i := range msgs {
		msgs[i] = bus.NewMsg("in.shop", "", fmt.Appendf(nil, `{"specversion":"1.0","id":"profiles:%d","source":"shop","type":"profile.identified","subject":"c-%d",`+
			`"time":"2025-03-01T10:11:12Z","rapportpast":true,"datacontenttype":"application/json",`+
			`"data":{"$profile":{"traits":{"city":"Berlin","country":"DE","email":"ada.lovelace.%d@example.com","first_name":"Ada","last_name":"Lovelace","points":%d}}}}`, i, i, i, i))
	}
	js := b.connect()
	for len(msgs) > 0 {
		k := min(500, len(msgs))
		if _, err := bus.PublishBatch(context.Background(), js, msgs[:k]); err != nil {
			b.t.Fatal(err)
		}
		msgs = msgs[k:]
	}
}
