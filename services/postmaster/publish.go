package postmaster

import (
	"context"
	"fmt"
	"maps"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/bus"
	"rapport/pkg/event"
)

// Bounds of what is published together.
const (
	parcelMessages = 500
	parcelBytes    = 4 << 20
	maxLinks       = 32
)

// store publishes what was heard, in its order. It returns nil when all of it is on disk.
func (s *Service) store(ctx context.Context, heard []heard) error {
	ctx, span := s.tracer.Start(ctx, "publish feedback", trace.WithSpanKind(trace.SpanKindProducer), trace.WithLinks(links(heard)...),
		trace.WithAttributes(
			attribute.String("messaging.system", "nats"),
			attribute.String("messaging.operation.type", "send"),
			attribute.String("messaging.destination.name", bus.StreamEvents)))
	defer span.End()
	msgs, made := s.pack(ctx, heard)
	span.SetAttributes(attribute.Int("messaging.batch.message_count", len(msgs)))
	for len(msgs) > 0 {
		n := together(msgs)
		if err := s.o.Publisher.PublishBatch(ctx, msgs[:n]); err != nil {
			span.SetStatus(codes.Error, "not stored")
			return fmt.Errorf("store %d events: %w", len(msgs), err)
		}
		msgs = msgs[n:]
	}
	for _, e := range made {
		s.metrics.event(ctx, e.typ, e.class, published)
	}
	return nil
}

// label is how an event is counted.
type label struct{ typ, class string }

// pack makes messages. What a mail says twice is taken once: the stream would refuse the whole batch for the second.
func (s *Service) pack(ctx context.Context, heard []heard) (msgs []*nats.Msg, made []label) {
	carried := nats.Header{}
	bus.Inject(ctx, carried)
	seen := map[string]bool{}
	for i := range heard {
		h := &heard[i]
		e, err := h.notice.Event(source, h.origin)
		var raw []byte
		if err == nil {
			raw, err = event.Encode(&e)
		}
		if err != nil {
			s.metrics.event(ctx, h.notice.Type, h.notice.Kind, invalid)
			s.told.warn(ctx, invalid, err)
			continue
		}
		uid := e.UID()
		if seen[uid] {
			continue
		}
		seen[uid] = true
		msg := bus.NewMsg(bus.EventSubject(e.Key()), uid, raw)
		maps.Copy(msg.Header, carried)
		msgs = append(msgs, msg)
		made = append(made, label{e.Type, h.notice.Kind})
	}
	return msgs, made
}

// together is how many messages are published at once.
func together(msgs []*nats.Msg) int {
	n, size := 0, 0
	for n < len(msgs) && n < parcelMessages && (n == 0 || size+msgs[n].Size() <= parcelBytes) {
		size += msgs[n].Size()
		n++
	}
	return n
}

// links lead to the traces of the messages that are answered. The store knows those and no spans of theirs; a link
// without a span is kept when it has an attribute.
func links(heard []heard) []trace.Link {
	var found []trace.Link
	for i := range heard {
		id, err := trace.TraceIDFromHex(heard[i].origin.Trace)
		if err != nil || len(found) == maxLinks {
			continue
		}
		found = append(found, trace.Link{
			SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, Remote: true}),
			Attributes:  []attribute.KeyValue{attribute.String("rapport.message", heard[i].notice.Ref.ID)},
		})
	}
	return found
}
