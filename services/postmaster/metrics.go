package postmaster

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// outcome is what became of a connection, a recipient, a mail or an event: the attribute of the counters.
type outcome string

// Of connections.
const (
	crowded outcome = "crowded" // there were too many, in all or from one host
	opened  outcome = "opened"
)

// Of recipients.
const (
	known    outcome = "known"     // a message's own address
	plain    outcome = "plain"     // postmaster, abuse or fbl
	relay    outcome = "relay"     // of a domain that is not ours
	nobody   outcome = "nobody"    // no such address
	forged   outcome = "forged"    // in the form of a message's own, and made by none of the keys
	tooOften outcome = "too_often" // too many mails for one message
	holding  outcome = "holding"   // the service was ending
)

// Of mails. Those before tooLarge are accepted.
const (
	taken      outcome = "taken"
	unmatched  outcome = "unmatched"  // nothing came of it
	unreadable outcome = "unreadable" // it is no mail
	tooLarge   outcome = "too_large"
	looping    outcome = "looping"
	brokenOff  outcome = "broken_off" // the sender went away, or was too slow
	busy       outcome = "busy"
	storeGone  outcome = "store_gone"  // nobody could be found
	brokerGone outcome = "broker_gone" // nothing could be stored
	brokerFull outcome = "broker_full"
	boxGone    outcome = "box_gone"    // it could not be passed on
	boxRefuses outcome = "box_refuses" // it may not be passed on
)

// Of events.
const (
	published outcome = "published"
	needless  outcome = "needless" // it says nothing that we act upon
	foreign   outcome = "foreign"  // about a message that is not ours
	unnamed   outcome = "unnamed"  // about a message that cannot be told
	unproven  outcome = "unproven" // it takes away an address, and nothing shows that it has to do with our message
	invalid   outcome = "invalid"  // no valid event can be made of it
)

// metrics answer: who comes, what is refused and why, how much belongs to nobody, how fast the answers are.
type metrics struct {
	connections, recipients, mails, events, forwarded metric.Int64Counter
	work                                              metric.Float64Histogram
}

func newMetrics(m metric.Meter) (*metrics, error) {
	var ms metrics
	for _, one := range []struct {
		to               *metric.Int64Counter
		name, unit, text string
	}{
		{&ms.connections, "postmaster.connections", "{connection}", "Connections by what became of them."},
		{&ms.recipients, "postmaster.recipients", "{recipient}", "Recipients that were asked for, by what was said."},
		{&ms.mails, "postmaster.mails", "{mail}", "Mails by their kind and by what became of them."},
		{&ms.events, "postmaster.events", "{event}", "What mails said, by type, class and what became of it."},
		{&ms.forwarded, "postmaster.forwarded", "{mail}", "Mails of people by what became of passing them on."},
	} {
		var err error
		if *one.to, err = m.Int64Counter(one.name, metric.WithUnit(one.unit), metric.WithDescription(one.text)); err != nil {
			return nil, fmt.Errorf("make counter %s: %w", one.name, err)
		}
	}
	var err error
	if ms.work, err = m.Float64Histogram("postmaster.duration", metric.WithUnit("s"),
		metric.WithDescription("Time from a mail's last byte to its answer.")); err != nil {
		return nil, fmt.Errorf("make histogram postmaster.duration: %w", err)
	}
	return &ms, nil
}

func count(ctx context.Context, c metric.Int64Counter, what outcome) {
	c.Add(ctx, 1, metric.WithAttributes(attribute.String("outcome", string(what))))
}

func (m *metrics) mail(ctx context.Context, kind string, what outcome, took time.Duration) {
	about := metric.WithAttributes(attribute.String("kind", kind), attribute.String("outcome", string(what)))
	m.mails.Add(ctx, 1, about)
	if took > 0 {
		m.work.Record(ctx, took.Seconds(), about)
	}
}

func (m *metrics) event(ctx context.Context, typ, class string, what outcome) {
	m.events.Add(ctx, 1, metric.WithAttributes(
		attribute.String("type", typ), attribute.String("class", class), attribute.String("outcome", string(what))))
}
