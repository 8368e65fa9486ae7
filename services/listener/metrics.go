package listener

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// outcome is what became of a callback, or of one event of it: the attribute of the counters.
type outcome string

// Of callbacks. Those before repeated are answered with success.
const (
	taken        outcome = "taken"
	confirmed    outcome = "confirmed"   // a subscription of Amazon SNS
	unsupported  outcome = "unsupported" // not about messages, or of a kind that nobody needs
	forged       outcome = "forged"
	replayed     outcome = "replayed"
	unreadable   outcome = "unreadable"
	unverifiable outcome = "unverifiable" // for now: a certificate is missing
	tooLarge     outcome = "too_large"
	slow         outcome = "slow"
	busy         outcome = "busy"
	storeGone    outcome = "store_gone"  // nobody could be found
	brokerGone   outcome = "broker_gone" // nothing could be stored
	brokerFull   outcome = "broker_full"
)

// Of events.
const (
	published outcome = "published"
	needless  outcome = "needless" // of a kind that is no event of ours
	foreign   outcome = "foreign"  // about a message that is not ours
	unnamed   outcome = "unnamed"  // about a message that cannot be told
	stranger  outcome = "stranger" // of a number that is nobody's
	unread    outcome = "unread"   // an element that could not be read
	invalid   outcome = "invalid"  // no valid event can be made of it
)

// metrics answer: who calls, what is refused and why, how much belongs to nobody, how fast the answers are.
type metrics struct {
	callbacks metric.Int64Counter
	events    metric.Int64Counter
	work      metric.Float64Histogram
}

func newMetrics(m metric.Meter) (*metrics, error) {
	var ms metrics
	var err error
	if ms.callbacks, err = m.Int64Counter("listener.callbacks", metric.WithUnit("{request}"),
		metric.WithDescription("Callbacks by provider and by what became of them.")); err != nil {
		return nil, fmt.Errorf("make counter listener.callbacks: %w", err)
	}
	if ms.events, err = m.Int64Counter("listener.events", metric.WithUnit("{event}"),
		metric.WithDescription("What providers told, by type and by what became of it.")); err != nil {
		return nil, fmt.Errorf("make counter listener.events: %w", err)
	}
	if ms.work, err = m.Float64Histogram("listener.duration", metric.WithUnit("s"),
		metric.WithDescription("Time from a callback's last byte to its answer.")); err != nil {
		return nil, fmt.Errorf("make histogram listener.duration: %w", err)
	}
	return &ms, nil
}

func (m *metrics) callback(ctx context.Context, provider string, what outcome, took time.Duration) {
	about := metric.WithAttributes(attribute.String("provider", provider), attribute.String("outcome", string(what)))
	m.callbacks.Add(ctx, 1, about)
	if took > 0 {
		m.work.Record(ctx, took.Seconds(), about)
	}
}

func (m *metrics) event(ctx context.Context, provider, typ string, what outcome, n int) {
	if n == 0 {
		return
	}
	m.events.Add(ctx, int64(n), metric.WithAttributes(
		attribute.String("provider", provider), attribute.String("type", typ), attribute.String("outcome", string(what))))
}
