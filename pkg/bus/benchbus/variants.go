package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/trace/noop"

	"rapport/pkg/bus"
)

func (b *bench) rawPublish(per int) func(context.Context) error {
	return func(context.Context) error {
		for range b.n / per {
			futures := make([]jetstream.PubAckFuture, 0, per)
			for range per {
				b.serial++
				m := bus.NewMsg(topic, fmt.Sprint("bench-", b.serial), b.body)
				f, err := b.js.PublishMsgAsync(m)
				if err != nil {
					return err
				}
				futures = append(futures, f)
			}
			for _, f := range futures {
				select {
				case <-f.Ok():
				case err := <-f.Err():
					return err
				}
			}
		}
		return nil
	}
}

// topic is one subject, since Publish takes one per call.
const topic = "send.email.bench"

func (b *bench) publish(per int) func(context.Context) error {
	pub := func() *bus.Publisher { return bus.NewPublisher(b.js) }
	return func(context.Context) error {
		p := pub()
		for range b.n / per {
			msgs := make([]*message.Message, 0, per)
			for range per {
				b.serial++
				msgs = append(msgs, message.NewMessage(fmt.Sprint("bench-", b.serial), b.body))
			}
			if err := p.Publish(topic, msgs...); err != nil {
				return err
			}
		}
		return nil
	}
}

func (b *bench) batch(per int) func(context.Context) error {
	return func(ctx context.Context) error {
		for range b.n / per {
			msgs := make([]*nats.Msg, 0, per)
			for range per {
				msgs = append(msgs, b.message())
			}
			if _, err := bus.PublishBatch(ctx, b.js, msgs); err != nil {
				return err
			}
		}
		return nil
	}
}

// whole publishes messages without ids, which PublishBatch makes an atomic batch of however few they are.
func (b *bench) whole(per int) func(context.Context) error {
	return func(ctx context.Context) error {
		for range b.n / per {
			msgs := make([]*nats.Msg, 0, per)
			for range per {
				m := b.message()
				m.Header.Del(jetstream.MsgIDHeader)
				msgs = append(msgs, m)
			}
			if _, err := bus.PublishBatch(ctx, b.js, msgs); err != nil {
				return err
			}
		}
		return nil
	}
}

// gather has so many publishers wait for each of their messages.
func (b *bench) gather(publishers int) func(context.Context) error {
	return func(context.Context) error {
		g := bus.NewGatherer(b.js, 0)
		ids := make(chan string)
		errs := make(chan error, publishers)
		for range publishers {
			go func() {
				var failed error
				for id := range ids {
					failed = errors.Join(failed, g.Publish(bus.SendSubject("email", id), message.NewMessage(id, b.body)))
				}
				errs <- failed
			}()
		}
		for range b.n {
			b.serial++
			ids <- fmt.Sprint("bench-", b.serial)
		}
		close(ids)
		var err error
		for range publishers {
			err = errors.Join(err, <-errs)
		}
		return err
	}
}

func (b *bench) rawConsume(ctx context.Context) error {
	cons, err := b.js.CreateConsumer(ctx, bus.StreamSend, jetstream.ConsumerConfig{
		Durable: "bench", FilterSubject: "send.email.*", AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: 1000,
	})
	if err != nil {
		return err
	}
	done, seen := make(chan struct{}), 0
	consume, err := cons.Consume(func(m jetstream.Msg) {
		_ = m.Ack()
		if seen++; seen == b.n {
			close(done)
		}
	}, jetstream.PullMaxMessages(500))
	if err != nil {
		return err
	}
	<-done
	consume.Stop()
	return b.js.Conn().Flush()
}

func (b *bench) subscriber(lanes int) (*bus.Subscriber, error) {
	return bus.NewSubscriber(b.js, bus.SubscriberOptions{Stream: bus.StreamSend, Durable: "bench", Lanes: lanes})
}

func (b *bench) subscribe(lanes int) func(context.Context) error {
	return func(ctx context.Context) error {
		sub, err := b.subscriber(lanes)
		if err != nil {
			return err
		}
		msgs, err := sub.Subscribe(ctx, "send.email.*")
		if err != nil {
			return err
		}
		for range b.n {
			m := <-msgs
			m.Ack()
		}
		return sub.Close()
	}
}

func (b *bench) route(lanes int) func(context.Context) error {
	return func(ctx context.Context) error {
		sub, err := b.subscriber(lanes)
		if err != nil {
			return err
		}
		r, err := bus.NewRouter(bus.RouterOptions{TracerProvider: noop.NewTracerProvider()})
		if err != nil {
			return err
		}
		done := make(chan struct{})
		var seen atomic.Int64
		r.AddConsumerHandler("bench", "send.email.*", sub, func(*message.Message) error {
			if seen.Add(1) == int64(b.n) {
				close(done)
			}
			return nil
		})
		stopped := make(chan error, 1)
		go func() { stopped <- r.Run(ctx) }()
		<-done
		return errors.Join(r.Close(), <-stopped)
	}
}

func (b *bench) read(ctx context.Context) error {
	r, err := bus.Read(ctx, b.js, bus.StreamSend, nil, 0, bus.ReadOptions{})
	if err != nil {
		return err
	}
	for seen := 0; seen < b.n; {
		batch, err := r.Next(ctx)
		if err != nil {
			return err
		}
		seen += len(batch)
	}
	return r.Close()
}
