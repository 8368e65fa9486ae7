package listener

import (
	"context"
	"errors"
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

// parcel is the events of a callback as messages.
type parcel struct {
	msgs  []*nats.Msg
	types map[string]int
}

// publish stores the events of a callback, in their order. It returns nil when all are stored.
func (s *Service) publish(ctx context.Context, d *desk, all []heard) error {
	ctx, span := s.tracer.Start(ctx, "publish feedback", trace.WithSpanKind(trace.SpanKindProducer), trace.WithLinks(links(all)...),
		trace.WithAttributes(
			attribute.String("messaging.system", "nats"),
			attribute.String("messaging.operation.type", "send"),
			attribute.String("messaging.destination.name", bus.StreamEvents),
			attribute.String("rapport.provider", d.name)))
	defer span.End()
	p := s.pack(ctx, d, all)
	span.SetAttributes(attribute.Int("messaging.batch.message_count", len(p.msgs)))
	for msgs := p.msgs; len(msgs) > 0; {
		n := together(msgs)
		if err := s.o.Publisher.PublishBatch(ctx, msgs[:n]); err != nil {
			span.SetStatus(codes.Error, "not stored")
			return fmt.Errorf("store %d events: %w", len(msgs), err)
		}
		msgs = msgs[n:]
	}
	for typ, n := range p.types {
		s.metrics.event(ctx, d.name, typ, published, n)
	}
	return nil
}

// pack makes messages of what was heard. An event that comes twice in a request is taken once: the stream would refuse the
// whole batch for the second.
func (s *Service) pack(ctx context.Context, d *desk, all []heard) parcel {
	p := parcel{types: map[string]int{}}
	carried := nats.Header{}
	bus.Inject(ctx, carried)
	seen := map[string]bool{}
	for i := range all {
		h := &all[i]
		if len(h.origins) == 0 {
			s.metrics.event(ctx, d.name, h.notice.Type, h.why, 1)
			s.told.warn(ctx, d.name, h.why, errNobody)
			continue
		}
		for _, o := range h.origins {
			e, err := h.notice.Event(source, o)
			var raw []byte
			if err == nil {
				raw, err = event.Encode(&e)
			}
			if err != nil {
				s.metrics.event(ctx, d.name, h.notice.Type, invalid, 1)
				s.told.warn(ctx, d.name, invalid, err)
				continue
			}
			if uid := e.UID(); !seen[uid] {
				seen[uid] = true
				msg := bus.NewMsg(bus.EventSubject(e.Key()), uid, raw)
				maps.Copy(msg.Header, carried)
				p.msgs = append(p.msgs, msg)
				p.types[e.Type]++
			}
		}
	}
	return p
}

// errNobody says that what was told is about no message or person of ours.
var errNobody = errors.New("nobody is known whom it is about: dropped")

// together is how many messages are published at once.
func together(msgs []*nats.Msg) int {
	n, size := 0, 0
	for n < len(msgs) && n < parcelMessages && (n == 0 || size+msgs[n].Size() <= parcelBytes) {
		size += msgs[n].Size()
		n++
	}
	return n
}

// links lead to the traces of the messages that are answered.
func links(all []heard) []trace.Link {
	var found []trace.Link
	for i := range all {
		for _, o := range all[i].origins {
			id, err := trace.TraceIDFromHex(o.Trace)
			if err != nil || len(found) == maxLinks {
				continue
			}
			// The store knows the trace and not the span. With an attribute, such a link is kept.
			found = append(found, trace.Link{
				SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, Remote: true}),
				Attributes:  []attribute.KeyValue{attribute.String("rapport.message", all[i].notice.Ref.ID)},
			})
		}
	}
	return found
}
