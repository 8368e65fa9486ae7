package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
)

// SubscriberOptions describe one durable consumer and how its messages are
// worked on.
type SubscriberOptions struct {
	// Stream is the stream to consume. Required.
	Stream string
	// Durable names the consumer. Processes that give the same name share the
	// work; a new start goes on where the last ended. Required.
	Durable string
	// Service is who gives up, in dead letters; Durable when empty.
	Service string

	// Lanes is how many messages are handled at once, 16 when 0. Messages of
	// one key always take the same lane, one after the other.
	Lanes int
	// Key gives the key of a message; nil takes the end of the subject, which is the
	// profile's slot, or its token in what an earlier version published.
	Key func(Delivery) string

	// AckWait is how long the server waits for a sign of life of this
	// process before it gives a message to another; 30 s when 0. It is not
	// a limit for handlers: every message that lies here is kept alive.
	AckWait time.Duration
	// MaxAttempts is how often a message is handled before it is buried,
	// 5 when 0.
	MaxAttempts int
	// Backoff is the wait before the second, third, ... attempt; the last
	// entry repeats. 200 ms, 1 s, 5 s when nil.
	Backoff []time.Duration
	// ReleaseOnNack gives a refused message back to the server for the time
	// of its backoff instead of holding its lane. Later messages of
	// the same key overtake it, and attempts are counted by the server. For
	// work whose order does not matter and whose backoff is long.
	ReleaseOnNack bool
	// MaxDeliver buries a message that the server delivered more often than
	// this without any answer, because it probably kills the process;
	// 32 when 0. The server itself stops at twice as many.
	MaxDeliver int
	// MaxInFlight is how many messages all processes of this durable hold at
	// once, those that yielded among them, 1000 when 0; half of it is asked for at a time. When it is
	// reached the server delivers no more.
	MaxInFlight int

	// CloseTimeout bounds the wait of Close for handlers, 30 s when 0.
	CloseTimeout time.Duration
	// Logger hears of buried messages and of errors; nil is silence.
	Logger *slog.Logger
	// Meters count buried messages, by service and class: bus.dead.letters; nil counts nothing.
	Meters metric.MeterProvider
}

func (o SubscriberOptions) withDefaults() (SubscriberOptions, error) {
	if o.Stream == "" || o.Durable == "" {
		return o, errors.New("subscriber: Stream and Durable are required")
	}
	if o.Service == "" {
		o.Service = o.Durable
	}
	if o.Key == nil {
		o.Key = Delivery.place
	}
	if len(o.Backoff) == 0 {
		o.Backoff = []time.Duration{200 * time.Millisecond, time.Second, 5 * time.Second}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Meters == nil {
		o.Meters = noop.NewMeterProvider()
	}
	setDefault(&o.Lanes, 16)
	setDefault(&o.AckWait, 30*time.Second)
	setDefault(&o.MaxAttempts, 5)
	setDefault(&o.MaxDeliver, 32)
	setDefault(&o.MaxInFlight, 1000)
	setDefault(&o.CloseTimeout, 30*time.Second)
	return o, nil
}

func setDefault[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// Subscriber is a Watermill subscriber on a durable pull consumer. It keeps
// the order per key within this process, also through refusals and retries;
// it never drains or closes the connection, and closing it neither loses
// messages nor deletes the consumer.
//
// The context of a message lives until the message is answered or Close gives
// up on it; the end of the subscription's context only starts the close, so that
// a running handler may finish. Received tells where a message came from.
type Subscriber struct {
	js      jetstream.JetStream
	opt     SubscriberOptions
	letters metric.Int64Counter // messages buried

	mu     sync.Mutex
	topic  string
	subs   []*subscription
	closed bool
}

// NewSubscriber checks the options; nothing is subscribed yet.
func NewSubscriber(js jetstream.JetStream, o SubscriberOptions) (*Subscriber, error) {
	opt, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	letters, err := opt.Meters.Meter(tracerName).Int64Counter("bus.dead.letters", metric.WithUnit("{message}"),
		metric.WithDescription("Messages that became dead letters, by the service that gave up and the class of the reason."))
	if err != nil {
		return nil, fmt.Errorf("subscriber: make counter bus.dead.letters: %w", err)
	}
	s := &Subscriber{js: js, opt: opt, letters: letters}
	for _, class := range Classes() { // A counter that begins with its first letter has not grown by it.
		s.count(context.Background(), class, 0)
	}
	return s, nil
}

// count counts messages that were buried.
func (s *Subscriber) count(ctx context.Context, class Class, n int64) {
	s.letters.Add(ctx, n, metric.WithAttributes(attribute.String("service", s.opt.Service), attribute.String("class", string(class))))
}

// Subscribe creates or updates the durable consumer with topic as its filter (a
// subject, wildcards allowed) and starts to deliver. Called again with the same topic it
// shares the work; another topic is refused, because one durable has one
// filter and changing it would take the first subscription's messages away.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("subscribe to %s: subscriber is closed", topic)
	}
	if s.topic != "" && s.topic != topic {
		return nil, fmt.Errorf("subscribe to %s: durable %s already consumes %s; make another Subscriber with another Durable", topic, s.opt.Durable, s.topic)
	}
	var cons jetstream.Consumer
	err := ask(ctx, func(ctx context.Context) (err error) {
		cons, err = s.js.CreateOrUpdateConsumer(ctx, s.opt.Stream, consumerConfig(s.opt, topic))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: create consumer %s: %w", topic, s.opt.Durable, err)
	}
	sub, err := startSubscription(ctx, s.js, cons, s.opt, s.count)
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", topic, err)
	}
	s.topic = topic
	s.subs = append(s.subs, sub)
	return sub.out, nil
}

// consumerConfig leaves BackOff out on purpose. The server would take its first
// entry for AckWait, so a message would be delivered again while it is
// still being handled; and a plain negative acknowledgement ignores BackOff
// anyway. Waiting is done in the lane, or by a negative acknowledgement that
// carries the delay.
func consumerConfig(o SubscriberOptions, topic string) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable:       o.Durable,
		FilterSubject: topic,
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       o.AckWait,
		MaxAckPending: o.MaxInFlight,
		MaxDeliver:    2 * o.MaxDeliver,
	}
}

// Close stops pulling, gives messages that no handler has seen back to the
// server, waits up to CloseTimeout for those in handlers, acknowledges them and
// closes the channels. The connection and the durable consumer stay.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	s.closed = true
	subs := s.subs
	s.mu.Unlock()
	for _, sub := range subs {
		sub.beginClose()
	}
	var errs []error
	for _, sub := range subs {
		<-sub.done
		errs = append(errs, sub.err)
	}
	return errors.Join(errs...)
}

// Received tells where the message of a handler's context came from.
func Received(ctx context.Context) (Delivery, bool) {
	it, ok := ctx.Value(itemKey{}).(*item)
	if !ok {
		return Delivery{}, false
	}
	return it.d, true
}

// Yield lets the lane of a handler's message go on with its next one, because this one
// will take long: it waits for something that the others need not wait for. The message
// stays in hand and is kept alive until it is answered; later messages of its key
// overtake it. How many messages can wait like that is SubscriberOptions.MaxInFlight:
// when all do, the server delivers no more. Measured with 5,000 commands of 4 KB that wait
// behind a Watermill router, with an AckWait of 5 s: 30 KB each, and 1.3 % of a core to keep
// them alive. It reports whether the context is that of
// a message; calling it again changes nothing.
func Yield(ctx context.Context) bool {
	it, ok := ctx.Value(itemKey{}).(*item)
	if ok {
		it.yielding.Do(func() { close(it.yielded) })
	}
	return ok
}

// Nack refuses a message with its reason, for consumers that read the channel
// themselves. Behind NewRouter a handler just returns the error.
func Nack(msg *message.Message, reason error) bool {
	setReason(msg, reason)
	return msg.Nack()
}

func setReason(msg *message.Message, reason error) {
	if it, ok := msg.Context().Value(itemKey{}).(*item); ok {
		it.reason.Store(&reason)
	}
}
