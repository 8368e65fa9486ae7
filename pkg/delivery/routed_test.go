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
		time.Sleep(w.hold)
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
	refused  = errors.New("connection refused")
	blockade = delivery.Bounced(delivery.Blocked("550 5.7.26 unauthenticated"), "block", "5.7.26")
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
		"down":                {delivery.Unavailable(refused), nil, message.Sent, "b", "", 1},
		"blocked":             {blockade, nil, message.Sent, "b", "", 1},
		"blocked everywhere":  {blockade, blockade, message.Failed, "b", "block", 1},
		"in doubt":            {delivery.Unknown(refused), nil, message.Uncertain, "a", "", 0},
		"refused":             {delivery.Bounced(delivery.Permanent(message.ReasonInvalidAddress, "550 5.1.1 no"), "hard", "5.1.1"), nil, message.Failed, "a", "hard", 0},
		"works":               {nil, nil, message.Sent, "a", "", 0},
		"down, then in doubt": {delivery.Unavailable(refused), delivery.Unknown(refused), message.Uncertain, "b", "", 1},
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
		w.script["a"] = always(delivery.Unavailable(refused))
		w.script["b"] = func(*message.Command) error {
			if time.Since(start) < outage {
				return delivery.Unavailable(refused)
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

// TestBlockedPlace: a mailbox provider that refuses one provider's mail does so for its own
// recipients only. They take the other one, and after the pause one of them tries again.
func TestBlockedPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWays("a", "b")
		open := false
		w.script["a"] = func(c *message.Command) error {
			if routing.DomainOf(c.To) == "gmail.com" && !open {
				return blockade
			}
			return nil
		}
		b := routed(t, w, nil)
		for i := range 20 {
			b.deliver(t, now(fmt.Sprint("g", i), "gmail.com", message.Marketing))
			b.deliver(t, now(fmt.Sprint("w", i), "web.de", message.Marketing))
		}
		for i := range 20 {
			if w.took[fmt.Sprint("g", i)] != "b" || w.took[fmt.Sprint("w", i)] != "a" {
				t.Fatalf("they went %v", w.took)
			}
		}
		if w.tries["a"] != 3+20 {
			t.Errorf("a was tried %d times, want 3 for Gmail and 20 for the others", w.tries["a"])
		}
		open = true
		time.Sleep(16 * time.Minute)
		b.deliver(t, now("trial", "googlemail.com", message.Marketing))
		b.deliver(t, now("again", "gmail.com", message.Marketing))
		if w.took["trial"] != "a" || w.took["again"] != "a" {
			t.Errorf("after the pause they went by %s and %s", w.took["trial"], w.took["again"])
		}
	})
}

// TestBlockedWaits: without another provider the others wait, unclaimed, and are sent when the
// mailbox provider takes mail again; those whose time is over are kept back.
func TestBlockedWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWays("a")
		w.script["a"] = always(blockade)
		b := routed(t, w, func(o *delivery.Options) {
			o.Lateness = func(c *message.Command) time.Duration {
				if c.ID == "short" {
					return 5 * time.Minute
				}
				return time.Hour
			}
		})
		for i := range 3 {
			b.deliver(t, now(fmt.Sprint("first", i), "gmail.com", message.Marketing))
			if r := lastReceipt(t, b); r.Outcome != message.Failed || r.Reason != message.ReasonRejected || r.Kind != "block" {
				t.Fatalf("receipt %+v", r)
			}
		}
		claimed := b.claims.claimed()
		b.deliver(t, now("short", "gmail.com", message.Marketing))
		if r := lastReceipt(t, b); r.Outcome != message.Suppressed || r.Reason != message.ReasonThrottled {
			t.Errorf("receipt %+v", r)
		}
		done := make(chan struct{})
		go func() { defer close(done); b.deliver(t, now("patient", "gmail.com", message.Marketing)) }()
		time.Sleep(time.Minute)
		if b.claims.claimed() != claimed+1 {
			t.Error("what waits is claimed")
		}
		w.mu.Lock()
		w.script["a"] = nil
		w.mu.Unlock()
		<-done
		if w.took["patient"] != "a" || w.tries["a"] != 4 {
			t.Errorf("%v after %v", w.took, w.tries)
		}
	})
}

// TestTrialAlone: of all who wait for a place that refused the sender one tries it again after
// each pause, and the others follow only when it was taken.
func TestTrialAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 20
		w := newWays("a")
		w.hold = time.Second
		w.script["a"] = always(blockade)
		b := routed(t, w, func(o *delivery.Options) { o.Block = 10 * time.Minute })
		var wg sync.WaitGroup
		for i := range 3 {
			b.deliver(t, now(fmt.Sprint("first", i), "gmail.com", message.Marketing))
		}
		for i := range n {
			wg.Go(func() { b.deliver(t, now(fmt.Sprint("m", i), "gmail.com", message.Marketing)) })
		}
		for pause := range 3 {
			time.Sleep(11 * time.Minute)
			if tries := w.tried("a"); tries != 4+pause {
				t.Errorf("after %d pauses there were %d tries", pause+1, tries)
			}
		}
		w.mu.Lock()
		w.script["a"] = nil
		w.mu.Unlock()
		wg.Wait()
		if len(w.took) != n-3 {
			t.Errorf("%d were sent, want all but the three that tried", len(w.took))
		}
	})
}

// TestSlowed: a mailbox provider that wants less gets one message at a time with growing
// pauses, on no other provider more, and the others' recipients go on.
func TestSlowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWays("a", "b")
		seen := map[string]bool{}
		w.script["a"] = func(c *message.Command) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if first := !seen[c.ID]; first && routing.DomainOf(c.To) == "gmail.com" {
				seen[c.ID] = true
				return delivery.Bounced(delivery.Slowed(delivery.Later(errors.New("450 4.2.1 later"), 5*time.Minute, 10*time.Minute)), "soft", "4.2.1")
			}
			return nil
		}
		b := routed(t, w, nil)
		start := time.Now()
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() { b.deliver(t, now(fmt.Sprint("g", i), "gmail.com", message.Marketing)) })
		}
		b.deliver(t, now("w", "web.de", message.Marketing))
		if took := time.Since(start); took > 0 {
			t.Errorf("another domain waited %v", took)
		}
		wg.Wait()
		if took := time.Since(start); took < 5*time.Minute || took > 10*time.Minute || w.tries["b"] > 0 || w.tries["a"] != 11 {
			t.Errorf("all were sent after %v and %v", took, w.tries)
		}
	})
}

// TestLater: a full mailbox is tried again after hours, by whoever is alive then; in between
// the message is nobody's. It fails when it stays full, and when too many wait.
func TestLater(t *testing.T) {
	t.Parallel()
	full := delivery.Bounced(delivery.Later(errors.New("452 4.2.2 full"), time.Hour, 6*time.Hour, 16*time.Hour), "soft", "4.2.2")
	for name, tc := range map[string]struct {
		works   int // the attempt that is taken, from 1; 0: none
		putOff  int
		outcome message.Outcome
		tries   int
		took    time.Duration
	}{
		"emptied in time": {works: 3, outcome: message.Sent, tries: 3, took: 7 * time.Hour},
		"stays full":      {outcome: message.Failed, tries: 4, took: 23 * time.Hour},
		"too many wait":   {putOff: -1, outcome: message.Failed, tries: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWays("a")
				w.script["a"] = func(c *message.Command) error {
					if c.ID == "m1" && w.tried("a") != tc.works || c.ID == "crowd" {
						return full
					}
					return nil
				}
				b := routed(t, w, func(o *delivery.Options) {
					o.PutOff = 10
					if tc.putOff < 0 {
						o.PutOff = 1
					}
				})
				ctx, cancel := context.WithCancel(t.Context())
				crowd := make(chan error, 1)
				if tc.putOff < 0 {
					go func() { crowd <- b.Deliver(ctx, now("crowd", "web.de", message.Marketing)) }()
					synctest.Wait()
				}
				before, start := w.tried("a"), time.Now()
				done := make(chan struct{})
				go func() { defer close(done); b.deliver(t, now("m1", "gmail.com", message.Marketing)) }()
				synctest.Wait()
				if tc.took > 0 && b.claims.worker("m1") != delivery.Nobody {
					t.Errorf("while it waits it is %s's", b.claims.worker("m1"))
				}
				<-done
				r := lastReceipt(t, b)
				if r.Outcome != tc.outcome || w.tried("a")-before != tc.tries || time.Since(start) != tc.took {
					t.Errorf("receipt %+v after %d tries and %v", r, w.tried("a")-before, time.Since(start))
				}
				if r.Outcome == message.Failed && (r.Reason != message.ReasonUnavailable || r.Kind != "soft" || r.Code != "4.2.2") {
					t.Errorf("receipt %+v", r)
				}
				cancel()
				if tc.putOff < 0 {
					if err := <-crowd; !errors.Is(err, context.Canceled) {
						t.Errorf("what waited ended with %v", err)
					}
				}
			})
		})
	}
}

// TestWarmUpWaits: what a warm-up does not allow today takes the next provider, or waits for
// tomorrow; what cannot wait so long is kept back at once.
func TestWarmUpWaits(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		providers []string
		lateness  time.Duration
		outcome   message.Outcome
		by        string
		took      time.Duration
	}{
		"another provider": {[]string{"a", "b"}, time.Hour, message.Sent, "b", 0},
		"tomorrow":         {[]string{"a"}, 24 * time.Hour, message.Sent, "a", 10 * time.Hour},
		"too late":         {[]string{"a"}, 2 * time.Hour, message.Suppressed, "a", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWays(tc.providers...)
				start := time.Now()
				tomorrow := start.Add(10 * time.Hour)
				known := false
				w.take = func(provider string) (time.Duration, error) {
					if d := time.Until(tomorrow); provider == "a" && d > 0 {
						known = true
						return d, nil
					}
					return 0, nil
				}
				w.spent = func(provider string) time.Duration {
					if provider == "a" && known {
						return max(0, time.Until(tomorrow))
					}
					return 0
				}
				b := routed(t, w, func(o *delivery.Options) {
					o.Lateness = func(*message.Command) time.Duration { return tc.lateness }
				})
				b.deliver(t, now("m1", "gmail.com", message.Marketing))
				if r := lastReceipt(t, b); r.Outcome != tc.outcome || r.Provider != tc.by {
					t.Errorf("receipt %+v", r)
				}
				if took := time.Since(start); took < tc.took || took > tc.took+time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// TestTallyAway: while nobody can count the warm-up, messages wait.
func TestTallyAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWays("a")
		start := time.Now()
		w.take = func(string) (time.Duration, error) {
			if time.Since(start) < time.Minute {
				return 0, errors.New("the broker is away")
			}
			return 0, nil
		}
		b := routed(t, w, nil)
		b.deliver(t, now("m1", "gmail.com", message.Marketing))
		if took := time.Since(start); w.took["m1"] != "a" || took < time.Minute || took > time.Minute+time.Second || w.tries["a"] != 1 {
			t.Errorf("%v after %v and %v", w.took, took, w.tries)
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
		time.Sleep(time.Second)
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
