package ingest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/event"
	"rapport/pkg/shophook"
)

// Publisher stores messages, those of one profile in order. It returns nil only when all of
// them are on disk; after an error some may be. It is called from one goroutine at a time,
// with at most Limits.Atomic messages. Broker implements it over JetStream. A Publisher that
// also has `Ready(context.Context) error` is asked by GET /readyz.
type Publisher interface {
	PublishBatch(ctx context.Context, msgs []*nats.Msg) error
}

// Plan says what events of a type look like (package trackingplan).
type Plan interface {
	// Check tells what is wrong with an event, nil if it is as declared. Fields are named as
	// "data.products[2].price".
	Check(e *event.Event) *event.FieldError
	// Keeps reports whether events of a type are kept although Check finds something wrong.
	Keeps(typ string) bool
	// TypeOf is the type that a name in Segment's manner ("Order Completed") stands for.
	TypeOf(name string) string
}

// Catalogue takes products. The data of an event is one product as JSON; its type is
// event.ProductUpdated, or event.ProductRemoved for one that is no longer sold.
type Catalogue interface {
	// Check says what is wrong with a product, in a field of "data", and what to do about it;
	// nil: nothing.
	Check(e *event.Event) *event.FieldError
	// Put stores them in their order. It returns nil only when all are stored; after an error
	// some may be, and repeating it is safe.
	Put(ctx context.Context, products []event.Event) error
}

// Webhook verifies and maps the deliveries of one shop system; *shophook.Source is one.
type Webhook interface {
	Receive(header map[string][]string, body []byte, arrival time.Time) (shophook.Delivery, error)
}

// DeadLetters keeps what was rightly sent, cannot be understood, and would not come again.
type DeadLetters interface {
	// Bury returns nil when the letter is stored. The same letter, by Source and ID, may come
	// again.
	Bury(ctx context.Context, l DeadLetter) error
}

// DeadLetter is something that came through a door and has no place in a stream.
type DeadLetter struct {
	Door    string // "webhooks"
	Source  string // of the webhook
	ID      string // what the sender calls the delivery, or a hash of its body
	Topic   string // what it is about, in the sender's words
	Type    string // media type of the body
	Header  http.Header
	Body    []byte // as it came
	Reason  error
	Arrival time.Time
}

// Options says what the service works with. Publisher and Keys are required.
type Options struct {
	// Addr is the address to listen on, such as ":8080"; port 0 chooses one.
	Addr string
	// Publisher takes the events.
	Publisher Publisher
	// Keys says who may publish, and under which name.
	Keys Keys
	// Plan judges events beside what all doors ask of them; nil: nobody does.
	Plan Plan
	// Catalogue takes what is said of products; nil: it is answered with 501.
	Catalogue Catalogue
	// Webhooks finds the source of a shop system by its name, nil where there is none; nil:
	// there are no sources.
	Webhooks func(source string) Webhook
	// DeadLetters keeps what a shop will not send again; nil: it is answered with 503, so that
	// most shops do.
	DeadLetters DeadLetters
	// Now is the clock for calls without a time; nil is time.Now.
	Now func() time.Time
	// Logger is told of failures, without addresses or bodies; nil is silence.
	Logger *slog.Logger
	// TracerProvider and MeterProvider; nil traces or measures nothing.
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
	// Limits are the bounds of what is taken; zero fields have defaults.
	Limits Limits
	// Linger is how long requests wait for others to be published with when more than a few
	// have come together, 2 ms when 0; negative is not at all.
	Linger time.Duration
	// AnswerWithin bounds the wait for the broker, 10 s when 0. Then the answer is 503.
	AnswerWithin time.Duration
	// ReadWithin bounds the reading of one request, 30 s when 0, so that slow
	// senders cannot hold connections.
	ReadWithin time.Duration
	// DrainWithin bounds how long Run waits for open requests at the end, 10 s when 0.
	DrainWithin time.Duration
}

// Limits bound what the door takes. Zero fields have the defaults named; those of calls and
// batches are Segment's (https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#max-request-size).
type Limits struct {
	Event  int64 // bytes of one call, 32 KiB; at most MaxEvent
	Batch  int64 // bytes of one batch, unfolded, 500 KiB
	Items  int   // calls in one batch, 2,500
	Atomic int   // messages published together, 500
	// AtomicBytes is the size of what is published together, 4 MiB.
	AtomicBytes int
	// Waiting is how many messages may wait for the broker, 20,000, and
	// WaitingBytes their size, 64 MiB.
	Waiting, WaitingBytes int
	// Reading is the size of all bodies being read at a time, 128 MiB.
	Reading int64
	// PerSource is how many events per second one source may send on average, unless its key
	// says otherwise; 0: any number. After a rest two seconds' worth may come at once.
	PerSource int
}

// MaxEvent is how many bytes one call can have at most, whatever Limits.Event says: twice as
// many fit a message of the broker.
const MaxEvent = 512 << 10

// maxMessage is the largest message published. The broker takes 1 MiB with headers.
const maxMessage = 1<<20 - 16<<10

func (l Limits) withDefaults() Limits {
	or(&l.Event, 32<<10)
	l.Event = min(l.Event, MaxEvent)
	or(&l.Batch, 500<<10)
	or(&l.Items, 2500)
	or(&l.Atomic, 500)
	or(&l.AtomicBytes, 4<<20)
	or(&l.Waiting, 20_000)
	or(&l.WaitingBytes, 64<<20)
	or(&l.Reading, 128<<20)
	return l
}

func (o Options) withDefaults() Options {
	o.Limits = o.Limits.withDefaults()
	or(&o.Linger, 2*time.Millisecond)
	or(&o.AnswerWithin, 10*time.Second)
	or(&o.ReadWithin, 30*time.Second)
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
		return errors.New("ingest: no publisher given; set Options.Publisher, such as ingest.NewBroker(js)")
	case o.Keys == nil:
		return errors.New("ingest: no write keys given; set Options.Keys, such as ingest.ParseKeys(\"shop:secret\")")
	}
	return nil
}
