package mailer

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	wm "github.com/ThreeDotsLabs/watermill/message"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
	"rapport/pkg/render"
	"rapport/pkg/routing"
)

// Topic is where commands come from unless Options.Topic says otherwise.
const Topic = "send.email.*"

// Options are what a Mailer is made of. Subscriber, Render, SMTP.Addr or Routing, and of
// Delivery Claims and Publisher are needed; the rest has defaults.
type Options struct {
	// SMTP is the server that takes the mail, under the name smtp. Where Routing names
	// providers, it is what they have in common that delivery.yaml does not say: timeouts and
	// certificates.
	SMTP SMTP
	// Routing is what the workspace's delivery.yaml says, for the life of the Mailer; nil:
	// nothing.
	Routing *routing.Config
	// Secret finds the secrets that providers name, such as os.LookupEnv.
	Secret func(name string) (string, bool)
	// Tally keeps how far warm-ups have come; nil: they begin anew with each Mailer.
	Tally Tally
	// Render makes the mail of a command, such as workspace.Snapshot.Mail. Its errors are
	// final.
	Render     func(context.Context, *message.Command) (render.Mail, error)
	Subscriber wm.Subscriber
	Topic      string
	// Domain is the right side of Message-IDs; empty: the sender's domain.
	Domain string
	// Identity is how mails name who sends them, and by what their answers are known.
	Identity Identity
	// Drain is how long a stop waits for messages in hand (10 s).
	Drain time.Duration
	// Delivery tunes the pipeline. New fills in Channel, Road, Source, InFlight (one for
	// each connection) and, when it is empty, a random Worker.
	Delivery delivery.Options
}

// TLS says how connections to the server are encrypted.
type TLS string

// The policies. Opportunistic is the default: STARTTLS where it is offered, with the
// server's certificate verified.
const (
	Opportunistic TLS = "opportunistic"
	Mandatory     TLS = "mandatory" // STARTTLS, or no mail
	Implicit      TLS = "implicit"  // TLS from the first byte, port 465 (RFC 8314)
	NoTLS         TLS = "none"
)

// SMTP is the server that takes the mail.
type SMTP struct {
	Addr      string // host:port
	TLS       TLS
	TLSConfig *tls.Config // nil: the system's roots, TLS 1.2 or later
	// Username and Password are for AUTH, by the strongest mechanism offered; a password
	// never goes over an unencrypted connection in clear. Empty: no AUTH.
	Username, Password string
	Hello              string // name in EHLO; empty: the host's name
	Connections        int    // kept open at most (8)
	MessagesEach       int    // on one connection before it is renewed (500)
	// Timeout bounds dialling and each command (30 s), AnswerTimeout the server's answer
	// to the message itself. That is 10 minutes, as RFC 5321, section 4.5.3.2.6, demands:
	// giving up too early makes messages uncertain that were only slow.
	Timeout, AnswerTimeout time.Duration
	IdleTimeout            time.Duration // after which an unused connection is closed (30 s)
}

// Mailer is the service.
type Mailer struct {
	o        Options
	pipeline *delivery.Pipeline
	fleet    *fleet
	paper    paper
}

// New checks the options. It opens no connection.
func New(o Options) (*Mailer, error) {
	if o.Render == nil || o.Subscriber == nil {
		return nil, errors.New("mailer: options Render and Subscriber are needed")
	}
	if o.Topic == "" {
		o.Topic = Topic
	}
	if err := o.Identity.check(); err != nil {
		return nil, fmt.Errorf("mailer: %w", err)
	}
	if o.Delivery.Worker == "" {
		o.Delivery.Worker = "mailer-" + rand.Text()
	}
	if o.Delivery.Now == nil {
		o.Delivery.Now = time.Now
	}
	f, err := newFleet(&o)
	if err != nil {
		return nil, fmt.Errorf("mailer: %w", err)
	}
	m := &Mailer{o: o, fleet: f}
	o.Delivery.Channel, o.Delivery.Source, o.Delivery.InFlight = message.Email, "rapport/mailer", f.connections()
	o.Delivery.Road = m
	p, err := delivery.New(o.Delivery)
	if err != nil {
		return nil, fmt.Errorf("mailer: %w", err)
	}
	m.pipeline = p
	return m, nil
}

// Run sends mail until ctx ends, finishes what is in hand, and closes its connections. A
// Mailer runs once.
func (m *Mailer) Run(ctx context.Context) error {
	defer m.fleet.close()
	return m.pipeline.Run(ctx, delivery.Intake{Name: "mailer", Topic: m.o.Topic, Subscriber: m.o.Subscriber, Drain: m.o.Drain})
}

// Provider names SMTP where no provider was chosen yet.
func (m *Mailer) Provider() string { return usual }

// Render makes the whole MIME message, so that the connection is held for the hand-over
// only.
func (m *Mailer) Render(ctx context.Context, c *message.Command) (delivery.HandOver, error) {
	mail, err := m.o.Render(ctx, c)
	if err != nil {
		return nil, err
	}
	date := c.DecidedAt
	if !m.o.Delivery.EventTime {
		date = m.o.Delivery.Now()
	}
	service := m.fleet.service(delivery.ProviderOf(ctx))
	l, err := m.letter(c, mail, service, date)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (string, error) {
		provider := delivery.ProviderOf(ctx)
		if other := m.fleet.service(provider); other != service {
			// It goes by another one than it was made for.
			if l, err = m.letter(c, mail, other, date); err != nil {
				return "", err
			}
			service = other
		}
		id, err := m.fleet.send(ctx, provider, l)
		if err == nil {
			m.paper.back(l) // What was refused may be tried again.
		}
		return id, err
	}, nil
}

// letter composes a mail for the service behind a provider; empty: for any.
func (m *Mailer) letter(c *message.Command, mail render.Mail, service string, date time.Time) (*letter, error) {
	who := m.o.Identity
	if service != "" {
		who.Metadata = service
	}
	return composeOn(m.paper.sheet(), c, mail, who, m.o.Domain, date)
}

// complete fills in defaults. Errors name the field and the remedy.
func (s *SMTP) complete() error {
	host, _, err := net.SplitHostPort(s.Addr)
	if err != nil || host == "" {
		return fmt.Errorf("SMTP.Addr is %q, must be host:port, such as smtp.example.com:587", s.Addr)
	}
	switch s.TLS {
	case "":
		s.TLS = Opportunistic
	case Opportunistic, Mandatory, Implicit, NoTLS:
	default:
		return fmt.Errorf("SMTP.TLS is %q, must be %s", s.TLS,
			strings.Join([]string{string(Opportunistic), string(Mandatory), string(Implicit), string(NoTLS)}, ", "))
	}
	if s.TLSConfig == nil {
		s.TLSConfig = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	if s.Connections < 0 || s.MessagesEach < 0 {
		return errors.New("SMTP.Connections and SMTP.MessagesEach must not be negative")
	}
	fill(&s.Connections, 8)
	fill(&s.MessagesEach, 500)
	fill(&s.Timeout, 30*time.Second)
	fill(&s.AnswerTimeout, 10*time.Minute)
	fill(&s.IdleTimeout, 30*time.Second)
	return nil
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
