package delivery_test

import (
	"context"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/delivery"
	"rapport/pkg/delivery/deliverytest"
	"rapport/pkg/message"
	"rapport/pkg/store"
)

// patiently makes a worker that waits for others as it does in earnest.
func patiently(worker string) func(*delivery.Options) {
	return func(o *delivery.Options) { o.Worker, o.Grace = worker, 3*time.Second }
}

// A worker that lost the broker, and not the message, goes on with it while another is given it: that one waits, and
// tells what the first has done.
func TestTheFirstWorkerLives(t *testing.T) {
	t.Parallel()
	for _, category := range []message.Category{message.Transactional, message.Marketing} {
		synctest.Test(t, func(t *testing.T) {
			claims := newLedger()
			first := newBench(t, claims, &road{during: func(int, string) { time.Sleep(2 * time.Second) }}, patiently("first"))
			ended := make(chan error, 1)
			go func() { ended <- first.Deliver(t.Context(), mailCommand("m1", category)) }()
			synctest.Wait() // It is handing the message over.
			second := newBench(t, claims, &road{}, patiently("second"))
			second.deliver(t, mailCommand("m1", category))
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			for _, b := range []*bench{first, second} {
				if r := b.last(t, 1); r.Outcome != message.Sent || r.Resent {
					t.Errorf("%s: told %+v, want a plain sent", category, r)
				}
			}
			if second.road.tries != 0 {
				t.Errorf("%s: handed over again", category)
			}
		})
	}
}

// One that is slow is not waited for for ever: the message goes twice, and whichever of the two records it first says so.
func TestTheFirstWorkerIsSlow(t *testing.T) {
	t.Parallel()
	for name, pause := range map[string]time.Duration{"the first records first": 4 * time.Second, "the second records first": time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			claims := newLedger()
			first := newBench(t, claims, &road{during: func(int, string) { time.Sleep(pause) }}, patiently("first"))
			ended := make(chan error, 1)
			go func() { ended <- first.Deliver(t.Context(), mailCommand("m1", message.Transactional)) }()
			synctest.Wait()
			second := newBench(t, claims, &road{during: func(int, string) { time.Sleep(10 * time.Second) }}, patiently("second"))
			second.deliver(t, mailCommand("m1", message.Transactional))
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			for _, b := range []*bench{first, second} {
				if r := b.last(t, 1); b.road.tries != 1 || r.Outcome != message.Sent || !r.Resent {
					t.Errorf("%s: told %+v after %d attempts, want one that says it was sent again", name, r, b.road.tries)
				}
			}
		})
	}
}

// The successor sends again and has no answer, so that it records an uncertain message. The first, who knows, corrects that and
// says that the message went twice.
func TestTheSuccessorHasNoAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		claims := newLedger()
		first := newBench(t, claims, &road{during: func(int, string) { time.Sleep(time.Minute) }}, patiently("first"))
		ended := make(chan error, 1)
		go func() { ended <- first.Deliver(t.Context(), mailCommand("m1", message.Transactional)) }()
		synctest.Wait()
		second := newBench(t, claims, &road{script: []error{delivery.Unknown(io.EOF)}}, patiently("second"))
		second.deliver(t, mailCommand("m1", message.Transactional))
		if r := second.last(t, 1); r.Outcome != message.Uncertain || !r.Resent {
			t.Errorf("the second told %+v, want uncertain and sent again", r)
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if r := first.last(t, 1); r.Outcome != message.Sent || !r.Resent {
			t.Errorf("the first told %+v, want sent and sent again", r)
		}
	})
}

// A third worker is given the message while the second waits for the first: the two do not both send it.
func TestAThirdWorkerComes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		claims := newLedger()
		claims.workers["m1"] = "dead"
		began := time.Now()
		var benches []*bench
		ended := make(chan error, 2)
		for _, worker := range []string{"second", "third"} {
			b := newBench(t, claims, &road{during: func(int, string) { time.Sleep(time.Second) }}, patiently(worker))
			go func() { ended <- b.Deliver(t.Context(), mailCommand("m1", message.Transactional)) }()
			benches = append(benches, b)
			time.Sleep(2 * time.Second)
		}
		for range 2 {
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it took %s", took)
		}
		tries := 0
		for _, b := range benches {
			tries += b.road.tries
			if r := b.last(t, 1); r.Outcome != message.Sent || !r.Resent {
				t.Errorf("told %+v, want one that says it was sent again", r)
			}
		}
		if tries != 1 {
			t.Errorf("handed over %d times by the two who live", tries)
		}
	})
}

// The third one dies as well, and the second goes on when it has waited for both.
func TestTheThirdWorkerDies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		claims := newLedger()
		claims.workers["m1"] = "dead"
		second := newBench(t, claims, &road{}, patiently("second"))
		ended := make(chan error, 1)
		began := time.Now()
		go func() { ended <- second.Deliver(t.Context(), mailCommand("m1", message.Marketing)) }()
		time.Sleep(time.Second)
		if _, err := claims.Claim(t.Context(), []store.Claim{{MessageID: "m1", Worker: "third"}}); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if r := second.last(t, 1); r.Outcome != message.Uncertain || time.Since(began) < 7*time.Second {
			t.Errorf("told %+v after %s, want uncertain after it has waited for both", r, time.Since(began))
		}
	})
}

// Somebody who waited for a slot since it was decided that a message goes again, looks once more before it does.
func TestAResultComesWhileASlotIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		claims := newLedger()
		claims.workers["m1"] = "slow"
		b := newBench(t, claims, &road{during: func(_ int, id string) {
			if id == "m0" {
				time.Sleep(time.Minute)
			}
		}}, func(o *delivery.Options) { o.Grace, o.InFlight = 3*time.Second, 1 })
		ended := make(chan error, 2)
		go func() { ended <- b.Deliver(t.Context(), mailCommand("m0", message.Transactional)) }()
		synctest.Wait()
		go func() { ended <- b.Deliver(t.Context(), mailCommand("m1", message.Transactional)) }()
		time.Sleep(30 * time.Second)
		r := message.ReceiptFor(mailCommand("m1", message.Transactional), message.Sent, "", decided)
		raw, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if err := claims.Record(t.Context(), []store.Result{{MessageID: "m1", Worker: "slow", Receipt: raw}}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
		}
		if b.road.tries != 1 {
			t.Errorf("handed over %d times, want m0 alone", b.road.tries)
		}
		all, _ := b.out.receipts(t)
		told := slices.IndexFunc(all, func(r message.Receipt) bool { return r.MessageID == "m1" })
		if len(all) != 2 || told < 0 || all[told].Outcome != message.Sent || all[told].Resent {
			t.Errorf("told %+v, want what was recorded", all)
		}
	})
}

// A claim that is made and whose answer is lost has to be made again, and finds its own: of what was delivered before, the
// worker remembers whose it was.
func TestTheAnswerToATakeOverIsLost(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	l := &lane{js: deliverytest.Broker(ctx, t), claims: newLedger(), limit: newRules()}
	l.claims.workers["late.example-000"], l.claims.loseAnswers = "dead", 1
	sub, err := bus.NewSubscriber(l.js, bus.SubscriberOptions{Stream: bus.StreamSend, Durable: "mailer", Lanes: 1, AckWait: time.Second, CloseTimeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	l.send(ctx, t, 1, "late.example")
	unanswered, err := sub.Subscribe(ctx, "send.email.*")
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-unanswered: // It was delivered to somebody who dies.
	case <-ctx.Done():
		t.Fatal("nothing is delivered")
	}
	_ = sub.Close() // It complains that the message is in hand.
	r := &road{}
	stop := l.run(ctx, t, r, "second life")
	for told, err := range deliverytest.Receipts(ctx, l.js) {
		if err != nil || told.Outcome != message.Uncertain {
			t.Errorf("told %+v (%v), want uncertain: it is marketing, and the dead one may have sent it", told, err)
		}
		break
	}
	stop()
	if r.tries != 0 {
		t.Errorf("handed over %d times", r.tries)
	}
}
