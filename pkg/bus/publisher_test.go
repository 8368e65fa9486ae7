package bus_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/bus"
)

func lastMessage(t *testing.T, js jetstream.JetStream, stream, subject string) *jetstream.RawStreamMsg {
	t.Helper()
	s, err := js.Stream(deadline(t), stream)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := s.GetLastMsgForSubject(deadline(t), subject)
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

func TestPublisherSendsToTheTopicWithIDAndTrace(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	pub := bus.NewPublisher(js)
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	msg := message.NewMessageWithContext(trace.ContextWithSpanContext(deadline(t), sc), "id-1", []byte("hello"))
	msg.Metadata.Set("kind", "test")
	for range 2 { // the second is a duplicate
		if err := pub.Publish(bus.SendSubject("sms", "ada"), msg); err != nil {
			t.Fatal(err)
		}
	}
	got := lastMessage(t, js, bus.StreamSend, bus.SendSubject("sms", "ada"))
	if got.Sequence != 1 || string(got.Data) != "hello" || got.Header.Get("kind") != "test" || got.Header.Get(jetstream.MsgIDHeader) != "id-1" {
		t.Fatalf("stored %+v", got)
	}
	if tp := got.Header["traceparent"]; len(tp) != 1 || tp[0] != "00-01000000000000000000000000000000-0200000000000000-01" {
		t.Fatalf("traceparent %q", tp)
	}
	if found := trace.SpanContextFromContext(bus.Extract(context.Background(), got.Header)); found.TraceID() != sc.TraceID() {
		t.Fatalf("extracted %v", found)
	}
}

func TestPublisherSendsMany(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	var msgs []*message.Message
	for i := range 5000 { // more than may be pending at once
		msgs = append(msgs, message.NewMessage(fmt.Sprint(i), []byte("x")))
	}
	if err := bus.NewPublisher(js).Publish("send.email.ada", msgs...); err != nil {
		t.Fatal(err)
	}
	if seq, err := bus.LastSeq(deadline(t), js, bus.StreamSend); err != nil || seq != 5000 {
		t.Fatalf("stored %d, %v", seq, err)
	}
}

func TestPublisherReportsRefusals(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	pub := bus.NewPublisher(js)
	if err := pub.Publish("send.pigeon.ada", message.NewMessage("1", nil), message.NewMessage("2", nil)); !errors.Is(err, jetstream.ErrNoStreamResponse) {
		t.Errorf("many to a subject of no stream: %v", err)
	}
	if err := pub.Publish("send.pigeon.ada", message.NewMessage("1", nil)); !errors.Is(err, jetstream.ErrNoStreamResponse) {
		t.Errorf("one to a subject of no stream: %v", err)
	}
	if err := pub.Publish("send.email.ada", message.NewMessage("1", make([]byte, 2<<20))); !bus.IsTooLarge(err) {
		t.Errorf("two megabytes: %v", err)
	}
}

// PublishAsync without a timeout never ends when nobody answers. The subject
// belongs to a listener that takes messages and acknowledges none, as a server
// that died with them does; the context is one opened without the timeout.
func TestPublishEndsWhenNobodyAnswers(t *testing.T) {
	t.Parallel()
	nc := newBus(t).Conn()
	mute, err := nc.SubscribeSync("mute.*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Unsubscribe() })
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	msgs := []*message.Message{message.NewMessageWithContext(ctx, "1", nil), message.NewMessageWithContext(ctx, "2", nil)}
	done := make(chan error, 1)
	go func() { done <- bus.NewPublisher(js).Publish("mute.ada", msgs...) }()
	if err := receive(t, done); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want the deadline", err)
	}
	// The context that JetStream opens ends such futures by itself.
	if bounded, err := bus.JetStream(nc); err != nil || bounded.Options().DefaultTimeout == 0 {
		t.Fatalf("options %+v, %v", bounded.Options(), err)
	}
}

// The server goes away in the middle of a stream of publishes: every call
// returns, and the first failure is an error rather than a hang.
func TestPublishEndsWhenTheServerDies(t *testing.T) {
	t.Parallel()
	srv := startServer(t, t.TempDir(), 0)
	js := connect(t, srv, nats.MaxReconnects(0))
	if err := bus.Provision(deadline(t), js, layout()); err != nil {
		t.Fatal(err)
	}
	pub := bus.NewPublisher(js)
	flowing, failed := make(chan struct{}), make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			var msgs []*message.Message
			for k := range 100 {
				msgs = append(msgs, message.NewMessage(fmt.Sprintf("%d-%d", i, k), []byte("x")))
			}
			if err := pub.Publish("send.email.ada", msgs...); err != nil {
				failed <- err
				return
			}
			if i == 3 {
				close(flowing)
			}
		}
	}()
	receiveClosed(t, flowing)
	shutdown(t, srv)
	if err := receive(t, failed); err == nil {
		t.Fatal("no error")
	}
}

func receiveClosed(t *testing.T, ch <-chan struct{}) {
	t.Helper()
	closedInTime(t, ch, "signal")
}
