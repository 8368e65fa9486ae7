package delivery_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
)

// TestFormerWorkerDied: somebody claimed the message and never recorded a result.
func TestFormerWorkerDied(t *testing.T) {
	t.Parallel()
	keep := func(message.Channel, message.Category) delivery.Choice { return delivery.Keep }
	resend := func(message.Channel, message.Category) delivery.Choice { return delivery.Resend }
	for name, tc := range map[string]struct {
		channel  message.Channel
		category message.Category
		policy   func(message.Channel, message.Category) delivery.Choice
		sent     bool
	}{
		"transactional mail is sent again":     {message.Email, message.Transactional, nil, true},
		"marketing mail is not":                {message.Email, message.Marketing, nil, false},
		"transactional text is not":            {message.SMS, message.Transactional, nil, false},
		"marketing text is not":                {message.SMS, message.Marketing, nil, false},
		"unless the policy says so":            {message.SMS, message.Marketing, resend, true},
		"and no transactional mail either way": {message.Email, message.Transactional, keep, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = st.Close() })
			if _, err := st.Claim(t.Context(), []store.Claim{{MessageID: "m1", Worker: "dead", At: decided}}); err != nil {
				t.Fatal(err)
			}
			b := newBench(t, newLedger(), &road{}, func(o *delivery.Options) {
				o.Claims, o.Channel, o.OnUncertain = st, tc.channel, tc.policy
			})
			c := mailCommand("m1", tc.category)
			c.Channel = tc.channel
			b.deliver(t, c)

			r := b.last(t, 1)
			if tc.sent && (r.Outcome != message.Sent || !r.Resent || b.road.tries != 1) {
				t.Errorf("receipt %+v after %d attempts, want it sent again", r, b.road.tries)
			}
			if !tc.sent && (r.Outcome != message.Uncertain || r.Reason != message.ReasonInFlight || b.road.tries != 0) {
				t.Errorf("receipt %+v after %d attempts, want it uncertain", r, b.road.tries)
			}
		})
	}
}

// TestDiesBetweenSendAndRecord: the message was accepted, the store is gone and the
// process ends. The next life cannot know.
func TestDiesBetweenSendAndRecord(t *testing.T) {
	t.Parallel()
	claims := newLedger()
	claims.failNote = 1 << 30
	first := newBench(t, claims, &road{}, nil)
	first.road.during = func(int, string) { first.Stop() }
	if err := first.Deliver(t.Context(), mailCommand("m1", message.Marketing)); !errors.Is(err, delivery.ErrStopping) {
		t.Fatalf("error %v, want ErrStopping", err)
	}
	claims.failNote = 0
	second := newBench(t, claims, &road{}, func(o *delivery.Options) { o.Worker = "second life" })
	second.deliver(t, mailCommand("m1", message.Marketing))
	if r := second.last(t, 1); r.Outcome != message.Uncertain || second.road.tries != 0 {
		t.Errorf("receipt %+v after %d attempts, want it uncertain and not sent", r, second.road.tries)
	}
}

// TestStoreAwayAfterSend: this process knows that the message was accepted, so when the
// command comes again it records that, and sends nothing.
func TestStoreAwayAfterSend(t *testing.T) {
	t.Parallel()
	claims := newLedger()
	claims.failNote = 1
	b := newBench(t, claims, &road{}, func(o *delivery.Options) { o.Outage = 1 })
	if err := b.Deliver(t.Context(), mailCommand("m1", message.Marketing)); !errors.Is(err, errDisk) {
		t.Fatalf("error %v, want the store's", err)
	}
	b.deliver(t, mailCommand("m1", message.Marketing))
	if r := b.last(t, 1); r.Outcome != message.Sent || r.Resent || b.road.tries != 1 {
		t.Errorf("receipt %+v after %d attempts, want one plain sent", r, b.road.tries)
	}
}

func TestStoreAwayForAWhile(t *testing.T) {
	t.Parallel()
	claims := newLedger()
	claims.failClaim, claims.failNote = 3, 3
	b := newBench(t, claims, &road{}, nil)
	b.deliver(t, mailCommand("m1", message.Marketing))
	if r := b.last(t, 1); r.Outcome != message.Sent || b.road.tries != 1 {
		t.Errorf("receipt %+v after %d attempts, want one sent", r, b.road.tries)
	}
}

func TestBrokerAwayAfterRecord(t *testing.T) {
	t.Parallel()
	b := newBench(t, newLedger(), &road{}, func(o *delivery.Options) { o.Outage = 1 })
	b.out.fail = 1
	if err := b.Deliver(t.Context(), mailCommand("m1", message.Marketing)); err == nil {
		t.Fatal("no error, though the receipt was not published")
	}
	b.deliver(t, mailCommand("m1", message.Marketing))
	if r := b.last(t, 1); r.Outcome != message.Sent || b.road.tries != 1 {
		t.Errorf("receipt %+v after %d attempts, want one sent", r, b.road.tries)
	}
}

// TestStopGivesUnsentMessagesUp: what waits for another attempt is given up at a stop, and
// the next life sends it as if nothing had been, marketing too.
func TestStopGivesUnsentMessagesUp(t *testing.T) {
	t.Parallel()
	claims := newLedger()
	first := newBench(t, claims, &road{script: []error{delivery.Transient(errors.New("451"))}}, func(o *delivery.Options) {
		o.First, o.Longest = time.Hour, time.Hour
	})
	first.road.during = func(int, string) { first.Stop() }
	if err := first.Deliver(t.Context(), mailCommand("m1", message.Marketing)); !errors.Is(err, delivery.ErrStopping) {
		t.Fatalf("error %v, want ErrStopping", err)
	}
	if w := claims.worker("m1"); w != delivery.Nobody {
		t.Fatalf("the claim is %q's, want it given up", w)
	}
	second := newBench(t, claims, &road{}, func(o *delivery.Options) { o.Worker = "second life" })
	second.deliver(t, mailCommand("m1", message.Marketing))
	if r := second.last(t, 1); r.Outcome != message.Sent || r.Resent {
		t.Errorf("receipt %+v, want a plain sent", r)
	}
}

// TestGivenUpIsTakenOnce: of two workers that find a claim of Nobody one sends.
func TestGivenUpIsTakenOnce(t *testing.T) {
	t.Parallel()
	claims := newLedger()
	claims.workers["m1"] = delivery.Nobody
	taken := make(chan struct{})
	goOn := make(chan struct{})
	one := newBench(t, claims, &road{during: func(int, string) { close(taken); <-goOn }}, func(o *delivery.Options) { o.Worker = "one" })
	two := newBench(t, claims, &road{}, func(o *delivery.Options) { o.Worker = "two" })
	done := make(chan error, 1)
	go func() { done <- one.Deliver(context.Background(), mailCommand("m1", message.Marketing)) }()
	<-taken
	two.deliver(t, mailCommand("m1", message.Marketing))
	close(goOn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if two.road.tries != 0 {
		t.Error("two workers sent the message")
	}
}

// TestUncertainIsNotGivenUp: a message that a dead worker may have handed over stays
// uncertain when this one stops before it could send it again.
func TestUncertainIsNotGivenUp(t *testing.T) {
	t.Parallel()
	claims := newLedger()
	claims.workers["m1"] = "dead"
	b := newBench(t, claims, &road{script: []error{delivery.Transient(errors.New("451"))}}, nil)
	b.road.during = func(int, string) { b.Stop() }
	if err := b.Deliver(t.Context(), mailCommand("m1", message.Transactional)); !errors.Is(err, delivery.ErrStopping) {
		t.Fatalf("error %v, want ErrStopping", err)
	}
	if w := claims.worker("m1"); w == delivery.Nobody {
		t.Error("an uncertain claim was given up as if nothing had been handed over")
	}
}

// TestPanicIsUncertain: a panic while handing over says nothing about the provider.
func TestPanicIsUncertain(t *testing.T) {
	t.Parallel()
	b := newBench(t, newLedger(), &road{}, nil)
	b.road.during = func(n int, _ string) {
		if n == 1 {
			panic("in the library")
		}
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not reach the caller")
			}
		}()
		_ = b.Deliver(t.Context(), mailCommand("m1", message.Marketing))
	}()
	b.deliver(t, mailCommand("m1", message.Marketing))
	if r := b.last(t, 1); r.Outcome != message.Uncertain || b.road.tries != 1 {
		t.Errorf("receipt %+v after %d attempts, want it uncertain", r, b.road.tries)
	}
}

// TestOutage: a provider that cannot be reached is left alone, messages wait unclaimed,
// and all are sent when it is back. Time is the bubble's.
func TestOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		back := start.Add(10 * time.Minute)
		r := &road{always: func() error {
			if time.Now().Before(back) {
				return delivery.Unavailable(errors.New("connection refused"))
			}
			return nil
		}}
		claims := newLedger()
		b := newBench(t, claims, r, func(o *delivery.Options) {
			o.First, o.Longest, o.Breaker = 250*time.Millisecond, 30*time.Second, delivery.Breaker{Failures: 5, Pause: 5 * time.Second}
		})
		const n = 40
		done := make(chan error, n)
		go func() { done <- b.Deliver(context.Background(), mailCommand("m0", message.Marketing)) }()
		time.Sleep(time.Minute) // of the bubble: by now the breaker is open
		synctest.Wait()
		for i := 1; i < n; i++ {
			go func() { done <- b.Deliver(context.Background(), mailCommand(string(rune('A'+i)), message.Marketing)) }()
		}
		for range n {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		if len(r.taken) != n {
			t.Errorf("%d messages were sent, want %d", len(r.taken), n)
		}
		// One trial each 5 s for 10 minutes and the first 5: 125 at most.
		if attempts := r.tries - n; attempts > 130 {
			t.Errorf("the provider was tried %d times while it was away", attempts)
		}
		if wait := time.Since(back); wait > 40*time.Second {
			t.Errorf("the last message was sent %v after the provider was back", wait)
		}
	})
}

func TestOutageEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &road{always: func() error { return delivery.Unavailable(errors.New("connection refused")) }}
		b := newBench(t, newLedger(), r, func(o *delivery.Options) { o.Outage, o.First, o.Longest = time.Hour, 0, 0 })
		done := make(chan error, 2)
		for _, id := range []string{"m1", "m2"} {
			go func() { done <- b.Deliver(context.Background(), mailCommand(id, message.Transactional)) }()
		}
		for range 2 {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		all, _ := b.out.receipts(t)
		for _, r := range all {
			if r.Outcome != message.Failed || r.Reason != message.ReasonUnavailable {
				t.Errorf("receipt %+v, want failed as unavailable", r)
			}
		}
	})
}

// TestRefusalsDoNotOpenTheBreaker: a provider that answers is not away.
func TestRefusalsDoNotOpenTheBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &road{always: func() error { return delivery.Permanent(message.ReasonInvalidAddress, "550") }}
		b := newBench(t, newLedger(), r, nil)
		start := time.Now()
		for i := range 50 {
			if err := b.Deliver(t.Context(), mailCommand(string(rune('A'+i)), message.Marketing)); err != nil {
				t.Fatal(err)
			}
		}
		if waited := time.Since(start); waited > 0 {
			t.Errorf("50 refusals took %v, want no waiting", waited)
		}
	})
}

// TestClaimThatFailedWasMade: the store made the claim and the answer was lost. The
// message was never handed over, so nothing is uncertain about it.
func TestClaimThatFailedWasMade(t *testing.T) {
	t.Parallel()
	claims := newLedger()
	claims.loseAnswers = 1
	b := newBench(t, claims, &road{}, nil)
	b.deliver(t, mailCommand("m1", message.Marketing))
	if r := b.last(t, 1); r.Outcome != message.Sent || r.Resent {
		t.Errorf("receipt %+v, want a plain sent", r)
	}
}

// TestWakesUpTooLate: a worker was stopped with a message in hand, another one was given it
// and ended it. What the first one then hears from the provider contradicts that; only the
// first result is told.
func TestWakesUpTooLate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		category  message.Category
		late      error // what the stopped worker hears
		told      message.Outcome
		meanwhile message.Outcome
	}{
		"sent, then refused":   {message.Transactional, delivery.Permanent(message.ReasonRejected, "554 no"), message.Sent, message.Sent},
		"uncertain, then sent": {message.Marketing, nil, message.Sent, message.Uncertain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				claims := newLedger()
				other := newBench(t, claims, &road{}, func(o *delivery.Options) { o.Worker = "other" })
				stopped := newBench(t, claims, &road{script: []error{c.late}}, nil)
				stopped.road.during = func(int, string) {
					time.Sleep(10 * time.Second) // In a bubble: the clock is the test's.
					other.deliver(t, mailCommand("m1", c.category))
				}
				stopped.deliver(t, mailCommand("m1", c.category))
				if r := other.last(t, 1); r.Outcome != c.meanwhile {
					t.Errorf("the other worker told %+v", r)
				}
				if r := stopped.last(t, 1); r.Outcome != c.told {
					t.Errorf("the stopped worker told %+v, want %s", r, c.told)
				}
			})
		})
	}
}
