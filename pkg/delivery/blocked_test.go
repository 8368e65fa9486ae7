package delivery_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
	"rapport/pkg/routing"
)

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
		time.Sleep(16 * time.Minute) // Of the bubble's clock.
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
		time.Sleep(time.Minute) // Of the bubble's clock.
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
			time.Sleep(11 * time.Minute) // Of the bubble's clock.
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
