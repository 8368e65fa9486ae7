package postmaster

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/feedback"
	"rapport/pkg/message"
	"rapport/pkg/verp"
)

// Publisher stores messages, those of one profile in order, at most 500 at a time. It returns nil only when all of them
// are on disk; after an error some may be. Many call it at once. bus.Broker implements it over JetStream.
type Publisher interface {
	PublishBatch(ctx context.Context, msgs []*nats.Msg) error
}

// Forward passes on what a person wrote, as it came in, to a mailbox that people read. It returns nil when somebody else
// has taken it over. With ErrRefused the sender is told that the mail is refused; after any other error the sender comes
// again. Many call it at once. Forwarder is one by SMTP.
type Forward func(ctx context.Context, mail []byte) error

// Options says what the service works with. Domains, Keys, Publisher and Find are required.
type Options struct {
	// Network is "tcp", which "" means, or "unix". Addr is the address or the path to listen on; port 0 chooses one. A
	// socket that a killed process left behind is taken away, and its new one may be used by the owner and the group.
	Network, Addr string
	// LMTP speaks RFC 2033 instead of SMTP: for a mail server in front, which then hears of each recipient by itself.
	LMTP bool
	// Hostname is what the service calls itself; the first domain when empty.
	Hostname string
	// Domains are those of return paths and reply addresses. Mail for others is refused.
	Domains []string
	// Keys read the addresses.
	Keys *verp.Keys
	// Publisher takes the events.
	Publisher Publisher
	// Find is whom a message went to. An Origin without a Profile: there is no such message.
	Find func(context.Context, message.Ref) (feedback.Origin, error)
	// Address is the mail address that a person has now, by the id of their profile; "" when there is none. Nil: no event
	// names an address that a report names, and each counts for the one that its person has.
	Address func(ctx context.Context, profile string) (string, error)
	// Forward takes what people write. Nil: nobody reads it but the engine.
	Forward Forward
	// Unmatched is handed each mail that is accepted and of which nothing came: no message of ours, nothing understood. It
	// is personal data. Nil: such mail is counted and dropped. An error is logged.
	Unmatched func(ctx context.Context, mail []byte) error
	// TLSConfig, with a certificate, lets senders encrypt (STARTTLS). Nil: they cannot.
	TLSConfig *tls.Config
	// MaxSize is how many bytes a mail may have, 25 MiB when 0; Receiving how many all together that are in hand, 256 MiB
	// when 0. Beyond that senders are told to come again.
	MaxSize, Receiving int64
	// MaxInFlight is how many mails are read and published at a time, 16 when 0; others wait their turn.
	MaxInFlight int
	// PerMessage is how many mails may come to one message's addresses in an hour, 100 when 0, and without bound when
	// negative. Who has got one mail could otherwise fill the stream with answers to it.
	PerMessage int
	// Connections is how many there may be at a time, 500 when 0, and PerHost how many from one address (of IPv6, from one
	// network of 64 bits), 20 when 0. A socket of this machine has no address.
	Connections, PerHost int
	// CommandWithin bounds each command and the sending of one mail, 5 min when 0 (RFC 5321, section 4.5.3.2);
	// SessionWithin a whole connection, 20 min when 0.
	CommandWithin, SessionWithin time.Duration
	// AnswerWithin bounds the work on one mail once it is read, 45 s when 0. Senders wait for 10 min.
	AnswerWithin time.Duration
	// DrainWithin bounds how long Run waits at its end for mails that are being received, 10 s when 0.
	DrainWithin time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Logger is told of refusals and failures, without addresses or texts; nil is silence.
	Logger *slog.Logger
	// TracerProvider and MeterProvider; nil traces or measures nothing.
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
}

func (o Options) withDefaults() Options {
	or(&o.Network, "tcp")
	or(&o.MaxSize, 25<<20)
	or(&o.Receiving, max(256<<20, 2*o.MaxSize))
	or(&o.MaxInFlight, 16)
	or(&o.PerMessage, 100)
	or(&o.Connections, 500)
	or(&o.PerHost, 20)
	or(&o.CommandWithin, 5*time.Minute)
	or(&o.SessionWithin, 20*time.Minute)
	or(&o.AnswerWithin, 45*time.Second)
	or(&o.DrainWithin, 10*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	domains := make([]string, 0, len(o.Domains))
	for _, d := range o.Domains {
		if d = strings.ToLower(strings.TrimSuffix(d, ".")); !slices.Contains(domains, d) {
			domains = append(domains, d)
		}
	}
	o.Domains = domains
	or(&o.Hostname, o.Domains[0])
	return o
}

func or[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

func (o *Options) check() error {
	switch {
	case o.Publisher == nil:
		return errors.New("postmaster: no publisher given; set Options.Publisher, such as bus.NewBroker(js)")
	case o.Find == nil:
		return errors.New("postmaster: nobody finds messages; set Options.Find")
	case o.Keys == nil:
		return errors.New("postmaster: no keys of addresses given; set Options.Keys to those that make the return paths")
	case len(o.Domains) == 0:
		return errors.New("postmaster: no domain given; set Options.Domains to those of return paths and reply addresses")
	case o.Network != "" && o.Network != "tcp" && o.Network != "unix":
		return fmt.Errorf("postmaster: Options.Network is %q; use tcp or unix", o.Network)
	case o.Addr == "":
		return errors.New("postmaster: nowhere to listen; set Options.Addr, such as 0.0.0.0:25 or the path of a socket")
	}
	for _, d := range o.Domains {
		if d == "" || strings.ContainsAny(d, "@<> \t\r\n") {
			return fmt.Errorf("postmaster: Options.Domains has %q, which is no domain", d)
		}
	}
	return nil
}
