package live_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/catalogue"
	"rapport/pkg/event"
)

// A broker that goes away and comes back: a shelf hears of what is stored afterwards.
func TestShelfOutlivesTheBroker(t *testing.T) {
	t.Parallel()
	opts := embedded.Options{StoreDir: embeddedtest.Dir(t), MaxStore: 1 << 30, Host: "127.0.0.1", Port: -1}
	srv, err := embedded.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	stop := func() {
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() { stop() })
	js := connected(t, srv.ClientURL())
	one, other := shelf(t, js), shelf(t, js)
	if err := one.Put(ctx, []event.Event{told(event.ProductUpdated, `{"product_id":"a","price":1}`, 1)}); err != nil {
		t.Fatal(err)
	}
	if _, opts.Port, err = address(srv.ClientURL()); err != nil {
		t.Fatal(err)
	}
	stop()
	short, cancelShort := context.WithTimeout(ctx, time.Second)
	if err := one.Put(short, []event.Event{told(event.ProductUpdated, `{"product_id":"a","price":2}`, 2)}); err == nil {
		t.Error("stored without a broker")
	}
	cancelShort()
	if p, ok := other.Product("a"); !ok || p.Price != "1" {
		t.Errorf("without a broker, the shelf has %+v", p)
	}
	if srv, err = embedded.Start(opts); err != nil {
		t.Fatal(err)
	}
	back := js.Conn().StatusChanged(nats.CONNECTED)
	if !js.Conn().IsConnected() {
		<-back
	}
	if err := one.Put(ctx, []event.Event{told(event.ProductUpdated, `{"product_id":"a","price":3}`, 3), told(event.ProductUpdated, `{"product_id":"b"}`, 3)}); err != nil {
		t.Fatal(err)
	}
	eventually(t, other, "a", func(p catalogue.Product, _ bool) bool { return p.Price == "3" })
	eventually(t, other, "b", func(_ catalogue.Product, ok bool) bool { return ok })
}

func connected(t *testing.T, url string) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(url, bus.ConnOptions("test", slog.New(slog.DiscardHandler))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := bus.JetStream(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// A full bucket refuses what is new, and says so; what is there stays, and room helps.
func TestAFullCatalogueSaysSo(t *testing.T) {
	t.Parallel()
	js := broker(t)
	s := shelf(t, js)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Put(ctx, []event.Event{told(event.ProductUpdated, `{"product_id":"a","price":1}`, 1)}); err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(ctx, "KV_"+bus.BucketCatalogue)
	if err != nil {
		t.Fatal(err)
	}
	conf := stream.CachedInfo().Config
	room := conf.MaxBytes
	conf.MaxBytes = 20 << 10
	if _, err := js.UpdateStream(ctx, conf); err != nil {
		t.Fatal(err)
	}
	var many []event.Event
	for i := range 200 {
		many = append(many, told(event.ProductUpdated, fmt.Sprintf(`{"product_id":"%d","name":"%s"}`, i, strings.Repeat("x", 200)), 1))
	}
	if err := s.Put(ctx, many); !bus.IsFull(err) {
		t.Fatalf("a full catalogue answers %v", err)
	}
	if p, ok := s.Product("a"); !ok || p.Price != "1" {
		t.Errorf("what was there is %+v", p)
	}
	conf.MaxBytes = room
	if _, err := js.UpdateStream(ctx, conf); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(ctx, many); err != nil || s.Len() != 201 {
		t.Errorf("with room again: %v, %d products", err, s.Len())
	}
}

// A hundred thousand products: how fast they are stored, read at a start, and what they take. It
// runs when it is asked for, with RAPPORT_MEASURE=1, and tells with -v.
func TestHundredThousandProducts(t *testing.T) {
	if os.Getenv("RAPPORT_MEASURE") == "" {
		t.Skip("takes a while: set RAPPORT_MEASURE=1")
	}
	js := broker(t)
	s := shelf(t, js)
	const n = 100_000
	var all []event.Event
	size := 0
	for i := range n {
		data := fmt.Sprintf(`{"product_id":"sku-%06d","sku":"sku-%06d","name":"Ash lamp with a linen shade, number %d","price":"%d.50","currency":"GBP","stock":%d,"url":"https://shop.example/products/ash-lamp-%d","image_url":"https://cdn.shop.example/pictures/ash-lamp-%d-large.jpg","category":"Lamps","brand":"Ash"}`,
			i, i, i, i%500, i%40, i, i)
		size += len(data)
		all = append(all, told(event.ProductUpdated, data, 1))
	}
	began := time.Now()
	if err := s.Put(context.Background(), all); err != nil {
		t.Fatal(err)
	}
	stored := time.Since(began)
	again := time.Now()
	if err := s.Put(context.Background(), all); err != nil {
		t.Fatal(err)
	}
	repeated := time.Since(again)
	before := memory()
	start := time.Now()
	late := shelf(t, js)
	read := time.Since(start)
	after := memory()
	if late.Len() != n {
		t.Fatalf("%d products", late.Len())
	}
	t.Logf("%d products of %d bytes: stored in %s (%.0f/s), repeated in %s, read at a start in %s, %d bytes of memory each",
		n, size/n, stored.Round(time.Millisecond), n/stored.Seconds(), repeated.Round(time.Millisecond), read.Round(time.Millisecond), (after-before)/n)
}

func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func address(url string) (string, int, error) {
	host, port, _ := strings.Cut(strings.TrimPrefix(url, "nats://"), ":")
	n, err := strconv.Atoi(port)
	return host, n, err
}
