package delivery_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
)

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
