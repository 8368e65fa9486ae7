package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
	"rapport/pkg/policy"
)

// rules are throttles that a test may change.
type rules struct {
	atomic.Pointer[[]policy.Throttle]
}

func newRules(all ...policy.Throttle) *rules {
	r := &rules{}
	r.Store(&all)
	return r
}

func (r *rules) now() []policy.Throttle { return *r.Load() }

// traffic notes when which message was handed over.
type traffic struct {
	mu sync.Mutex
	at map[string]time.Time
}

func (f *traffic) note(_ int, id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.at == nil {
		f.at = map[string]time.Time{}
	}
	f.at[id] = time.Now()
}

func (f *traffic) times(prefix string) []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []time.Time
	for id, at := range f.at {
		if strings.HasPrefix(id, prefix) {
			all = append(all, at)
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

// throttled is a bench in a bubble, whose commands are decided when the bubble begins.
func throttled(t *testing.T, r *rules, change func(*delivery.Options)) (*bench, *traffic) {
	t.Helper()
	f := &traffic{}
	return newBench(t, newLedger(), &road{during: f.note}, func(o *delivery.Options) {
		o.Throttles, o.Now = delivery.NewThrottles(r.now, nil), time.Now
		if change != nil {
			change(o)
		}
	}), f
}

func to(id, domain string, cat message.Category) *message.Command {
	c := mailCommand(id, cat)
	c.To, c.DecidedAt = "jane.doe@"+domain, time.Now()
	return c
}

// TestThrottlePaces: what goes to one domain is paced, and what goes elsewhere is not.
func TestThrottlePaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n, atMost = 200, 60
		b, f := throttled(t, newRules(policy.Throttle{Domain: "slow.example", AtMost: atMost, Per: time.Minute}), nil)
		start := time.Now()
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() { b.deliver(t, to(fmt.Sprintf("slow-%03d", i), "Slow.Example", message.Marketing)) })
			wg.Go(func() { b.deliver(t, to(fmt.Sprintf("fast-%03d", i), "fast.example", message.Marketing)) })
		}
		wg.Wait()
		if fast := f.times("fast-"); len(fast) != n || !fast[n-1].Equal(start) {
			t.Errorf("messages to the other domain were still sent %v later", fast[len(fast)-1].Sub(start))
		}
		slow := f.times("slow-")
		for i := range slow {
			if last := i + atMost; last < len(slow) && slow[last].Sub(slow[i]) < time.Minute {
				t.Fatalf("%d messages within %v", atMost+1, slow[last].Sub(slow[i]))
			}
		}
		if took := slow[n-1].Sub(start); took > 4*time.Minute {
			t.Errorf("%d messages at %d a minute took %v", n, atMost, took)
		}
	})
}

// TestThrottlesTogether: a message needs room under every rule that applies to it, and one
// rule counts what several pipelines send.
func TestThrottlesTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRules(
			policy.Throttle{Provider: "test", AtMost: 10, Per: time.Minute},
			policy.Throttle{Domain: "slow.example", AtMost: 1, Per: time.Minute},
			policy.Throttle{Channel: message.SMS, AtMost: 1, Per: time.Hour},
		)
		b, f := throttled(t, r, nil)
		text, _ := throttled(t, r, func(o *delivery.Options) { o.Channel = message.WhatsApp })
		start := time.Now()
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() { b.deliver(t, to(fmt.Sprintf("slow-%d", i), "slow.example", message.Marketing)) })
			wg.Go(func() { b.deliver(t, to(fmt.Sprintf("fast-%d", i), "fast.example", message.Marketing)) })
			c := to(fmt.Sprintf("text-%d", i), "", message.Marketing)
			c.Channel, c.To = message.WhatsApp, "+447700900123"
			wg.Go(func() { text.deliver(t, c) })
		}
		wg.Wait()
		if took := f.times("slow-")[9].Sub(start); took < 9*time.Minute || took > 11*time.Minute {
			t.Errorf("ten messages at one a minute took %v", took)
		}
		if took := f.times("fast-")[9].Sub(start); took < time.Minute || took > 2*time.Minute {
			t.Errorf("the provider's rule let ten messages of another domain through in %v", took)
		}
	})
}

// TestThrottleIsShared: a process takes its part of what a rule allows, and another one when
// somebody joins.
func TestThrottleIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const atMost = 60
		r := newRules(policy.Throttle{Domain: "slow.example", AtMost: atMost, Per: time.Minute})
		var joined atomic.Bool
		workers := func(policy.Throttle) int {
			if joined.Load() {
				return 3
			}
			return 1
		}
		b, f := throttled(t, r, func(o *delivery.Options) { o.Throttles = delivery.NewThrottles(r.now, workers) })
		start := time.Now()
		time.AfterFunc(2*time.Minute, func() { joined.Store(true) })
		var wg sync.WaitGroup
		for i := range 4 * atMost {
			wg.Go(func() { b.deliver(t, to(fmt.Sprintf("slow-%03d", i), "slow.example", message.Marketing)) })
		}
		wg.Wait()
		alone, together := 0, map[int]int{}
		for _, at := range f.times("slow-") {
			if after := at.Sub(start); after < 2*time.Minute {
				alone++
			} else {
				together[int(after/time.Minute)]++
			}
		}
		if alone < atMost*3/2 || alone > 2*atMost {
			t.Errorf("%d messages in the first two minutes, want nearly %d", alone, 2*atMost)
		}
		for minute, n := range together {
			if n > atMost/3+1 {
				t.Errorf("%d messages in minute %d, want at most %d", n, minute, atMost/3)
			}
		}
	})
}

func TestThrottledTransactionalGoesFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, f := throttled(t, newRules(policy.Throttle{Channel: message.Email, AtMost: 1, Per: time.Minute}), nil)
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() { b.deliver(t, to(fmt.Sprintf("offer-%02d", i), "a.example", message.Marketing)) })
		}
		synctest.Wait()
		start := time.Now()
		wg.Go(func() { b.deliver(t, to("order", "a.example", message.Transactional)) })
		wg.Wait()
		if waited := f.times("order")[0].Sub(start); waited > time.Minute {
			t.Errorf("the order confirmation waited %v behind offers", waited)
		}
		if len(f.times("offer")) != 20 {
			t.Error("offers are missing")
		}
	})
}

// TestThrottledTooLong: what has no turn within its lateness is kept back, unclaimed until
// then, and without an attempt.
func TestThrottledTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, f := throttled(t, newRules(policy.Throttle{Channel: message.Email, AtMost: 1, Per: time.Hour}), func(o *delivery.Options) {
			o.Lateness = func(*message.Command) time.Duration { return 90 * time.Minute }
		})
		start := time.Now()
		var wg sync.WaitGroup
		for i := range 3 {
			wg.Go(func() { b.deliver(t, to(fmt.Sprint("m", i), "a.example", message.Marketing)) })
		}
		time.Sleep(89 * time.Minute)
		synctest.Wait()
		if n := b.claims.claimed(); n != 2 {
			t.Errorf("%d messages are claimed while one still waits, want 2", n)
		}
		wg.Wait()
		if took := time.Since(start); took != 90*time.Minute {
			t.Errorf("it took %v, want the messages' lateness", took)
		}
		all, ids := b.out.receipts(t)
		last := all[len(all)-1]
		if len(all) != 3 || last.Outcome != message.Suppressed || last.Reason != message.ReasonThrottled || !strings.HasSuffix(ids[2], "/suppressed") {
			t.Errorf("the last receipt of %d is %+v under %s, want suppressed and throttled", len(all), last, ids[2])
		}
		if len(f.times("m")) != 2 {
			t.Errorf("%d messages were handed over, want 2", len(f.times("m")))
		}
	})
}

// TestThrottledIntoTheNight: what would have its turn in the person's quiet hours is kept back when
// they begin; what has to respect none goes on waiting.
func TestThrottledIntoTheNight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, f := throttled(t, newRules(policy.Throttle{Channel: message.Email, AtMost: 1, Per: time.Hour}), nil)
		start := time.Now()
		var wg sync.WaitGroup
		for i, until := range []time.Duration{0, 30 * time.Minute, 0} {
			c := to(fmt.Sprint("m", i), "a.example", message.Marketing)
			if until > 0 {
				c.Until = start.Add(until)
			}
			wg.Go(func() { b.deliver(t, c) })
			synctest.Wait()
		}
		wg.Wait()
		all, _ := b.out.receipts(t)
		kept := slices.IndexFunc(all, func(r message.Receipt) bool { return r.Outcome == message.Suppressed })
		if len(all) != 3 || kept < 0 || all[kept].MessageID != "m1" || all[kept].Reason != message.ReasonQuietHours || all[kept].At.Sub(start) != 30*time.Minute {
			t.Errorf("receipts %+v, want m1 kept back for quiet hours after 30 minutes", all)
		}
		if sent := f.times("m"); len(sent) != 2 || sent[1].Sub(start) != time.Hour {
			t.Errorf("handed over at %v from %v", sent, start)
		}
	})
}

// TestThrottleChanges: a changed policy takes effect on those who wait already.
func TestThrottleChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := policy.Throttle{Channel: message.Email, AtMost: 1, Per: 24 * time.Hour}
		r := newRules(slow)
		b, f := throttled(t, r, func(o *delivery.Options) {
			o.Lateness = func(*message.Command) time.Duration { return 1000 * time.Hour }
		})
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() { b.deliver(t, to(fmt.Sprintf("m%d", i), "a.example", message.Marketing)) })
		}
		time.Sleep(time.Hour)
		if n := len(f.times("m")); n != 1 {
			t.Fatalf("%d messages were sent within an hour, want 1", n)
		}
		quicker := []policy.Throttle{{Channel: message.Email, AtMost: 10, Per: time.Hour}}
		r.Store(&quicker)
		time.Sleep(time.Hour)
		if n := len(f.times("m")); n < 9 || n > 12 {
			t.Errorf("%d messages were sent an hour after the rule became ten an hour", n)
		}
		r.Store(&[]policy.Throttle{})
		time.Sleep(2 * time.Second)
		if n := len(f.times("m")); n != 100 {
			t.Errorf("%d messages were sent after the rule was gone, want all 100", n)
		}
		wg.Wait()
	})
}

// TestStopWhileThrottled: what waits comes back, and nobody has claimed it.
func TestStopWhileThrottled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, _ := throttled(t, newRules(policy.Throttle{Channel: message.Email, AtMost: 1, Per: time.Hour}), nil)
		b.deliver(t, to("first", "a.example", message.Marketing))
		ended := make(chan error, 2)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { ended <- b.Deliver(ctx, to("second", "a.example", message.Marketing)) }()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want the context's", err)
		}
		go func() { ended <- b.Deliver(t.Context(), to("third", "a.example", message.Marketing)) }()
		synctest.Wait()
		b.Stop()
		if err := <-ended; !errors.Is(err, delivery.ErrStopping) {
			t.Errorf("error %v, want ErrStopping", err)
		}
		if n := b.claims.claimed(); n != 1 {
			t.Errorf("%d messages are claimed, want the first alone", n)
		}
	})
}

// TestThrottledOutage: turns are not hoarded while the provider is away, so that the pace
// holds when it comes back.
func TestThrottledOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, f := throttled(t, newRules(policy.Throttle{Channel: message.Email, AtMost: 60, Per: time.Minute}), nil)
		back := time.Now().Add(10 * time.Minute)
		sent := &traffic{}
		b.road.always = func() error {
			if time.Now().Before(back) {
				return delivery.Unavailable(errors.New("connection refused"))
			}
			return nil
		}
		b.road.during = func(n int, id string) {
			f.note(n, id)
			if !time.Now().Before(back) {
				sent.note(n, id)
			}
		}
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() { b.deliver(t, to(fmt.Sprintf("m%03d", i), "a.example", message.Marketing)) })
		}
		wg.Wait()
		all := sent.times("m")
		for i := range all {
			if last := i + 90; last < len(all) && all[last].Sub(all[i]) < time.Minute {
				t.Fatalf("%d messages within %v after the outage", last-i+1, all[last].Sub(all[i]))
			}
		}
		if took := all[len(all)-1].Sub(back); took < 2*time.Minute || took > 5*time.Minute {
			t.Errorf("200 messages at 60 a minute took %v after the outage", took)
		}
	})
}

func TestReplaysAreNotThrottled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, f := throttled(t, newRules(policy.Throttle{Channel: message.Email, AtMost: 1, Per: time.Hour}), func(o *delivery.Options) { o.EventTime = true })
		start := time.Now()
		for i := range 5 {
			b.deliver(t, to(fmt.Sprint("m", i), "a.example", message.Marketing))
		}
		if len(f.times("m")) != 5 || time.Since(start) > 0 {
			t.Errorf("%d of 5 messages in %v", len(f.times("m")), time.Since(start))
		}
	})
}
