package listener

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/callback"
	"rapport/pkg/feedback"
	"rapport/pkg/message"
)

// Publisher stores messages, those of one profile in order, at most 500 at a time. It returns nil only when all of them
// are on disk; after an error some may be. Many call it at once. bus.Broker implements it over JetStream. A Publisher
// that also has `Ready(context.Context) error` is asked by GET /readyz.
type Publisher interface {
	PublishBatch(ctx context.Context, msgs []*nats.Msg) error
}

// Nonces remember what providers use once. Bucket implements it over JetStream.
type Nonces interface {
	// Claim keeps a nonce with a digest of what it came with. It reports false when the nonce is known with another
	// digest. It is durable when it returns.
	Claim(ctx context.Context, nonce, digest string) (bool, error)
}

// Replies are the short messages that answer what people write. An empty one is not sent.
type Replies struct {
	Stop  string // confirms an opt-out
	Ask   string // asks somebody whether they want no more; until they say so they get nothing
	Start string // confirms that they get again what they had agreed to
	Help  string // says who is writing, how often, what it costs, and how to end it
}

// Options says what the service works with. Providers, Publisher and Find are required, Nonces with Mailgun, FindByNumber
// for what people write by SMS.
type Options struct {
	// Addr is the address to listen on, such as ":8090"; port 0 chooses one.
	Addr string
	// Providers are those who may call, by their names in package callback. For "ses" Certificates may be left out.
	Providers map[string]callback.Config
	// PublicURL is where providers see this service, such as https://hooks.shop.example, with the path that a proxy takes
	// away. Twilio and Mandrill sign it. Empty: the host that they ask for, by https only when this service speaks it.
	PublicURL string
	// Publisher takes the events.
	Publisher Publisher
	// Find is whom a message went to. An Origin without a Profile: there is no such message.
	Find func(context.Context, message.Ref) (feedback.Origin, error)
	// FindByProviderID is Find by the id that a provider gave at the hand-over, for those that carry nothing of ours. Nil:
	// such answers are counted and dropped.
	FindByProviderID func(ctx context.Context, provider, id string) (feedback.Origin, error)
	// FindByNumber is whose a number in E.164 is; several may share it. Origins have a Profile and Restore. Nil: nobody's.
	FindByNumber func(ctx context.Context, channel message.Channel, e164 string) ([]feedback.Origin, error)
	// Nonces remember Mailgun's tokens for at least twice its Tolerance.
	Nonces Nonces
	// Amazon is how certificates and confirmations are fetched from Amazon SNS. Nil: straight, and only from addresses
	// that are public. Who has to go through a proxy gives a transport that does.
	Amazon http.RoundTripper
	// Replies answers by the language (ISO 639) of the word that was written. Nil: nothing is answered, since Twilio's
	// opt-out management does. Where it has (Advanced Opt-Out), nothing is answered either.
	Replies func(language string) Replies
	// Strangers, a secret, makes events of what unknown numbers write: of an anonymous subject that is derived from the
	// number with it. Empty: they are counted and dropped.
	Strangers string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Logger is told of refusals and failures, without addresses, numbers or bodies; nil is silence.
	Logger *slog.Logger
	// TracerProvider and MeterProvider; nil traces or measures nothing.
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
	// InFlight is how many callbacks are worked on at a time, 64 when 0, and Reading how many bytes their bodies have
	// together, 128 MiB when 0. Beyond that they are told to come again.
	InFlight int
	Reading  int64
	// AnswerWithin bounds the work on one callback once it is read, 8 s when 0. It has to be less than providers wait.
	AnswerWithin time.Duration
	// ReadWithin bounds the reading of one request, 30 s when 0.
	ReadWithin time.Duration
	// DrainWithin bounds how long Run waits for open requests at the end, 10 s when 0.
	DrainWithin time.Duration
}

func (o Options) withDefaults() Options {
	or(&o.InFlight, 64)
	or(&o.Reading, 128<<20)
	or(&o.AnswerWithin, 8*time.Second)
	or(&o.ReadWithin, 30*time.Second)
	or(&o.DrainWithin, 10*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	return o
}

func or[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

func (o *Options) check() error {
	switch _, mailgun := o.Providers[mailgunName]; {
	case o.Publisher == nil:
		return errors.New("listener: no publisher given; set Options.Publisher, such as bus.NewBroker(js)")
	case o.Find == nil:
		return errors.New("listener: nobody finds messages; set Options.Find")
	case len(o.Providers) == 0:
		return errors.New("listener: no provider given; set Options.Providers to those that call back, with their secrets")
	case mailgun && o.Nonces == nil:
		return errors.New("listener: Mailgun's signature does not cover what it tells, so its tokens have to be remembered; set Options.Nonces")
	}
	if o.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(o.PublicURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("listener: Options.PublicURL must be like https://hooks.shop.example, without a query")
	}
	return nil
}
