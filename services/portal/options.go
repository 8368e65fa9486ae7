package portal

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/link"
	"rapport/pkg/message"
)

// Publisher stores messages; it returns nil only when all of them are on disk, and after an error some may
// be. It is called from many goroutines. bus.Broker implements it over JetStream.
type Publisher interface {
	PublishBatch(ctx context.Context, msgs []*nats.Msg) error
}

// Opener opens tokens, such as *link.Keys does. Errors are link.ErrExpired, with the ticket, or any other.
type Opener interface {
	Open(token string, now time.Time) (link.Ticket, error)
}

// Options say what the service works with. Publisher, Tickets and Shop are required.
type Options struct {
	// Addr is the address to listen on, such as ":8090"; port 0 chooses one.
	Addr      string
	Publisher Publisher
	Tickets   Opener
	// Shop is asked for each page, so that it may change.
	Shop func() Shop
	// Person tells what is known of a profile, for pages. It may return ErrUnknown. Nil is nothing
	// known: the preference centre is then not there, and pages speak the browser's language.
	Person func(ctx context.Context, profile string) (Person, error)
	// TrustedProxies are those whose X-Forwarded-For is believed. A proxy that is not named makes all
	// visitors one. It has to pass the Host on: forms of browsers before 2023 are held against it.
	TrustedProxies []netip.Prefix
	// DataCentres are addresses that hardly any person comes from, see package visitor.
	DataCentres []netip.Prefix
	// Now is the clock, time.Now when nil.
	Now func() time.Time
	// Logger is told of failures, without addresses or tokens; nil is silence.
	Logger *slog.Logger
	// TracerProvider and MeterProvider; nil traces or measures nothing.
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
	// Held is how many clicks may be held back, 50,000; the next are judged at once. Waiting is how many events
	// may wait for the broker, 50,000; the next are dropped.
	Held, Waiting int
	// FormsPerMinute is how many forms one address (of IPv6: one /64) may send on average, 120; a
	// minute's worth may come at once. Negative: any number.
	FormsPerMinute int
	// AnswerWithin bounds the wait for the broker when a form is answered, 5 s.
	AnswerWithin time.Duration
	// DrainWithin bounds the end of Run, 10 s.
	DrainWithin time.Duration
}

// Shop is whose messages these are.
type Shop struct {
	Name string // as customers know it
	URL  string // its home, https
	// Locale is the language for people of whom none is known, such as "de".
	Locale string
	// Channels are those that people can choose, in the order of the page.
	Channels []message.Channel
	// Purposes are what they can choose to hear of, in the order of the page.
	Purposes []Purpose
}

// Purpose is something that a person agrees to.
type Purpose struct {
	Name string // as in policy.yaml
	// Texts say what it is, by language ("de"). Without the person's language the shop's is taken, then English,
	// then the name.
	Texts map[string]Text
	// Channels are those on which it is there; none means all of the shop's.
	Channels []message.Channel
}

// Text is what a person reads about a purpose.
type Text struct{ Title, Description string }

// Person is what the pages show of somebody.
type Person struct {
	Locale string
	Zone   *time.Location // in which a pause ends; nil is UTC
	// Addresses by channel; the page shows only enough to recognise them by.
	Addresses   map[message.Channel]string
	Consents    []Consent // what was never said is not granted
	PausedUntil time.Time // zero: not paused
	WriteLess   bool
}

// Consent is where a person stands on one purpose on one channel.
type Consent struct {
	Channel message.Channel
	Purpose string
	Granted bool
	// Pending says that it was granted and waits for its confirmation.
	Pending bool
}

// ErrUnknown is the answer of Options.Person about somebody who is not there (any more).
var ErrUnknown = errors.New("there is no such person")

func (o Options) withDefaults() Options {
	or(&o.Held, 50_000)
	or(&o.Waiting, 50_000)
	or(&o.FormsPerMinute, 120)
	or(&o.AnswerWithin, 5*time.Second)
	or(&o.DrainWithin, 10*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func or[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

func (o Options) check() error {
	switch {
	case o.Publisher == nil:
		return errors.New("portal: no publisher given; set Options.Publisher, such as bus.NewBroker(js)")
	case o.Tickets == nil:
		return errors.New("portal: nobody opens tokens; set Options.Tickets to the keys that links are sealed with (link.NewKeys)")
	case o.Shop == nil:
		return errors.New("portal: no shop given; set Options.Shop")
	}
	return nil
}
