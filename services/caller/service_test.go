package caller

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/delivery"
	"rapport/pkg/delivery/deliverytest"
	"rapport/pkg/message"
	"rapport/pkg/render"
	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
)

// shop is a broker with its streams and a store.
type shop struct {
	js jetstream.JetStream
	st *sqlite.Store
}

func newShop(ctx context.Context, t *testing.T) *shop {
	t.Helper()
	return &shop{deliverytest.Broker(ctx, t), deliverytest.Store(ctx, t)}
}

// run starts a caller on one lane, so that whoever holds it up holds up everybody.
func (s *shop) run(ctx context.Context, t *testing.T, change func(*Options)) (stop func()) {
	t.Helper()
	sub, err := bus.NewSubscriber(s.js, bus.SubscriberOptions{Stream: bus.StreamSend, Durable: "caller", Lanes: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := newCaller(t, render.Call{}, func(o *Options) {
		o.Subscriber = sub
		o.Delivery = delivery.Options{
			Claims: s.st, Publisher: bus.NewPublisher(s.js), First: 10 * time.Millisecond, Longest: 50 * time.Millisecond,
			Breaker: delivery.Breaker{Failures: 5, Pause: 100 * time.Millisecond},
		}
		change(o)
	})
	return deliverytest.Run(ctx, t, c.Run)
}

func (s *shop) send(ctx context.Context, t *testing.T, id, published string) {
	t.Helper()
	deliverytest.Send(ctx, t, s.js, published, command(id))
}

// receipts are the first n, by message.
func (s *shop) receipts(ctx context.Context, t *testing.T, n int) map[string]message.Receipt {
	t.Helper()
	got := map[string]message.Receipt{}
	for r, err := range deliverytest.Receipts(ctx, s.js) {
		if err != nil {
			t.Fatalf("%d of %d receipts: %v", len(got), n, err)
		}
		if got[r.MessageID] = r.Receipt; len(got) == n {
			break
		}
	}
	return got
}

// to makes calls of commands: the id up to the first hyphen names the place.
func to(places map[string]string) func(context.Context, *message.Command) (render.Call, error) {
	return func(_ context.Context, c *message.Command) (render.Call, error) {
		place, _, _ := strings.Cut(c.ID, "-")
		return webhook(places[place]), nil
	}
}

// keys notes which idempotency keys a server has seen, and how often.
type keys struct {
	mu   sync.Mutex
	seen map[string]int
}

func (k *keys) note(r *http.Request) (times int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.seen == nil {
		k.seen = map[string]int{}
	}
	k.seen[r.Header.Get("Idempotency-Key")]++
	return k.seen[r.Header.Get("Idempotency-Key")]
}

// TestService runs commands through broker, store and HTTP, each twice: some are put off
// first, one is refused, one's first answer is lost, and no secret is in the log.
func TestService(t *testing.T) {
	t.Parallel()
	const n = 40
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	s := newShop(ctx, t)
	var seen keys
	srv, count := serve(t, func(w http.ResponseWriter, r *http.Request) {
		times, id := seen.note(r), r.Header.Get("Idempotency-Key")
		switch {
		case id == "crm-07":
			w.WriteHeader(http.StatusUnprocessableEntity)
		case id == "crm-08" && times == 1:
			hangUp(w)
		case id == "crm-09" && times < 3:
			w.WriteHeader(http.StatusServiceUnavailable)
		case id == "crm-10" && times == 1:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	var logs deliverytest.Log
	stop := s.run(ctx, t, func(o *Options) {
		o.Render, o.Signing = to(map[string]string{"crm": srv.URL}), []string{key}
		o.Delivery.Logger = slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	for _, round := range []string{"", "-again"} {
		for i := range n {
			id := fmt.Sprintf("crm-%02d", i)
			s.send(ctx, t, id, id+round)
		}
	}
	for id, r := range s.receipts(ctx, t, n) {
		want := message.Receipt{Outcome: message.Sent}
		switch id {
		case "crm-07":
			want = message.Receipt{Outcome: message.Failed, Reason: message.ReasonRejected, Detail: "HTTP status 422 Unprocessable Entity"}
		case "crm-08":
			want.Resent = true
		}
		if r.Outcome != want.Outcome || r.Reason != want.Reason || r.Detail != want.Detail || r.Resent != want.Resent || r.Provider != "webhook" {
			t.Errorf("%s: receipt %+v, want %+v", id, r, want)
		}
	}
	stop()
	if got, want := count(), n+1+2+1; got != want {
		t.Errorf("%d calls were made, want %d", got, want)
	}
	for _, secret := range []string{token, key, `{"customer"`} {
		if strings.Contains(logs.String(), secret) {
			t.Errorf("the log contains %q", secret)
		}
	}
}

// TestABrokenHostHoldsNobodyUp: fifty calls to a host that is away come first on the one
// lane; those to another pass them, and all are made when it is back.
func TestABrokenHostHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	s := newShop(ctx, t)
	var seen keys
	live, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) { seen.note(r) })
	var mu sync.Mutex
	back := false
	broken, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if !back {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		seen.note(r)
	})
	stop := s.run(ctx, t, func(o *Options) {
		// Another name for the same machine, so that the two are hosts of their own.
		o.Render = to(map[string]string{"live": live.URL, "broken": strings.Replace(broken.URL, "127.0.0.1", "localhost", 1)})
	})
	for i := range 50 {
		s.send(ctx, t, fmt.Sprintf("broken-%02d", i), fmt.Sprintf("broken-%02d", i))
	}
	for i := range 50 {
		s.send(ctx, t, fmt.Sprintf("live-%02d", i), fmt.Sprintf("live-%02d", i))
	}
	for id := range s.receipts(ctx, t, 50) {
		if !strings.HasPrefix(id, "live-") {
			t.Errorf("%s has a receipt while its host is away", id)
		}
	}
	mu.Lock()
	back = true
	mu.Unlock()
	s.receipts(ctx, t, 100)
	stop()
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if len(seen.seen) != 100 {
		t.Errorf("%d calls arrived, want 100", len(seen.seen))
	}
}

// TestFormerWorkerDied: somebody died with the call in hand. It is made again under the same
// key, and the receipt says so.
func TestFormerWorkerDied(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	s := newShop(ctx, t)
	if _, err := s.st.Claim(ctx, []store.Claim{{MessageID: "crm-1", Worker: "dead", At: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	var seen keys
	srv, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) { seen.note(r) })
	stop := s.run(ctx, t, func(o *Options) { o.Render = to(map[string]string{"crm": srv.URL}) })
	s.send(ctx, t, "crm-1", "crm-1")
	if r := s.receipts(ctx, t, 1)["crm-1"]; r.Outcome != message.Sent || !r.Resent {
		t.Errorf("receipt %+v, want it sent again", r)
	}
	stop()
	if seen.seen["crm-1"] != 1 {
		t.Errorf("seen %v", seen.seen)
	}
}
