package live_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/catalogue"
	"rapport/pkg/catalogue/live"
	"rapport/pkg/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func broker(t *testing.T) jetstream.JetStream {
	t.Helper()
	srv, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t), MaxStore: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	nc, err := srv.Connect()
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

// shelf opens one and has it filled until the test ends.
func shelf(t *testing.T, js jetstream.JetStream) *live.Shelf {
	t.Helper()
	s, err := live.Open(t.Context(), js, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	<-s.Ready()
	return s
}

func told(typ, data string, second int) event.Event {
	return event.Event{
		ID: fmt.Sprint(second), Source: "shop", Type: typ, Subject: "product", Time: time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC), Data: []byte(data),
	}
}

// eventually waits for changes of a shelf until they are what is wanted.
func eventually(t *testing.T, s *live.Shelf, id string, want func(p catalogue.Product, ok bool) bool) {
	t.Helper()
	for {
		moved := s.Moved()
		p, ok := s.Product(id)
		if want(p, ok) {
			return
		}
		select {
		case <-moved:
		case <-time.After(time.Minute):
			t.Fatalf("product %s stays %+v", id, p)
		}
	}
}

func TestWhatOneTellsAllKnow(t *testing.T) {
	t.Parallel()
	js := broker(t)
	one, other := shelf(t, js), shelf(t, js)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := one.Put(ctx, []event.Event{
		told(event.ProductUpdated, `{"product_id":"a","name":"Lantern","price":"12.50","stock":3}`, 1),
		told(event.ProductUpdated, `{"product_id":"a","stock":0}`, 2),
		told(event.ProductUpdated, `{"product_id":"b","name":"Bunting"}`, 1),
	})
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := one.Product("a"); !ok || p.ForSale() { // Who was told that it is stored sees it.
		t.Errorf("who told of it knows %+v", p)
	}
	eventually(t, other, "a", func(p catalogue.Product, ok bool) bool {
		return ok && p.Name == "Lantern" && p.Price == "12.50" && !p.ForSale()
	})
	eventually(t, other, "b", func(p catalogue.Product, ok bool) bool { return ok && p.ForSale() })
	if err := other.Put(ctx, []event.Event{told(event.ProductRemoved, `{"product_id":"b"}`, 3)}); err != nil {
		t.Fatal(err)
	}
	eventually(t, one, "b", func(p catalogue.Product, ok bool) bool { return ok && p.Removed })
	late := shelf(t, js)
	if p, ok := late.Product("b"); !ok || !p.Removed || late.Len() != 2 {
		t.Errorf("who comes later knows %+v, %d products", p, late.Len())
	}
}

// Writers of one product each, and of all, at the same time: the fields of all are there in the end.
func TestWritersDoNotOverwriteEachOther(t *testing.T) {
	t.Parallel()
	js := broker(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	const writers, products = 4, 60
	shelves := make([]*live.Shelf, writers)
	for i := range shelves {
		shelves[i] = shelf(t, js)
	}
	var writing sync.WaitGroup
	for i, s := range shelves {
		writing.Go(func() {
			var all []event.Event
			for p := range products {
				all = append(all, told(event.ProductUpdated, fmt.Sprintf(`{"product_id":"%d","field_%d":%d}`, p, i, p), 1))
			}
			if err := s.Put(ctx, all); err != nil {
				t.Error(err)
			}
		})
	}
	writing.Wait()
	for p := range products {
		eventually(t, shelves[0], fmt.Sprint(p), func(got catalogue.Product, ok bool) bool {
			for i := range writers {
				if !ok || !strings.Contains(string(got.Record), fmt.Sprintf(`"field_%d":%d`, i, p)) {
					return false
				}
			}
			return true
		})
	}
}
