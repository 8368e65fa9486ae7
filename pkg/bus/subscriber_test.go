package bus_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
)

func body(m *message.Message) string { return string(m.Payload) }

// Every third message is refused twice; its key's later messages wait.
func TestOrderPerKeySurvivesNacks(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	const perKey = 60
	keys := []string{"ada", "bob", "cleo"}
	for i := 0; i < perKey; i += 20 {
		for _, key := range keys {
			publishRange(t, js, key, i, i+20)
		}
	}
	_, msgs := subscribe(t, js, bus.SubscriberOptions{Lanes: 8, Backoff: []time.Duration{time.Millisecond}})
	next, refused := map[string]int{}, map[string]int{}
	for n := 0; n < perKey*len(keys); {
		m := receive(t, msgs)
		d, ok := bus.Received(m.Context())
		if !ok {
			t.Fatal("message without delivery")
		}
		if want := fmt.Sprint(next[d.Subject]); body(m) != want {
			t.Fatalf("key %s: got %s, want %s", d.Subject, body(m), want)
		}
		if next[d.Subject]%3 == 0 && refused[m.UUID] < 2 {
			refused[m.UUID]++
			m.Nack()
			continue
		}
		next[d.Subject]++
		n++
		m.Ack()
	}
	if info := settled(t, js, "mailer"); info.NumRedelivered != 0 || info.Delivered.Consumer != uint64(perKey*len(keys)) {
		t.Errorf("the server delivered %d times", info.Delivered.Consumer)
	}
}

// A consumer's BackOff would replace AckWait by its first entry, and a plain
// Nak would come back at once. Ours has AckWait as asked for, and the wait
// before a retry is the one configured, held here or by the server.
func TestRetryWaits(t *testing.T) {
	t.Parallel()
	for _, release := range []bool{false, true} {
		t.Run(fmt.Sprintf("release=%v", release), func(t *testing.T) {
			t.Parallel()
			js := newBus(t)
			const wait = 150 * time.Millisecond
			_, msgs := subscribe(t, js, bus.SubscriberOptions{AckWait: 7 * time.Second, Backoff: []time.Duration{wait}, ReleaseOnNack: release})
			cons, err := js.Consumer(deadline(t), bus.StreamSend, "mailer")
			if err != nil {
				t.Fatal(err)
			}
			if cfg := cons.CachedInfo().Config; cfg.AckWait != 7*time.Second || len(cfg.BackOff) != 0 || cfg.MaxDeliver <= 0 || cfg.MaxAckPending != 1000 {
				t.Errorf("consumer has ack wait %v, backoff %v, max deliver %d, max pending %d", cfg.AckWait, cfg.BackOff, cfg.MaxDeliver, cfg.MaxAckPending)
			}
			publish(t, js, bus.SendSubject("email", "ada"), "1", "x")
			receive(t, msgs).Nack()
			refused := time.Now()
			again := receive(t, msgs)
			if waited := time.Since(refused); waited < wait {
				t.Errorf("came back after %v, want at least %v", waited, wait)
			}
			again.Ack()
			settled(t, js, "mailer")
		})
	}
}

// The trap itself, so that we hear of it when the server changes its mind.
func TestServerTakesFirstBackOffForAckWait(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	cons, err := js.CreateConsumer(deadline(t), bus.StreamSend, jetstream.ConsumerConfig{
		Durable: "trap", AckPolicy: jetstream.AckExplicitPolicy, AckWait: 30 * time.Second,
		MaxDeliver: 3, BackOff: []time.Duration{time.Second, 2 * time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := cons.CachedInfo().Config.AckWait; got != time.Second {
		t.Fatalf("ack wait is %v; the server no longer overrides it, and BackOff could be used again", got)
	}
}

// A queue that takes longer than AckWait: 30 messages of 80 ms in one lane, AckWait
// one second. All were fetched at once, and none may be delivered a second time.
func TestWaitingMessagesAreKeptAlive(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	const n, work = 30, 80 * time.Millisecond
	publishRange(t, js, "ada", 0, n)
	_, msgs := subscribe(t, js, bus.SubscriberOptions{Lanes: 1, AckWait: time.Second})
	for i := range n {
		m := receive(t, msgs)
		if body(m) != fmt.Sprint(i) {
			t.Fatalf("got %s, want %d", body(m), i)
		}
		<-time.After(work) // the handler's work
		m.Ack()
	}
	if info := settled(t, js, "mailer"); info.Delivered.Consumer != n {
		t.Fatalf("the server delivered %d times, want %d", info.Delivered.Consumer, n)
	}
}

func TestRefusedTooOftenIsBuriedWithItsReason(t *testing.T) {
	t.Parallel()
	for _, release := range []bool{false, true} {
		t.Run(fmt.Sprintf("release=%v", release), func(t *testing.T) {
			t.Parallel()
			js := newBus(t)
			msg := bus.NewMsg(bus.SendSubject("email", "ada"), "id-1", []byte("poison"))
			msg.Header["traceparent"] = []string{"00-01000000000000000000000000000000-0200000000000000-01"}
			if _, err := js.PublishMsg(deadline(t), msg); err != nil {
				t.Fatal(err)
			}
			publish(t, js, bus.SendSubject("email", "ada"), "id-2", "fine")
			_, msgs := subscribe(t, js, bus.SubscriberOptions{Service: "mailer", MaxAttempts: 3, Backoff: []time.Duration{5 * time.Millisecond}, ReleaseOnNack: release})
			attempts := 0
			for fine := false; !fine || attempts < 3; {
				m := receive(t, msgs)
				if body(m) == "fine" {
					fine = m.Ack()
					continue
				}
				attempts++
				bus.Nack(m, fmt.Errorf("attempt %d:\nno such template", attempts))
			}
			settled(t, js, "mailer")
			got := lastMessage(t, js, bus.StreamDead, "dead.mailer."+bus.SendSubject("email", "ada"))
			dead, err := bus.ReadDead(got.Header)
			if err != nil {
				t.Fatal(err)
			}
			if dead.Reason != "attempt 3: no such template" || dead.Subject != bus.SendSubject("email", "ada") || dead.Stream != bus.StreamSend ||
				dead.Class != bus.GaveUp || dead.Seq != 1 || dead.Service != "mailer" || dead.ID != "id-1" || dead.Time.IsZero() || dead.BodyOmitted {
				t.Errorf("dead letter %+v", dead)
			}
			if string(got.Data) != "poison" || len(got.Header["traceparent"]) != 1 {
				t.Errorf("stored %s with %v", got.Data, got.Header)
			}
		})
	}
}

func TestPermanentErrorIsBuriedAtOnce(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	publish(t, js, bus.SendSubject("email", "ada"), "1", "unreadable")
	_, msgs := subscribe(t, js, bus.SubscriberOptions{Backoff: []time.Duration{time.Hour}})
	bus.Nack(receive(t, msgs), fmt.Errorf("decode: %w", bus.Because(bus.Unreadable, bus.Permanent(errors.New("not JSON")))))
	if info := settled(t, js, "mailer"); info.Delivered.Consumer != 1 {
		t.Errorf("delivered %d times", info.Delivered.Consumer)
	}
	dead, err := bus.ReadDead(lastMessage(t, js, bus.StreamDead, "dead.mailer.>").Header)
	if err != nil || dead.Reason != "decode: not JSON" || dead.Class != bus.Unreadable || dead.Attempts != 1 {
		t.Fatalf("%+v, %v", dead, err)
	}
}

// A message whose process died each time without answering is given up before
// the server would silently stop delivering it.
func TestMessageThatKillsIsBuried(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	publish(t, js, bus.SendSubject("email", "ada"), "1", "killer")
	for i := range 3 {
		o := bus.SubscriberOptions{Stream: bus.StreamSend, Durable: "mailer", MaxDeliver: 2, AckWait: time.Second, CloseTimeout: time.Millisecond}
		if i == 2 {
			subscribe(t, js, o) // the third delivery is one too many and reaches no handler
			break
		}
		sub, err := bus.NewSubscriber(js, o)
		if err != nil {
			t.Fatal(err)
		}
		msgs, err := sub.Subscribe(t.Context(), "send.email.*")
		if err != nil {
			t.Fatal(err)
		}
		if m := receive(t, msgs); body(m) != "killer" {
			t.Fatalf("got %s", body(m))
		}
		if err := sub.Close(); err == nil || !strings.Contains(err.Error(), "still running") {
			t.Fatalf("closing over an unanswered message: %v", err)
		}
	}
	settled(t, js, "mailer")
	dead, err := bus.ReadDead(lastMessage(t, js, bus.StreamDead, "dead.mailer.>").Header)
	if err != nil || !strings.Contains(dead.Reason, "without an answer") || dead.Class != bus.NoAnswer || dead.Attempts != 3 {
		t.Fatalf("%+v, %v", dead, err)
	}
}

// The server delivers a message again while it is still being handled here, as
// after a long disconnection. It must not be handled twice.
func TestRedeliveryOfAHeldMessageIsIgnored(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	publishRange(t, js, "ada", 0, 2)
	_, msgs := subscribe(t, js, bus.SubscriberOptions{Lanes: 1})
	first := receive(t, msgs)
	// A refusal that we did not send: stream sequence 1, consumer sequence 1.
	if err := js.Conn().Publish("$JS.ACK.SEND.mailer.1.1.1.0.0", []byte("-NAK")); err != nil {
		t.Fatal(err)
	}
	for delivered := uint64(0); delivered < 3; {
		cons, err := js.Consumer(deadline(t), bus.StreamSend, "mailer")
		if err != nil {
			t.Fatal(err)
		}
		delivered = cons.CachedInfo().Delivered.Consumer
	}
	first.Ack()
	second := receive(t, msgs)
	if body(first) != "0" || body(second) != "1" {
		t.Fatalf("handled %s, then %s", body(first), body(second))
	}
	second.Ack()
	publishRange(t, js, "ada", 2, 3)
	third := receive(t, msgs)
	if body(third) != "2" {
		t.Fatalf("handled %s a second time", body(third))
	}
	third.Ack()
	settled(t, js, "mailer")
}

// A header with two values is a message like any other.
func TestHeaderWithSeveralValues(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	msg := bus.NewMsg(bus.SendSubject("email", "ada"), "1", []byte("x"))
	msg.Header["tag"] = []string{"a", "b"}
	msg.Header["none"] = nil
	if _, err := js.PublishMsg(deadline(t), msg); err != nil {
		t.Fatal(err)
	}
	_, msgs := subscribe(t, js, bus.SubscriberOptions{})
	m := receive(t, msgs)
	d, _ := bus.Received(m.Context())
	if m.Metadata.Get("tag") != "a, b" || len(d.Header["tag"]) != 2 {
		t.Errorf("metadata %v, header %v", m.Metadata, d.Header)
	}
	m.Ack()
}

// A dead letter must fit even when the original barely did.
func TestLargeMessageCanBeBuried(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	big := bus.NewMsg(bus.SendSubject("email", "ada"), "1", make([]byte, 1<<20-100))
	if _, err := js.PublishMsg(deadline(t), big); err != nil {
		t.Fatal(err)
	}
	_, msgs := subscribe(t, js, bus.SubscriberOptions{})
	bus.Nack(receive(t, msgs), bus.Permanent(errors.New("too long")))
	settled(t, js, "mailer")
	dead, err := bus.ReadDead(lastMessage(t, js, bus.StreamDead, "dead.mailer.>").Header)
	if err != nil || !dead.BodyOmitted || dead.Seq != 1 {
		t.Fatalf("%+v, %v", dead, err)
	}
}

// Headers that steer the server must not leak into what a handler publishes
// with the metadata it was given.
func TestServerHeadersAreNotMetadata(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	publishRange(t, js, "ada", 0, 2) // a batch, so that there are such headers
	_, msgs := subscribe(t, js, bus.SubscriberOptions{Lanes: 1})
	m := receive(t, msgs)
	if len(m.Metadata) != 0 || m.UUID != "ada-0" {
		t.Errorf("id %s, metadata %v", m.UUID, m.Metadata)
	}
	m.Ack()
	receive(t, msgs).Ack()
	settled(t, js, "mailer")
}

func TestOneDurableHasOneTopic(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	sub, _ := subscribe(t, js, bus.SubscriberOptions{})
	if _, err := sub.Subscribe(t.Context(), "send.sms.*"); err == nil || !strings.Contains(err.Error(), "another Durable") {
		t.Fatalf("got %v", err)
	}
	if _, err := bus.NewSubscriber(js, bus.SubscriberOptions{Stream: "X"}); err == nil {
		t.Fatal("a subscriber without a durable name was accepted")
	}
}
