package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rapport/pkg/delivery"
	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/routing"
)

// ways is a road of several providers, of which each answers as its script says, then accepts.
type ways struct {
	config *routing.Config
	mu     sync.Mutex
	script map[string]func(c *message.Command) error
	tries  map[string]int // by provider
	took   map[string]string
	when   []time.Time
	room   map[string]int // of groups
	inHand map[string]int // by group
	most   map[string]int
	hold   time.Duration // how long a hand-over takes
	take   func(provider string) (time.Duration, error)
	// spent is what the road knows of warm-ups.
	spent func(provider string) time.Duration
}

func newWays(names ...string) *ways {
	w := &ways{
		config: &routing.Config{}, script: map[string]func(*message.Command) error{}, tries: map[string]int{}, took: map[string]string{},
		room: map[string]int{}, inHand: map[string]int{}, most: map[string]int{},
	}
	for _, n := range names {
		w.config.Providers = append(w.config.Providers, routing.Provider{Name: n})
	}
	return w
}

func (w *ways) Provider() string { return "smtp" }

func (w *ways) Route(c *message.Command, standing func(string, string) routing.Standing) routing.Decision {
	return w.config.Route(routing.FactsOf(c), func(provider, group string) routing.Standing {
		s := standing(provider, group)
		if w.spent != nil {
			s.Spent = w.spent(provider)
		}
		return s
	})
}

func (w *ways) Room(_, group string) (at, of int) { return 8, w.room[group] }

func (w *ways) Take(_ context.Context, _ *message.Command, provider, _ string) (time.Duration, error) {
	if w.take == nil {
		return 0, nil
	}
	return w.take(provider)
}

func (w *ways) Render(_ context.Context, c *message.Command) (delivery.HandOver, error) {
	return func(ctx context.Context) (string, error) {
		provider, group := delivery.ProviderOf(ctx), w.config.GroupOf(routing.DomainOf(c.To))
		w.mu.Lock()
		w.tries[provider]++
		w.when = append(w.when, time.Now())
		w.inHand[group]++
		w.most[group] = max(w.most[group], w.inHand[group])
		answer := w.script[provider]
		w.mu.Unlock()
		time.Sleep(w.hold) // Of the bubble's clock: how long the provider takes.
		var err error
		if answer != nil {
			err = answer(c)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.inHand[group]--
		if err != nil {
			return "", err
		}
		w.took[c.ID] = provider
		return provider + "-" + c.ID, nil
	}, nil
}

func (w *ways) tried(provider string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tries[provider]
}

// routed is a bench on such a road, on the clock of the test.
func routed(t *testing.T, w *ways, change func(*delivery.Options)) *bench {
	return newBench(t, newLedger(), &road{}, func(o *delivery.Options) {
		o.Road, o.Now, o.First, o.Longest = w, time.Now, 250*time.Millisecond, 30*time.Second
		if change != nil {
			change(o)
		}
	})
}

func now(id, domain string, cat message.Category) *message.Command {
	c := to(id, domain, cat)
	c.DecidedAt = time.Now()
	return c
}

func always(err error) func(*message.Command) error {
	return func(*message.Command) error { return err }
}

var (
	errRefused = errors.New("connection refused")
	blockade   = delivery.Bounced(delivery.Blocked("550 5.7.26 unauthenticated"), "block", "5.7.26")
)

// TestFailOver: a message whose provider cannot have it takes the next at once; what may have
// been handed over does not.
func TestFailOver(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		a, b    error
		outcome message.Outcome
		by      string
		kind    string
		tries   int // of b
	}{
		"down":                {delivery.Unavailable(errRefused), nil, message.Sent, "b", "", 1},
		"blocked":             {blockade, nil, message.Sent, "b", "", 1},
		"blocked everywhere":  {blockade, blockade, message.Failed, "b", "block", 1},
		"in doubt":            {delivery.Unknown(errRefused), nil, message.Uncertain, "a", "", 0},
		"refused":             {delivery.Bounced(delivery.Permanent(message.ReasonInvalidAddress, "550 5.1.1 no"), "hard", "5.1.1"), nil, message.Failed, "a", "hard", 0},
		"works":               {nil, nil, message.Sent, "a", "", 0},
		"down, then in doubt": {delivery.Unavailable(errRefused), delivery.Unknown(errRefused), message.Uncertain, "b", "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWays("a", "b")
				w.script["a"], w.script["b"] = always(tc.a), always(tc.b)
				b := routed(t, w, nil)
				start := time.Now()
				b.deliver(t, now("m1", "gmail.com", message.Marketing))
				r := lastReceipt(t, b)
				if r.Outcome != tc.outcome || r.Provider != tc.by || r.Kind != tc.kind || w.tries["b"] != tc.tries {
					t.Errorf("receipt %+v after %v", r, w.tries)
				}
				if waited := time.Since(start); waited > 0 {
					t.Errorf("it waited %v", waited)
				}
			})
		})
	}
}

// lastReceipt is the receipt that was published last; what is told beside it is not counted.
func lastReceipt(t *testing.T, b *bench) message.Receipt {
	t.Helper()
	b.out.mu.Lock()
	defer b.out.mu.Unlock()
	for i := len(b.out.msgs) - 1; i >= 0; i-- {
		ev, err := event.Decode(b.out.msgs[i].Payload)
		if err != nil {
			t.Fatal(err)
		}
		if event.Receipt(ev.Type) {
			r, err := message.DecodeReceipt(ev.Data)
			if err != nil {
				t.Fatal(err)
			}
			return *r
		}
	}
	t.Fatal("no receipt was published")
	return message.Receipt{}
}

// TestAllDown: messages wait for the first that comes back, and none is tried in vain more
// often than its breaker lets.
func TestAllDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n, outage = 40, 10 * time.Minute
		w := newWays("a", "b")
		start := time.Now()
		w.script["a"] = always(delivery.Unavailable(errRefused))
		w.script["b"] = func(*message.Command) error {
			if time.Since(start) < outage {
				return delivery.Unavailable(errRefused)
			}
			return nil
		}
		b := routed(t, w, nil)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() { b.deliver(t, now(fmt.Sprint("m", i), "gmail.com", message.Marketing)) })
		}
		wg.Wait()
		if took := time.Since(start); took < outage || took > outage+time.Minute {
			t.Errorf("they were sent after %v", took)
		}
		if len(w.took) != n || w.tries["a"] > 200 || w.tries["b"] > 200+n {
			t.Errorf("%d were sent, after tries %v", len(w.took), w.tries)
		}
	})
}

// TestRoom: no more messages to a group are in hand than it has room for, and the others pass.
func TestRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWays("a")
		w.room["gmail"], w.hold = 2, time.Second
		b := routed(t, w, nil)
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() { b.deliver(t, now(fmt.Sprint("g", i), "gmail.com", message.Marketing)) })
		}
		synctest.Wait()
		start := time.Now()
		for i := range 6 {
			wg.Go(func() { b.deliver(t, now(fmt.Sprint("w", i), "web.de", message.Marketing)) })
		}
		synctest.Wait()
		time.Sleep(time.Second) // Of the bubble's clock.
		synctest.Wait()
		w.mu.Lock()
		for i := range 6 {
			if w.took[fmt.Sprint("w", i)] == "" {
				t.Errorf("another domain's message %d waits", i)
			}
		}
		w.mu.Unlock()
		wg.Wait()
		if w.most["gmail"] != 2 || w.most["web.de"] != 6 || time.Since(start) != 20*time.Second {
			t.Errorf("in hand at most %v, for %v", w.most, time.Since(start))
		}
	})
}

// TestBounceIsTold: beside the receipt of a refused address there is an event from which the
// engine learns not to write there again, the same however often it is told.
func TestBounceIsTold(t *testing.T) {
	t.Parallel()
	w := newWays("a")
	w.script["a"] = always(delivery.Bounced(delivery.Permanent(message.ReasonInvalidAddress, "550 5.1.1 no jane.doe here"), "hard", "5.1.1"))
	b := routed(t, w, nil)
	c := mailCommand("m1", message.Marketing)
	c.To = "Jane <" + address + ">"
	b.deliver(t, c)
	b.deliver(t, c) // It comes again.
	if w.tries["a"] != 1 {
		t.Errorf("it was sent %d times", w.tries["a"])
	}
	ids := map[string]int{}
	for _, m := range b.out.msgs {
		ids[m.UUID]++
		ev, err := event.Decode(m.Payload)
		if err != nil {
			t.Fatal(err)
		}
		if ev.Type != event.EmailBounced {
			continue
		}
		var data map[string]any
		if err := json.Unmarshal(ev.Data, &data); err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]any{"kind": "hard", "code": "5.1.1", "address": address, "message_id": "m1", "provider": "a", "journey": c.Journey, "category": "marketing"} {
			if data[key] != want {
				t.Errorf("%s is %v, want %v", key, data[key], want)
			}
		}
		if ev.Subject != c.Profile || ev.Source != "rapport/test" {
			t.Errorf("%+v", ev)
		}
	}
	if len(ids) != 2 || len(b.out.msgs) != 4 {
		t.Errorf("told %v", ids)
	}
}
