package bus_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
)

// expedite subscribes to both families of the channel email, as a mailer does.
func expedite(t *testing.T, js jetstream.JetStream, o bus.SubscriberOptions) (*bus.Expedited, <-chan *message.Message) {
	t.Helper()
	o.Stream, o.Durable = bus.StreamSend, "mailer"
	sub, err := bus.NewExpedited(js, o, 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sub.Close() })
	msgs, err := sub.Subscribe(t.Context(), "send.email.*")
	if err != nil {
		t.Fatal(err)
	}
	return sub, msgs
}

func urgent(t *testing.T, js jetstream.JetStream, key, id string) {
	t.Helper()
	publish(t, js, bus.Urgent(bus.SendSubject("email", key)), id, id)
}

// serves waits until it is said that somebody takes urgent mails, or that nobody does.
func serves(t *testing.T, js jetstream.JetStream, want bool) bus.Served {
	t.Helper()
	ctx := deadline(t)
	for {
		served, err := bus.UrgentlyServed(ctx, js)
		if err != nil {
			t.Fatal(err)
		}
		if served["send.email.now.*"] == want {
			return served
		}
	}
}

// With thousands of ordinary messages waiting, and a provider that has all lanes of them in
// its hands and answers for none, an urgent one is handed out.
func TestUrgentOvertakesABacklog(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	const backlog, lanes = 5000, 4
	mails := make([]*nats.Msg, backlog)
	for i := range mails {
		mails[i] = bus.NewMsg(bus.SendSubject("email", fmt.Sprint("customer-", i)), fmt.Sprint("mail-", i), nil)
	}
	for batch := range bus.Split(mails, 0) {
		if _, err := bus.PublishBatch(deadline(t), js, batch); err != nil {
			t.Fatal(err)
		}
	}
	_, msgs := expedite(t, js, bus.SubscriberOptions{Lanes: lanes})
	var slow []*message.Message
	for range lanes {
		slow = append(slow, receive(t, msgs))
	}
	urgent(t, js, "ada", "thanks")
	m := receive(t, msgs)
	if d, ok := bus.Received(m.Context()); !ok || body(m) != "thanks" || d.Subject != bus.Urgent(bus.SendSubject("email", "ada")) {
		t.Fatalf("got %q on %s, want the urgent one of ada", body(m), d.Subject)
	}
	m.Ack()
	for _, m := range slow {
		m.Ack()
	}
	for range backlog - lanes {
		receive(t, msgs).Ack()
	}
	settled(t, js, "mailer")
	settled(t, js, "mailer-now")
	if through, err := bus.Acknowledged(deadline(t), js, bus.StreamSend); err != nil || through != backlog+1 {
		t.Errorf("acknowledged through %d, %v; want %d", through, err, backlog+1)
	}
}

// What waits on the urgent subject keeps the stream from being trimmed, also behind an
// ordinary consumer that is done, and while nobody takes it at all.
func TestUrgentMessagesAreNotTrimmed(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	_, msgs := subscribe(t, js, bus.SubscriberOptions{})
	urgent(t, js, "ada", "thanks")
	publishRange(t, js, "ada", 0, 3)
	for range 3 {
		receive(t, msgs).Ack()
	}
	settled(t, js, "mailer")
	if through, err := bus.Acknowledged(deadline(t), js, bus.StreamSend); err != nil || through != 0 {
		t.Errorf("while nobody takes the urgent one: acknowledged through %d, %v; want 0", through, err)
	}
	// Workers of a version that knows no urgent ones do not get them.
	select {
	case m := <-msgs:
		t.Errorf("the ordinary consumer gets %q", body(m))
	default:
	}
}

// Urgent commands go to the urgent subject as long as somebody asks for them there.
func TestUrgentIsServedWhileSomebodyAsks(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	usual := bus.SendSubject("email", "ada")
	if got := serves(t, js, false).Subject(usual); got != usual {
		t.Errorf("published to %s before there is anybody", got)
	}
	sub, _ := expedite(t, js, bus.SubscriberOptions{})
	served := serves(t, js, true)
	if got := served.Subject(usual); got != bus.Urgent(usual) {
		t.Errorf("published to %s, want the urgent subject", got)
	}
	if sms := bus.SendSubject("sms", "ada"); served.Subject(sms) != sms {
		t.Errorf("published to %s, where nobody asks", served.Subject(sms))
	}
	if err := sub.Close(); err != nil {
		t.Fatal(err)
	}
	serves(t, js, false)
}

// An older version of a process may have the stream without the urgent subjects: ordinary
// messages are taken all the same, nothing is published where nobody would store it, and who
// tries is told at once.
func TestStreamWithoutUrgentSubjects(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	older(t, js)
	sub, msgs := expedite(t, js, bus.SubscriberOptions{})
	publishRange(t, js, "ada", 0, 1)
	receive(t, msgs).Ack()
	serves(t, js, false)
	m := bus.NewMsg(bus.Urgent(bus.SendSubject("email", "ada")), "thanks", nil)
	if _, err := bus.PublishBatch(deadline(t), js, []*nats.Msg{m}); !errors.Is(err, jetstream.ErrNoStreamResponse) && !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("published where no stream is: %v", err)
	}
	if err := sub.Close(); err != nil {
		t.Fatal(err)
	}
	if err := bus.Provision(deadline(t), js, layout()); err != nil {
		t.Fatal(err)
	}
	urgent(t, js, "ada", "thanks")
}

// older makes SEND what it was before there were urgent subjects.
func older(t *testing.T, js jetstream.JetStream) {
	t.Helper()
	s, err := js.Stream(deadline(t), bus.StreamSend)
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	cfg.Subjects = slices.DeleteFunc(slices.Clone(cfg.Subjects), func(s string) bool { return strings.Contains(s, ".now.") })
	if len(cfg.Subjects) != 4 {
		t.Fatalf("%v are left, want those of the four channels", cfg.Subjects)
	}
	if _, err := js.UpdateStream(deadline(t), cfg); err != nil {
		t.Fatal(err)
	}
}

// NextOr takes what has arrived first, and does not wait for more.
func TestNextOr(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	r := readPartition(t, js, 0, 0, bus.ReadOptions{MaxBatch: 64})
	other := make(chan struct{}, 1)
	other <- struct{}{}
	if got, err := r.NextOr(deadline(t), other); err != nil || len(got) != 0 {
		t.Fatalf("%d messages, %v; want none, as there is something else", len(got), err)
	}
	publish(t, js, bus.ClockSubject(0), "", "tick")
	got, err := r.NextOr(deadline(t), other)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d messages, %v; want the one that was published", len(got), err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.NextOr(deadline(t), other); err == nil {
		t.Error("a closed reader reads on")
	}
}
