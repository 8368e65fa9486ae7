package caller

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	wm "github.com/ThreeDotsLabs/watermill/message"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
	"rapport/pkg/render"
)

// Topic is where commands come from unless Options.Topic says otherwise.
const Topic = "send.webhook.*"

// SecretPrefix begins the names of the variables of the environment that webhooks may hold.
const SecretPrefix = "RAPPORT_SECRET_"

// Options are what a Caller is made of. Subscriber, Render and of Delivery Claims and
// Publisher are needed; the rest has defaults.
type Options struct {
	// Render makes the call of a command, such as workspace.Snapshot.Webhook. Its errors are
	// final.
	Render     func(context.Context, *message.Command) (render.Call, error)
	Subscriber wm.Subscriber
	Topic      string
	// Secret finds the value of ${NAME}. Nil: the environment's RAPPORT_SECRET_NAME.
	Secret func(name string) (value string, ok bool)
	// Signing are the keys that calls are signed with, one signature for each; none: calls
	// are not signed.
	Signing []string
	// AllowPrivate lets webhooks that say allow_private connect to addresses of no public
	// network. Both have to agree: who writes files is not always who runs the process.
	AllowPrivate bool
	// Catcher is the address of a door that takes every call instead of its receiver, for
	// development and tests; see the package's description. Secrets are not read then, and
	// stay in the call as ${NAME}. Empty: calls go out.
	Catcher string
	// TLS is for connections to all hosts. Nil: the system's roots, TLS 1.2 or later.
	TLS         *tls.Config
	Concurrency int // calls at a time (32)
	// Drain is how long a stop waits for calls in hand (10 s).
	Drain time.Duration
	// Delivery tunes the pipeline. New fills in Channel, Road, Source, InFlight
	// (Concurrency) and, where they are empty, a random Worker, an hour of Patience and
	// Outage, and OnUncertain: calls are made again.
	Delivery delivery.Options
}

// Caller is the service.
type Caller struct {
	o        Options
	public   *http.Transport // refuses to connect to addresses of no public network
	anywhere *http.Transport
	catcher  *url.URL // nil: calls go out
	pipeline *delivery.Pipeline
}

// New checks the options. It opens no connection.
func New(o Options) (*Caller, error) {
	if o.Render == nil || o.Subscriber == nil {
		return nil, errors.New("caller: options Render and Subscriber are needed")
	}
	for _, key := range o.Signing {
		if len(key) < MinKey {
			return nil, fmt.Errorf("caller: a key in Signing has %d bytes, use at least %d random ones", len(key), MinKey)
		}
	}
	if o.Concurrency < 0 {
		return nil, errors.New("caller: Concurrency must not be negative")
	}
	if o.Secret == nil {
		o.Secret = environment
	}
	fill(&o.Topic, Topic)
	fill(&o.Concurrency, 32)
	c := &Caller{o: o}
	if err := c.catch(); err != nil {
		return nil, err
	}
	c.public, c.anywhere = c.transport(publicOnly), c.transport(nil)
	d := &c.o.Delivery
	fill(&d.Worker, "caller-"+rand.Text())
	fill(&d.Patience, time.Hour)
	fill(&d.Outage, time.Hour)
	if d.OnUncertain == nil {
		d.OnUncertain = func(message.Channel, message.Category) delivery.Choice { return delivery.Resend }
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	d.Channel, d.Source, d.InFlight, d.Road = message.Webhook, "rapport/caller", o.Concurrency, c
	p, err := delivery.New(*d)
	if err != nil {
		return nil, fmt.Errorf("caller: %w", err)
	}
	c.pipeline = p
	return c, nil
}

// MinKey is how long signing keys are at least, in bytes; SHA-256 gains nothing from more
// than twice as much.
const MinKey = 16

// environment reads a secret from the one part of the environment that is meant for them.
func environment(name string) (string, bool) {
	return os.LookupEnv(SecretPrefix + strings.TrimPrefix(name, SecretPrefix))
}

// Run makes calls until ctx ends, finishes what is in hand, and closes its connections. A
// Caller runs once.
func (c *Caller) Run(ctx context.Context) error {
	defer c.public.CloseIdleConnections()
	defer c.anywhere.CloseIdleConnections()
	return c.pipeline.Run(ctx, delivery.Intake{Name: "caller", Topic: c.o.Topic, Subscriber: c.o.Subscriber, Drain: c.o.Drain})
}

// Provider names webhooks in receipts and throttles.
func (c *Caller) Provider() string { return "webhook" }

// Host is where the call of a command goes. A command that cannot be rendered goes nowhere.
func (c *Caller) Host(ctx context.Context, cmd *message.Command) string {
	call, err := c.o.Render(ctx, cmd)
	if err != nil {
		return ""
	}
	u, err := url.Parse(call.URL)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// Render makes the call. Secrets are filled in when it is made, so that they lie in memory
// no longer than the request.
func (c *Caller) Render(ctx context.Context, cmd *message.Command) (delivery.HandOver, error) {
	call, err := c.o.Render(ctx, cmd)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (string, error) { return "", c.call(ctx, cmd, call) }, nil
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
