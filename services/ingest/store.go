package ingest

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/bus"
	"rapport/pkg/event"
)

// store returns nil when the broker has the events.
func (s *Service) store(ctx context.Context, o *origin, events []accepted) *problem {
	if p := s.admitRate(o.key, len(events)); p != nil {
		return p
	}
	s.metrics.noticed(ctx, o)
	events, products := parted(events)
	if len(products) > 0 {
		if err := s.o.Catalogue.Put(ctx, products); err != nil {
			s.log.WarnContext(ctx, "products not stored; their sender is told to repeat them", "products", len(products), "error", err)
			return storeProblem(err)
		}
		s.metrics.catalogued(ctx, o.key.Source, len(products))
	}
	if len(events) == 0 {
		return nil
	}
	return s.publishEvents(ctx, o.key.Source, events)
}

// parted takes the products out of what is to be published. As a rule there are none.
func parted(all []accepted) (events []accepted, products []event.Event) {
	if !slices.ContainsFunc(all, func(a accepted) bool { return product(&a.event) }) {
		return all, nil
	}
	for i := range all {
		if product(&all[i].event) {
			products = append(products, all[i].event)
		} else {
			events = append(events, all[i])
		}
	}
	return events, products
}

func (s *Service) publishEvents(ctx context.Context, source string, events []accepted) *problem {
	ctx, span := s.tracer.Start(ctx, "publish events", trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(
		attribute.String("messaging.system", "nats"),
		attribute.String("messaging.operation.type", "send"),
		attribute.String("messaging.destination.name", bus.StreamEvents),
		attribute.Int("messaging.batch.message_count", len(events)),
		attribute.String("rapport.source", source)))
	defer span.End()
	if len(events) == 1 {
		span.SetAttributes(attribute.String("rapport.event.type", event.Label(events[0].event.Type)), attribute.String("messaging.message.id", events[0].event.UID()))
	}
	if err := s.queue.store(ctx, messages(ctx, events)); err != nil {
		span.SetStatus(codes.Error, "not stored")
		return storeProblem(err)
	}
	s.metrics.took(ctx, source, events)
	return nil
}

// messages are the events as they are published. Of events with the same id only the
// first is kept, as the stream would: it refuses a whole atomic batch for the second.
func messages(ctx context.Context, events []accepted) []*nats.Msg {
	carried := nats.Header{}
	bus.Inject(ctx, carried)
	msgs := make([]*nats.Msg, 0, len(events))
	seen := make(map[string]struct{}, len(events))
	for i := range events {
		e := &events[i].event
		uid := e.UID()
		if _, twice := seen[uid]; twice {
			continue
		}
		seen[uid] = struct{}{}
		msg := bus.NewMsg(bus.EventSubject(e.Key()), uid, events[i].encoded)
		if own := events[i].trace; own != nil {
			maps.Copy(msg.Header, own)
		} else {
			maps.Copy(msg.Header, carried)
		}
		msgs = append(msgs, msg)
	}
	return msgs
}

func storeProblem(err error) *problem {
	const repeat = " Repeat the request with the same messageIds; what was stored already is not stored twice."
	var p *problem
	switch {
	case bus.IsFull(err):
		// 503 and not 507: the libraries that send here know which one to wait and repeat for.
		p = newProblem(http.StatusServiceUnavailable, brokerFull, "No room",
			"The stream of events has reached its size and takes nothing more until old events are removed or the limit is raised."+repeat)
		p.retryAfter = 30
	case errors.Is(err, errBusy):
		p = newProblem(http.StatusServiceUnavailable, busy, "Busy", "More events are waiting for the broker than may wait."+repeat)
		p.retryAfter = 1
	default:
		p = newProblem(http.StatusServiceUnavailable, brokerGone, "Not stored",
			"The broker did not confirm that the events are stored."+repeat)
		p.retryAfter = 5
	}
	return p
}
