package delivery_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	wm "github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/delivery"
	"rapport/pkg/delivery/deliverytest"
	"rapport/pkg/message"
	"rapport/pkg/policy"
)

const patience = 60 * time.Second

// handed tells of each message that the provider took.
func handed() (*road, <-chan string) {
	ids := make(chan string, 1000)
	return &road{during: func(_ int, id string) { ids <- id }}, ids
}

// lane is a broker with one mailer on one lane.
type lane struct {
	js        jetstream.JetStream
	claims    *ledger
	limit     *rules
	publisher delivery.Publisher // nil: the broker's
}

// send publishes n messages to a domain.
func (l *lane) send(ctx context.Context, t *testing.T, n int, domain string) {
	t.Helper()
	for i := range n {
		c := mailCommand(fmt.Sprintf("%s-%03d", domain, i), message.Marketing)
		c.To, c.DecidedAt = "jane@"+domain, time.Now()
		deliverytest.Send(ctx, t, l.js, c.ID, c)
	}
}

func (l *lane) run(ctx context.Context, t *testing.T, r *road, worker string) (stop func()) {
	t.Helper()
	sub, err := bus.NewSubscriber(l.js, bus.SubscriberOptions{Stream: bus.StreamSend, Durable: "mailer", Lanes: 1, AckWait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, l.claims, r, func(o *delivery.Options) {
		o.Publisher = bus.NewPublisher(l.js)
		if l.publisher != nil {
			o.Publisher = l.publisher
		}
		o.Worker, o.Throttles, o.Now = worker, delivery.NewThrottles(l.limit.now, nil), time.Now
	})
	return deliverytest.Run(ctx, t, func(ctx context.Context) error {
		return b.Run(ctx, delivery.Intake{Name: "mailer", Topic: "send.email.*", Subscriber: sub})
	})
}

// take waits until n messages were handed over, all to one domain.
func take(ctx context.Context, t *testing.T, ids <-chan string, n int, domain string) {
	t.Helper()
	for range n {
		select {
		case id := <-ids:
			if !strings.HasPrefix(id, domain) {
				t.Fatalf("%s was handed over, want one to %s", id, domain)
			}
		case <-ctx.Done():
			t.Fatalf("messages to %s are not sent", domain)
		}
	}
}

// TestThrottledMessagesHoldNobodyUp sends through the broker: a hundred messages to a
// throttled domain come first, all on one lane, and wait for longer than AckWait; the others
// pass them, nothing is delivered twice, and nothing is missing after a restart.
func TestThrottledMessagesHoldNobodyUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	l := &lane{js: deliverytest.Broker(ctx, t), claims: newLedger(), limit: newRules(policy.Throttle{Domain: "slow.example", AtMost: 1, Per: time.Hour})}
	r, ids := handed()
	stop := l.run(ctx, t, r, "first life")
	l.send(ctx, t, 100, "slow.example")
	take(ctx, t, ids, 1, "slow.example")
	began := time.Now()
	l.send(ctx, t, 20, "fast.example")
	take(ctx, t, ids, 20, "fast.example")
	<-time.After(time.Until(began.Add(1500 * time.Millisecond))) // more than AckWait
	cons, err := l.js.Consumer(ctx, bus.StreamSend, "mailer")
	if err != nil {
		t.Fatal(err)
	}
	if info := cons.CachedInfo(); info.NumRedelivered != 0 || info.Delivered.Consumer != 120 {
		t.Errorf("%d deliveries of 120 messages, %d are repeats", info.Delivered.Consumer, info.NumRedelivered)
	}
	stop()
	if n := l.claims.claimed(); n != 21 {
		t.Errorf("%d messages are claimed, want the 21 that were sent", n)
	}

	r, ids = handed()
	l.limit.Store(&[]policy.Throttle{})
	stop = l.run(ctx, t, r, "second life")
	take(ctx, t, ids, 99, "slow.example")
	stop()
}

// slowBroker takes receipts when it is let to.
type slowBroker struct {
	outlet
	let chan struct{}
}

func (b *slowBroker) Publish(topic string, msgs ...*wm.Message) error {
	<-b.let
	return b.outlet.Publish(topic, msgs...)
}

// TestReceiptsHoldNobodyUp: a message whose receipt the broker has yet to take does not keep
// its lane, and is told of all the same.
func TestReceiptsHoldNobodyUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	slow := &slowBroker{let: make(chan struct{})}
	l := &lane{js: deliverytest.Broker(ctx, t), claims: newLedger(), limit: newRules(), publisher: slow}
	r, ids := handed()
	stop := l.run(ctx, t, r, "worker")
	l.send(ctx, t, 20, "fast.example")
	take(ctx, t, ids, 20, "fast.example")
	close(slow.let)
	stop()
	if all, _ := slow.receipts(t); len(all) != 20 {
		t.Errorf("%d receipts were published, want 20", len(all))
	}
}
