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
)

// one makes a Recheck of a judgement about single messages.
func one(judge func(*message.Command) (message.Reason, error)) delivery.Recheck {
	return func(_ context.Context, commands []*message.Command) ([]message.Reason, error) {
		var all []message.Reason
		for _, c := range commands {
			r, err := judge(c)
			if err != nil {
				return nil, err
			}
			all = append(all, r)
		}
		return all, nil
	}
}

func keptBack(r message.Reason) delivery.Recheck {
	return one(func(*message.Command) (message.Reason, error) { return r, nil })
}

func TestKeptBackAtTheLastMoment(t *testing.T) {
	t.Parallel()
	for _, reason := range []message.Reason{message.ReasonSuppressed, message.ReasonNoConsent, message.ReasonNoAddress, message.ReasonLeft} {
		t.Run(string(reason), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, newLedger(), &road{}, func(o *delivery.Options) { o.Recheck = keptBack(reason) })
			b.deliver(t, mailCommand("m1", message.Marketing))
			if r := b.last(t, 1); r.Outcome != message.Suppressed || r.Reason != reason || b.road.tries != 0 {
				t.Errorf("receipt %+v after %d attempts, want it kept back", r, b.road.tries)
			}
			ev, err := event.Decode(b.out.msgs[0].Payload)
			if err != nil || ev.Type != event.MessageSuppressed {
				t.Errorf("published a %s, %v", ev.Type, err)
			}
			var recorded message.Receipt
			if err := json.Unmarshal(b.claims.receipts["m1"], &recorded); err != nil || recorded.Outcome != message.Suppressed {
				t.Errorf("recorded %+v, %v", recorded, err)
			}
			b.deliver(t, mailCommand("m1", message.Marketing)) // again
			if r := b.last(t, 2); r != recorded || b.road.tries != 0 {
				t.Errorf("the repeat's receipt is %+v, want %+v", r, recorded)
			}
		})
	}
}

// TestLooksAgainBeforeEachAttempt: consent is withdrawn while the provider puts the message
// off, or while it is away.
func TestLooksAgainBeforeEachAttempt(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]error{
		"put off": delivery.Transient(errors.New("451")),
		"away":    delivery.Unavailable(errors.New("connection refused")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				withdrawn := time.Now().Add(time.Minute)
				b := newBench(t, newLedger(), &road{always: func() error { return fault }}, func(o *delivery.Options) {
					o.First, o.Longest, o.Now = time.Second, 5*time.Second, time.Now
					o.Recheck = one(func(*message.Command) (message.Reason, error) {
						if time.Now().Before(withdrawn) {
							return "", nil
						}
						return message.ReasonNoConsent, nil
					})
				})
				b.deliver(t, mailCommand("m1", message.Marketing))
				if r := b.last(t, 1); r.Outcome != message.Suppressed || r.Reason != message.ReasonNoConsent {
					t.Errorf("receipt %+v, want it kept back", r)
				}
				if late := time.Since(withdrawn); late > 10*time.Second {
					t.Errorf("kept back %v after the consent was withdrawn", late)
				}
			})
		})
	}
}

// TestKeptBackAfterAnUncertainAttempt: nobody knows whether the first attempt arrived, and
// the receipt does not claim that it was kept back.
func TestKeptBackAfterAnUncertainAttempt(t *testing.T) {
	t.Parallel()
	tries := 0
	b := newBench(t, newLedger(), &road{script: []error{delivery.Unknown(errors.New("broken pipe"))}}, func(o *delivery.Options) {
		o.Recheck = one(func(*message.Command) (message.Reason, error) {
			if tries++; tries > 1 {
				return message.ReasonSuppressed, nil
			}
			return "", nil
		})
	})
	b.deliver(t, mailCommand("m1", message.Transactional))
	if r := b.last(t, 1); r.Outcome != message.Uncertain || r.Detail != "not sent again: suppressed" || b.road.tries != 1 {
		t.Errorf("receipt %+v after %d attempts, want it uncertain", r, b.road.tries)
	}
}

// TestBlindMessagesWait: when nobody can look, messages wait and hold no slot; they are sent
// when the store is back, or come again when it stays away.
func TestBlindMessagesWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		back := time.Now().Add(time.Hour)
		b := newBench(t, newLedger(), &road{}, func(o *delivery.Options) {
			o.InFlight, o.First, o.Longest, o.Outage, o.Now = 1, time.Second, 10*time.Second, 24*time.Hour, time.Now
			o.Recheck = one(func(c *message.Command) (message.Reason, error) {
				if c.ID == "blind" && time.Now().Before(back) {
					return "", errDisk
				}
				return "", nil
			})
		})
		start := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { b.deliver(t, mailCommand("blind", message.Marketing)) })
		synctest.Wait()
		for i := range 10 {
			b.deliver(t, mailCommand(fmt.Sprint("m", i), message.Marketing))
		}
		if waited := time.Since(start); waited > 0 {
			t.Errorf("the others waited %v for a message that nobody could look at", waited)
		}
		wg.Wait()
		if late := time.Since(back); late > 10*time.Second || len(b.road.taken) != 11 {
			t.Errorf("%d messages were sent, the last %v after the store was back", len(b.road.taken), late)
		}
	})
}

func TestBlindForTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newLedger(), &road{}, func(o *delivery.Options) {
			o.Outage, o.First, o.Longest = time.Hour, time.Second, time.Minute
			o.Recheck = one(func(*message.Command) (message.Reason, error) { return "", errDisk })
		})
		if err := b.Deliver(t.Context(), mailCommand("m1", message.Marketing)); !errors.Is(err, errDisk) {
			t.Errorf("error %v, want the store's: the command has to come again", err)
		}
		if w := b.claims.worker("m1"); w != delivery.Nobody || b.road.tries != 0 {
			t.Errorf("the claim is %q's after %d attempts, want nobody's: it was not handed over", w, b.road.tries)
		}
	})
}

// TestLooksAreSharedAndApart: messages that come together are looked at together, and one
// that cannot be judged does not hold up the others.
func TestLooksAreSharedAndApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 40
		var mu sync.Mutex
		calls, largest := 0, 0
		started, goOn := make(chan struct{}), make(chan struct{})
		b := newBench(t, newLedger(), &road{}, func(o *delivery.Options) {
			o.InFlight, o.Outage = 2*n, 1
			o.Recheck = func(_ context.Context, commands []*message.Command) ([]message.Reason, error) {
				mu.Lock()
				calls++
				first := calls == 1
				largest = max(largest, len(commands))
				mu.Unlock()
				if first {
					close(started)
					<-goOn
				}
				for _, c := range commands {
					if c.ID == "m7" {
						return nil, errDisk
					}
				}
				return make([]message.Reason, len(commands)), nil
			}
		})
		var wg sync.WaitGroup
		wg.Go(func() { b.deliver(t, mailCommand("first", message.Marketing)) })
		<-started
		for i := range n {
			wg.Go(func() {
				if err := b.Deliver(t.Context(), mailCommand(fmt.Sprint("m", i), message.Marketing)); (err != nil) != (i == 7) {
					t.Errorf("m%d: %v", i, err)
				}
			})
		}
		synctest.Wait() // the others are waiting
		close(goOn)
		wg.Wait()
		if len(b.road.taken) != n {
			t.Errorf("%d messages were sent, want all but one of %d", len(b.road.taken), n+1)
		}
		if largest != n {
			t.Errorf("at most %d of the %d that waited were looked at together", largest, n)
		}
	})
}

func TestReplaysHaveNoLastLook(t *testing.T) {
	t.Parallel()
	b := newBench(t, newLedger(), &road{}, func(o *delivery.Options) {
		o.EventTime, o.Recheck = true, keptBack(message.ReasonNoConsent)
	})
	b.deliver(t, mailCommand("m1", message.Marketing))
	if r := b.last(t, 1); r.Outcome != message.Sent {
		t.Errorf("receipt %+v, want it sent as it was then", r)
	}
}
