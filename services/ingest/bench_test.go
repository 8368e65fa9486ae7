package ingest_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"rapport/pkg/bus"
	"rapport/pkg/bus/bustest"
	"rapport/services/ingest"
)

// orders is a batch of n orders of 20 products, about 3 KB each, as a replay posts them.
func orders(first, n int) string {
	items := make([]string, n)
	for i := range items {
		lines := make([]string, 20)
		for p := range lines {
			lines[p] = fmt.Sprintf(`{"product_id":"%05d","name":"WHITE HANGING HEART T-LIGHT HOLDER NO %d","price":%d.%02d,"quantity":%d,"category":"Home","url":"https://shop.example.com/p/%05d"}`, 22000+p, p, p, p, 1+p%12, 22000+p)
		}
		items[i] = fmt.Sprintf(`{"type":"track","event":"Order Completed","messageId":"invoice-%d","timestamp":"2026-01-02T10:00:00Z","userId":"%d",`+
			`"properties":{"order_id":"%d","total":1234.56,"currency":"GBP","products":[%s]},`+
			`"context":{"traits":{"email":"customer-%d@example.com","phone":"+447700900123"},"timezone":"Europe/London","locale":"en-GB",`+
			`"consent":[{"channel":"email","purpose":"marketing","granted":true,"source":"replay"},{"channel":"sms","purpose":"marketing","granted":true,"source":"replay"}]}}`,
			first+i, 12000+i, first+i, strings.Join(lines, ","), 12000+i)
	}
	return `{"batch":[` + strings.Join(items, ",") + `]}`
}

// nowhere is a Publisher that costs nothing.
type nowhere struct{}

func (nowhere) PublishBatch(context.Context, []*nats.Msg) error { return nil }

// BenchmarkBatch posts batches of 100 orders: through the handler alone, and with a
// broker that syncs every atomic batch to disk.
func BenchmarkBatch(b *testing.B) {
	b.Run("handler", func(b *testing.B) {
		body := orders(0, 100)
		post100(b, nowhere{}, func(int) string { return body })
	})
	b.Run("stored", func(b *testing.B) {
		broker := bustest.Start(b, bus.Layout{})
		post100(b, ingest.NewBroker(broker.JS), func(n int) string { return orders(n*100, 100) })
	})
}

func post100(b *testing.B, p ingest.Publisher, body func(n int) string) {
	b.Helper()
	h := newService(b, p, func(o *ingest.Options) { o.Linger = -1 }).Handler()
	b.SetBytes(int64(len(body(0))))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		b.StopTimer()
		text := body(n)
		b.StartTimer()
		if a := post(b, h, "/v1/batch", text); a.status != http.StatusOK {
			b.Fatalf("answered %d %s", a.status, a.body)
		}
		n++
	}
	b.ReportMetric(float64(n*100)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkTrack posts one order at a time, as a shop does.
func BenchmarkTrack(b *testing.B) {
	h := newService(b, nowhere{}, func(o *ingest.Options) { o.Linger = -1 }).Handler()
	one := strings.TrimSuffix(strings.TrimPrefix(orders(0, 1), `{"batch":[`), "]}")
	b.SetBytes(int64(len(one)))
	b.ReportAllocs()
	for b.Loop() {
		if a := post(b, h, "/v1/track", one); a.status != http.StatusOK {
			b.Fatalf("answered %d %s", a.status, a.body)
		}
	}
}
