package texter

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	wm "github.com/ThreeDotsLabs/watermill/message"
	api "github.com/twilio/twilio-go/rest/api/v2010"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
	"rapport/pkg/render"
	"rapport/pkg/sms"
)

// Where commands come from unless Options.Topic says otherwise.
const (
	Topic         = "send.sms.*"
	WhatsAppTopic = "send.whatsapp.*"
)

// Options are what a Texter is made of. Twilio, Subscriber, Render and of Delivery Claims
// and Publisher are needed; the rest has defaults.
type Options struct {
	// Channel is message.SMS, the default, or message.WhatsApp. A Texter sends one of them:
	// two share nothing but the account.
	Channel message.Channel
	Twilio  Twilio
	// Render makes the text of a command, such as workspace.Snapshot.SMS or WhatsApp. Its
	// errors are final.
	Render func(context.Context, *message.Command) (render.SMS, error)
	// Region says of which country (ISO 3166) numbers without a country code are. Nil, or an
	// empty answer: such numbers are refused.
	Region func() string
	// Verbatim sends text messages character by character. Otherwise typography that would
	// cost segments is exchanged (sms.Smallest). WhatsApp has no segments.
	Verbatim   bool
	Subscriber wm.Subscriber
	Topic      string
	// Drain is how long a stop waits for messages in hand (10 s).
	Drain time.Duration
	// Delivery tunes the pipeline. New fills in Channel, Road, Source, InFlight (Twilio's
	// Concurrency) and, when it is empty, a random Worker.
	Delivery delivery.Options
}

// Twilio is the account that sends.
type Twilio struct {
	AccountSID string
	// Username and Password are an API key and its secret; an empty Username is the
	// AccountSID, whose Password is the auth token.
	Username, Password string
	// BaseURL is the API's scheme and host, https://api.twilio.com when empty. A path in
	// it goes before the API's.
	BaseURL string
	// MessagingService is the SID (MG...) of the service that picks the sender. Empty: From
	// sends, and where that is empty too, the service or the sender that the workspace names. For
	// WhatsApp, From is the number of a WhatsApp sender, with or without "whatsapp:" before
	// it, and a messaging service must have such a sender.
	MessagingService, From string
	// StatusCallback is the URL that Twilio tells about delivery; "message=<id>", "partition=<n>"
	// and "journey=<name>" are added to its query, with which an answer finds its message.
	// Empty: nobody is told.
	StatusCallback string
	Timeout        time.Duration     // of a whole exchange (30 s)
	Concurrency    int               // requests at a time (8)
	Transport      http.RoundTripper // nil: one of our own
}

// Texter is the service.
type Texter struct {
	o        Options
	name     string
	base     *url.URL
	callback *url.URL // nil: none
	bill     bill
	pipeline *delivery.Pipeline
}

// New checks the options. It opens no connection.
func New(o Options) (*Texter, error) {
	if o.Render == nil || o.Subscriber == nil {
		return nil, errors.New("texter: options Render and Subscriber are needed")
	}
	topic, name := Topic, "texter"
	switch o.Channel {
	case "":
		o.Channel = message.SMS
	case message.SMS:
	case message.WhatsApp:
		topic, name = WhatsAppTopic, "texter-whatsapp"
	default:
		return nil, fmt.Errorf("texter: options Channel is %q, must be %s or %s", o.Channel, message.SMS, message.WhatsApp)
	}
	if o.Topic == "" {
		o.Topic = topic
	}
	t := &Texter{o: o, name: name}
	if err := t.complete(&t.o.Twilio); err != nil {
		return nil, fmt.Errorf("texter: %w", err)
	}
	var err error
	if t.bill, err = newBill(o.Delivery.Meter); err != nil {
		return nil, fmt.Errorf("texter: %w", err)
	}
	d := &t.o.Delivery
	if d.Worker == "" {
		d.Worker = name + "-" + rand.Text()
	}
	d.Channel, d.Source, d.InFlight, d.Road = o.Channel, "rapport/texter", t.o.Twilio.Concurrency, t
	p, err := delivery.New(*d)
	if err != nil {
		return nil, fmt.Errorf("texter: %w", err)
	}
	t.pipeline = p
	return t, nil
}

// Run sends messages until ctx ends, and finishes what is in hand. A Texter runs once.
func (t *Texter) Run(ctx context.Context) error {
	if idle, ok := t.o.Twilio.Transport.(interface{ CloseIdleConnections() }); ok {
		defer idle.CloseIdleConnections()
	}
	return t.pipeline.Run(ctx, delivery.Intake{Name: t.name, Topic: t.o.Topic, Subscriber: t.o.Subscriber, Drain: t.o.Drain})
}

// Provider names Twilio in receipts, whatever the channel: it is one account with one rate.
func (t *Texter) Provider() string { return "twilio" }

// e164 is a telephone number as ITU-T E.164 writes it: at most 15 digits, the first of
// the country code not zero.
var e164 = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)

// recipient is the number of a command in E.164. Most come so, from where events are taken in;
// the others are read as people write them.
func (t *Texter) recipient(to string) (string, error) {
	if e164.MatchString(to) {
		return to, nil
	}
	region := ""
	if t.o.Region != nil {
		region = t.o.Region()
	}
	n, err := sms.ParseNumber(to, region)
	if err != nil {
		return "", delivery.Permanent(message.ReasonInvalidAddress, err.Error())
	}
	return n.E164, nil
}

// Render makes the request's parameters.
func (t *Texter) Render(ctx context.Context, c *message.Command) (delivery.HandOver, error) {
	to, err := t.recipient(c.To)
	if err != nil {
		return nil, err
	}
	text, err := t.o.Render(ctx, c)
	if err != nil {
		return nil, err
	}
	if text.Body == "" && text.Content.SID == "" {
		return nil, delivery.Permanent(message.ReasonRender, "the text is empty")
	}
	var cost cost
	if t.o.Channel == message.SMS {
		text.Body, cost = weigh(text.Body, t.o.Verbatim)
	}
	params, err := t.params(c, to, text)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (string, error) {
		return t.handOver(ctx, c, params, cost)
	}, nil
}

// handOver asks Twilio to send, and counts what it took. WhatsApp has no segments.
func (t *Texter) handOver(ctx context.Context, c *message.Command, params *api.CreateMessageParams, cost cost) (string, error) {
	asked := *params // Each attempt has less time left.
	if seconds := t.validity(c); seconds > 0 {
		asked.SetValidityPeriod(seconds)
	}
	if t.o.Channel == message.SMS {
		cost.annotate(ctx)
	}
	sid, err := t.create(ctx, &asked)
	if err == nil && t.o.Channel == message.SMS {
		t.bill.add(ctx, cost)
	}
	return sid, err
}

// complete checks the account's options and fills in defaults. Errors name the field and
// the remedy, never a secret.
func (t *Texter) complete(o *Twilio) (err error) {
	if o.AccountSID == "" || o.Password == "" {
		return errors.New("Twilio.AccountSID and Twilio.Password are needed: the account's SID and auth token, or an API key's secret")
	}
	if o.BaseURL == "" {
		o.BaseURL = "https://api.twilio.com"
	}
	if t.base, err = absolute("Twilio.BaseURL", o.BaseURL); err != nil {
		return err
	}
	if o.StatusCallback != "" {
		if t.callback, err = absolute("Twilio.StatusCallback", o.StatusCallback); err != nil {
			return err
		}
	}
	if o.Username == "" {
		o.Username = o.AccountSID
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Concurrency <= 0 {
		o.Concurrency = 8
	}
	if o.Transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone() // is one by its documentation
		own.MaxIdleConnsPerHost, own.MaxConnsPerHost = o.Concurrency, o.Concurrency
		// Shorter than a gateway's patience: a request on a connection that the other side
		// is just closing would become uncertain.
		own.IdleConnTimeout = 20 * time.Second
		o.Transport = own
	}
	return nil
}

func absolute(field, s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%s must be a URL that starts with https:// or http://", field)
	}
	return u, nil
}
