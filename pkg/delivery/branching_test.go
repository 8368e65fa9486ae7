package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
	"rapport/pkg/policy"
)

// TestRepeatable: a provider that knows repeats is asked again after an answer was lost.
func TestRepeatable(t *testing.T) {
	t.Parallel()
	lost := delivery.Repeatable(errors.New("504"))
	for name, tc := range map[string]struct {
		script   []error
		patience time.Duration
		want     message.Receipt
		tries    int
	}{
		"answered at last":   {script: []error{lost, lost, lost}, want: message.Receipt{Outcome: message.Sent, Resent: true}, tries: 4},
		"refused the repeat": {script: []error{lost, delivery.Permanent(message.ReasonRejected, "409")}, want: message.Receipt{Outcome: message.Failed, Reason: message.ReasonRejected, Resent: true}, tries: 2},
		"never answered":     {script: []error{lost, lost}, patience: 1, want: message.Receipt{Outcome: message.Uncertain, Reason: message.ReasonInFlight, Resent: true}, tries: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, newLedger(), &road{script: tc.script}, func(o *delivery.Options) { o.Patience = tc.patience })
			b.deliver(t, mailCommand("m1", message.Marketing))
			if r := b.last(t, 1); r.Outcome != tc.want.Outcome || r.Reason != tc.want.Reason || r.Resent != tc.want.Resent || b.road.tries != tc.tries {
				t.Errorf("receipt %+v after %d attempts, want %+v after %d", r, b.road.tries, tc.want, tc.tries)
			}
		})
	}
}

// TestAfter: the provider says when to come again; more than Patience nobody waits for it.
func TestAfter(t *testing.T) {
	t.Parallel()
	for asked, want := range map[time.Duration]time.Duration{2 * time.Minute: 2 * time.Minute, 0: 0, 100 * time.Hour: time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			busy := delivery.After(delivery.Transient(errors.New("429")), asked)
			b := newBench(t, newLedger(), &road{script: []error{busy}}, func(o *delivery.Options) { o.Patience = time.Hour })
			start := time.Now()
			b.deliver(t, mailCommand("m1", message.Marketing))
			if waited := time.Since(start); waited < want || waited > want+time.Second || b.road.tries != 2 {
				t.Errorf("asked for %v: waited %v for %d attempts", asked, waited, b.road.tries)
			}
		})
	}
}

// branches is a road whose messages go to the host that their recipient names; hosts that
// begin with "broken" are.
type branches struct {
	road
	mu    sync.Mutex
	tried map[string]int
}

func (b *branches) Host(_ context.Context, c *message.Command) string {
	_, host, _ := strings.Cut(c.To, "@")
	return host
}

func (b *branches) Render(ctx context.Context, c *message.Command) (delivery.HandOver, error) {
	hand, err := b.road.Render(ctx, c)
	host := b.Host(ctx, c)
	if err != nil || !strings.HasPrefix(host, "broken") {
		return hand, err
	}
	return func(context.Context) (string, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.tried[host]++
		return "", delivery.Unavailable(errors.New("connection refused"))
	}, nil
}

// TestBreakersApart: a broken host is left alone, and those that work are not.
func TestBreakersApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		road := &branches{tried: map[string]int{}}
		b := newBench(t, newLedger(), &road.road, func(o *delivery.Options) {
			o.Road, o.Outage, o.First, o.Longest, o.InFlight = road, 10*time.Minute, 250*time.Millisecond, time.Second, 4
		})
		start := time.Now()
		var wg sync.WaitGroup
		for i := range 30 {
			for _, host := range []string{"broken-1.example", "broken-2.example"} {
				wg.Go(func() {
					c := mailCommand(fmt.Sprintf("%s-%d", host, i), message.Marketing)
					c.To = "x@" + host
					b.deliver(t, c)
				})
			}
		}
		time.Sleep(time.Minute)
		before := time.Now()
		for i := range 100 {
			c := mailCommand(fmt.Sprint("live-", i), message.Marketing)
			c.To = "x@live.example"
			b.deliver(t, c)
		}
		if waited := time.Since(before); waited > 0 {
			t.Errorf("messages to the host that works waited %v", waited)
		}
		wg.Wait()
		if took := time.Since(start); took < 10*time.Minute || took > 12*time.Minute {
			t.Errorf("messages to broken hosts were given up after %v, want after the outage", took)
		}
		for host, n := range road.tried {
			// The first attempts until the breaker opens, one each 5 s for ten minutes, and
			// what the last of each message may be.
			if n > 200 {
				t.Errorf("%s was tried %d times", host, n)
			}
		}
	})
}

// TestManyHosts: breakers are bounded, whatever hosts there are.
func TestManyHosts(t *testing.T) {
	t.Parallel()
	road := &branches{tried: map[string]int{}}
	b := newBench(t, newLedger(), &road.road, func(o *delivery.Options) { o.Road = road })
	const n = 2500
	for i := range n {
		c := mailCommand(fmt.Sprint("m", i), message.Marketing)
		c.To = fmt.Sprintf("x@host-%d.example", i)
		b.deliver(t, c)
	}
	if len(road.taken) != n {
		t.Errorf("%d messages were sent, want %d", len(road.taken), n)
	}
}

// TestThrottledByHost: throttles know the hosts of a branching road.
func TestThrottledByHost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		road := &branches{tried: map[string]int{}}
		r := newRules(policy.Throttle{Domain: "slow.example", AtMost: 1, Per: time.Minute})
		b := newBench(t, newLedger(), &road.road, func(o *delivery.Options) {
			o.Road, o.Throttles, o.Now = road, delivery.NewThrottles(r.now, nil), time.Now
		})
		start := time.Now()
		for i, host := range []string{"slow.example", "fast.example", "slow.example"} {
			c := to(fmt.Sprint("m", i), host, message.Marketing)
			c.DecidedAt = time.Now()
			b.deliver(t, c)
		}
		if took := time.Since(start); took != time.Minute {
			t.Errorf("two messages at one a minute took %v", took)
		}
	})
}
