package delivery

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"rapport/pkg/bus"
	"rapport/pkg/message"
)

// Choice is what happens to a message that may have been handed over already.
type Choice int

// Keep records the message as uncertain and sends nothing; Resend sends it again, once.
const (
	Keep Choice = iota
	Resend
)

// Options are what a pipeline is made of. Channel, Road, Claims, Publisher, Worker and
// Source are needed; the rest has defaults.
type Options struct {
	Channel   message.Channel
	Road      Channel
	Claims    Claims
	Publisher Publisher
	// Worker is unique to this life of the process. A second life with the same name
	// would take the first one's claims for its own.
	Worker string
	// Source names the service in receipts' events, such as "rapport/mailer".
	Source string

	// Receipts is the subject where receipts of a profile's messages are published, see
	// bus.Placing.Receipt. Nil: where its events are.
	Receipts func(profile string) string
	// OnUncertain chooses for messages that may have been handed over. Nil: Transactional
	// e-mail is sent again, everything else is kept.
	OnUncertain func(message.Channel, message.Category) Choice
	// Recheck is the last look at a message, right before each attempt to hand it over. A
	// reason ends the message as suppressed; an error makes it wait, up to Outage. Nil, or
	// EventTime: messages go as decided.
	Recheck Recheck
	// Throttles makes messages wait for the pace that the policy allows, unclaimed and
	// without holding a lane. Nil, or EventTime: none.
	Throttles *Throttles
	// Lateness is how long after its decision a message may still go; throttles keep
	// it back then. Nil: 24 hours for each.
	Lateness func(*message.Command) time.Duration
	// InFlight is how many messages the provider has in its hands at a time (8).
	InFlight int
	// Patience is how long a message is tried that the provider puts off (5 minutes). It
	// holds one of the bus's lanes for that time.
	Patience time.Duration
	// PutOff is how many messages may wait at a time that were put off for hours, because of a
	// full mailbox or a greylist (500). They hold no lane, but memory and a place among those
	// that the subscriber may have in flight.
	PutOff int
	// Block is how long messages to a group of recipients keep away from a provider whose
	// messages its mailbox provider refuses (15 minutes).
	Block time.Duration
	// Outage is how long messages wait for a provider that cannot be reached, and for
	// store and broker (24 hours).
	Outage time.Duration
	// Grace is how long the result of another worker is waited for, whose claim was found open: it may live (3 s).
	Grace time.Duration
	// First and Longest bound the pauses between attempts, which double (250 ms, 30 s).
	First, Longest time.Duration
	Breaker        Breaker

	// EventTime makes receipts carry the command's DecidedAt instead of Now, so that two
	// replays of one file agree.
	EventTime bool
	Now       func() time.Time // nil: time.Now

	Logger *slog.Logger         // nil: silence
	Tracer trace.TracerProvider // nil: no spans
	Meter  metric.MeterProvider // nil: no metrics
}

// Breaker says when a provider is left alone: after Failures attempts in a row found it
// unavailable, for Pause, after which one message tries again. Zero: 5 and 5 seconds.
type Breaker struct {
	Failures uint
	Pause    time.Duration
}

// SendTransactionalMailAgain is the default of Options.OnUncertain: a customer who gets a
// second order confirmation is better off than one who gets none; with an advertisement
// or a text message it is the other way round.
func SendTransactionalMailAgain(ch message.Channel, cat message.Category) Choice {
	if ch == message.Email && cat == message.Transactional {
		return Resend
	}
	return Keep
}

// New makes a pipeline. Errors name the option.
func New(o Options) (*Pipeline, error) {
	for _, needed := range []struct {
		name    string
		missing bool
	}{
		{"Channel", o.Channel == ""},
		{"Road", o.Road == nil},
		{"Claims", o.Claims == nil},
		{"Publisher", o.Publisher == nil},
		{"Worker", o.Worker == "" || o.Worker == Nobody},
		{"Source", o.Source == ""},
	} {
		if needed.missing {
			return nil, fmt.Errorf("delivery: option %s is missing", needed.name)
		}
	}
	if o.InFlight < 0 || o.PutOff < 0 || o.Block < 0 || o.Patience < 0 || o.Outage < 0 || o.Grace < 0 || o.First < 0 || o.Longest < 0 {
		return nil, errors.New("delivery: InFlight, PutOff and durations must not be negative")
	}
	o.setDefaults()
	m, err := newMeter(&o)
	if err != nil {
		return nil, err
	}
	m.breaker(o.Road.Provider(), "", false) // So that there is something to compare an open one with.
	p := &Pipeline{
		o: o, log: o.Logger, meter: m,
		slots:    slots{free: o.InFlight},
		stopping: make(chan struct{}),
		hands:    hands{busy: map[string]chan struct{}{}, open: map[string]*claim{}},
	}
	p.breakers = breakers{of: map[string]breaker{}, make: p.newBreaker}
	p.rooms.of = map[string]*slots{}
	p.paths = paths{of: map[pathKey]*path{}, pause: o.Block}
	return p, nil
}

func (o *Options) setDefaults() {
	fill(&o.InFlight, 8)
	fill(&o.Patience, 5*time.Minute)
	fill(&o.PutOff, 500)
	fill(&o.Block, 15*time.Minute)
	fill(&o.Outage, 24*time.Hour)
	fill(&o.Grace, contested)
	fill(&o.First, 250*time.Millisecond)
	fill(&o.Longest, 30*time.Second)
	fill(&o.Breaker.Failures, 5)
	fill(&o.Breaker.Pause, 5*time.Second)
	if o.Receipts == nil {
		o.Receipts = bus.EventSubject
	}
	if o.OnUncertain == nil {
		o.OnUncertain = SendTransactionalMailAgain
	}
	if o.Lateness == nil {
		o.Lateness = func(*message.Command) time.Duration { return maxLateness }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Tracer == nil {
		o.Tracer = tracenoop.NewTracerProvider()
	}
	if o.Meter == nil {
		o.Meter = metricnoop.NewMeterProvider()
	}
}

// maxLateness is that of journeys which say nothing else.
const maxLateness = 24 * time.Hour

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// backoff gives pauses that double from First to Longest, each shortened by up to half at
// random, so that messages that failed together do not come back together.
type backoff struct{ next, longest time.Duration }

func (p *Pipeline) backoff() backoff { return backoff{p.o.First, p.o.Longest} }

func (b *backoff) pause() time.Duration {
	d := b.next
	b.next = min(2*b.next, b.longest)
	return d - rand.N(d/2+1)
}
