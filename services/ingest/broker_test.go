package ingest_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/pkg/bus"
	"rapport/pkg/bus/bustest"
	"rapport/services/ingest"
)

// batchOf is a batch of n calls, with ids from the first on.
func batchOf(first, n int) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(`{"type":"track","messageId":"m%d","userId":"c%d","event":"Cart Viewed","properties":{"n":%d}}`, first+i, (first+i)%7, first+i)
	}
	return `{"batch":[` + strings.Join(items, ",") + `]}`
}

func TestStoredInOrderAndOnce(t *testing.T) {
	t.Parallel()
	b := bustest.Start(t, bus.Layout{})
	h := newService(t, ingest.NewBroker(b.JS), nil).Handler()
	for range 2 { // the second is a repeat after an answer that was lost
		if a := post(t, h, "/v1/batch", batchOf(0, 1200)); a.status != http.StatusOK {
			t.Fatalf("answered %d %s", a.status, a.body)
		}
	}
	events := bustest.Stored(t, b.JS)
	if len(events) != 1200 {
		t.Fatalf("%d events are stored, want 1200", len(events))
	}
	for i, e := range events {
		if e.ID != fmt.Sprintf("m%d", i) {
			t.Fatalf("event %d is %s; the order is lost", i, e.ID)
		}
	}
}

func TestAnIDTwiceInOneBatch(t *testing.T) {
	t.Parallel()
	b := bustest.Start(t, bus.Layout{})
	h := newService(t, ingest.NewBroker(b.JS), nil).Handler()
	twice := strings.Replace(batchOf(0, 3), `"m2"`, `"m0"`, 1)
	if a := post(t, h, "/v1/batch", twice); a.status != http.StatusOK {
		t.Fatalf("answered %d %s", a.status, a.body)
	}
	if events := bustest.Stored(t, b.JS); len(events) != 2 || events[0].ID != "m0" || events[1].ID != "m1" {
		t.Errorf("stored %v, want m0 and m1", events)
	}
}

func TestManySendersAtATime(t *testing.T) {
	t.Parallel()
	b := bustest.Start(t, bus.Layout{})
	counted := &counting{Publisher: ingest.NewBroker(b.JS)}
	h := newService(t, counted, nil).Handler()
	const senders, each = 16, 20
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for i := range each {
				body := fmt.Sprintf(`{"messageId":"s%d-%d","userId":"c%d","event":"Cart Viewed","properties":{"n":%d}}`, s, i, s, i)
				if a := post(t, h, "/v1/track", body); a.status != http.StatusOK {
					t.Errorf("answered %d %s", a.status, a.body)
				}
			}
		})
	}
	wg.Wait()
	next := map[string]int{}
	events := bustest.Stored(t, b.JS)
	for _, e := range events {
		if want := fmt.Sprintf("s%s-%d", e.Subject[1:], next[e.Subject]); e.ID != want {
			t.Errorf("%s follows, want %s", e.ID, want)
		}
		next[e.Subject]++
	}
	if len(events) != senders*each {
		t.Errorf("%d events are stored, want %d", len(events), senders*each)
	}
	if n := counted.calls(); n > senders*each/2 {
		t.Errorf("%d requests took %d atomic batches; they are not coalesced", senders*each, n)
	}
}

// counting counts the atomic batches.
type counting struct {
	ingest.Publisher
	mu    sync.Mutex
	sizes []int
}

func (c *counting) PublishBatch(ctx context.Context, msgs []*nats.Msg) error {
	c.mu.Lock()
	c.sizes = append(c.sizes, len(msgs))
	c.mu.Unlock()
	return c.Publisher.PublishBatch(ctx, msgs)
}

func (c *counting) calls() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.sizes)
}

func TestLargeBatchesAreSplit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limits ingest.Limits
		want   []int
	}{
		"by count": {ingest.Limits{Atomic: 500}, []int{500, 500, 200}},
		"by size":  {ingest.Limits{AtomicBytes: 200_000}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			counted := &counting{Publisher: r}
			h := newService(t, counted, func(o *ingest.Options) { o.Limits = c.limits }).Handler()
			if a := post(t, h, "/v1/batch", batchOf(0, 1200)); a.status != http.StatusOK {
				t.Fatalf("answered %d %s", a.status, a.body)
			}
			if c.want != nil && !slices.Equal(counted.sizes, c.want) {
				t.Errorf("atomic batches of %v, want %v", counted.sizes, c.want)
			}
			if len(counted.sizes) < 2 || len(r.Events(t)) != 1200 {
				t.Errorf("%d events in %d atomic batches", len(r.Events(t)), len(counted.sizes))
			}
		})
	}
}

func TestBrokerGone(t *testing.T) {
	t.Parallel()
	b := bustest.Start(t, bus.Layout{})
	h := newService(t, ingest.NewBroker(b.JS), func(o *ingest.Options) { o.AnswerWithin = 3 * time.Second }).Handler()
	if a := send(t, h, http.MethodGet, "/readyz", nil, nil); a.status != http.StatusOK {
		t.Fatalf("not ready before: %d %s", a.status, a.body)
	}
	// Requests are under way while the broker goes: each is stored, or its sender told.
	answers := make(chan answer, 8)
	ids := make(chan int, 8)
	for i := range 8 {
		go func() {
			a := post(t, h, "/v1/batch", batchOf(i*100, 100))
			ids <- i
			answers <- a
		}()
		if i == 4 {
			b.Shutdown(t)
		}
	}
	for range 8 {
		i := <-ids
		switch a := <-answers; a.status {
		case http.StatusOK:
		case http.StatusServiceUnavailable:
			refused(t, a, http.StatusServiceUnavailable)
			if a.header.Get("Retry-After") == "" {
				t.Errorf("batch %d: no Retry-After", i)
			}
		default:
			t.Errorf("batch %d: answered %d %s", i, a.status, a.body)
		}
	}
	if a := post(t, h, "/v1/track", track(`"properties":{"order_id":"o1"}`)); a.status != http.StatusServiceUnavailable {
		t.Errorf("without a broker: answered %d %s", a.status, a.body)
	}
	if a := send(t, h, http.MethodGet, "/readyz", nil, nil); a.status != http.StatusServiceUnavailable {
		t.Errorf("ready without a broker: %d %s", a.status, a.body)
	}
	if a := send(t, h, http.MethodGet, "/healthz", nil, nil); a.status != http.StatusOK {
		t.Errorf("not alive without a broker: %d %s", a.status, a.body)
	}
}

func TestBrokerFull(t *testing.T) {
	t.Parallel()
	b := bustest.Start(t, bus.Layout{MaxBytes: 128 << 20}) // 96 MiB for events, once made smaller below
	stream, err := b.JS.Stream(t.Context(), bus.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	cfg := stream.CachedInfo().Config
	cfg.MaxBytes = 200_000
	if _, err := b.JS.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	h := newService(t, ingest.NewBroker(b.JS), nil).Handler()
	accepted := 0
	for i := range 20 {
		a := post(t, h, "/v1/batch", batchOf(i*100, 100))
		if a.status == http.StatusOK {
			accepted += 100
			continue
		}
		p := refused(t, a, http.StatusServiceUnavailable)
		if !strings.Contains(p.Detail, "has reached its size") || a.header.Get("Retry-After") == "" {
			t.Errorf("answered %v %s", a.header, a.body)
		}
		break
	}
	if n := len(bustest.Stored(t, b.JS)); n != accepted || accepted == 0 || accepted == 2000 {
		t.Errorf("%d events were accepted and %d are stored", accepted, n)
	}
}
