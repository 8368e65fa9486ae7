package natsdoor

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// outcome is what became of a message: the attribute of the counter.
type outcome string

const (
	stored    outcome = "stored"    // an event in EVENTS
	known     outcome = "known"     // another one of the same batch with its id
	product   outcome = "product"   // handed to the catalogue
	buried    outcome = "buried"    // a dead letter
	corrected outcome = "corrected" // beside stored: its time lay in the future
	violated  outcome = "violated"  // beside stored: it is not as the tracking plan declares it
)

// metrics answer: how much comes in and what becomes of it, and whether the door waits.
type metrics struct {
	messages metric.Int64Counter
	waits    metric.Int64Counter
}

func newMetrics(m metric.Meter) (*metrics, error) {
	var ms metrics
	var err error
	if ms.messages, err = m.Int64Counter("natsdoor.messages", metric.WithUnit("{message}"),
		metric.WithDescription("Messages of IN by what became of them; corrected and violated count beside stored.")); err != nil {
		return nil, fmt.Errorf("make counter natsdoor.messages: %w", err)
	}
	if ms.waits, err = m.Int64Counter("natsdoor.waits", metric.WithUnit("{attempt}"),
		metric.WithDescription("Attempts to store that failed, after which the door waited and tried again.")); err != nil {
		return nil, fmt.Errorf("make counter natsdoor.waits: %w", err)
	}
	return &ms, nil
}

func (m *metrics) count(ctx context.Context, o outcome, n int) {
	if n > 0 {
		m.messages.Add(ctx, int64(n), metric.WithAttributes(attribute.String("outcome", string(o))))
	}
}

func (m *metrics) waited(ctx context.Context) { m.waits.Add(ctx, 1) }
