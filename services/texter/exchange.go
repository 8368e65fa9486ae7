package texter

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
	"rapport/pkg/render"
)

// onWhatsApp goes before numbers that are meant as addresses of WhatsApp.
const onWhatsApp = "whatsapp:"

// address is a sender or a recipient as Twilio wants it for the channel. Both have to be of
// the same one (error 21910).
func (t *Texter) address(number string) string {
	if t.o.Channel != message.WhatsApp || strings.HasPrefix(number, onWhatsApp) {
		return number
	}
	return onWhatsApp + number
}

// params are Twilio's parameters of a message
// (https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource).
func (t *Texter) params(c *message.Command, to string, text render.SMS) (*api.CreateMessageParams, error) {
	p := &api.CreateMessageParams{}
	p.SetTo(t.address(to))
	if text.Content.SID == "" {
		p.SetBody(text.Body)
	} else {
		p.SetContentSid(text.Content.SID) // in place of a body
		if text.Content.Variables != "" {
			p.SetContentVariables(text.Content.Variables)
		}
	}
	switch o := &t.o.Twilio; {
	case o.MessagingService != "":
		p.SetMessagingServiceSid(o.MessagingService)
	case o.From != "":
		p.SetFrom(t.address(o.From))
	case text.Service != "":
		p.SetMessagingServiceSid(text.Service)
	case text.From != "":
		p.SetFrom(t.address(text.From))
	default:
		return nil, delivery.Permanent(message.ReasonRender, "nobody names a sender: set a messaging service or a number in the configuration, or a sender in the workspace")
	}
	if t.callback != nil {
		u := *t.callback
		q := u.Query()
		q.Set("message", c.ID)
		q.Set("partition", strconv.Itoa(c.Partition)) // A message's record is found by both.
		q.Set("journey", c.Journey)
		u.RawQuery = q.Encode()
		p.SetStatusCallback(u.String())
	}
	return p, nil
}

// maxValidity is how long Twilio keeps a message that says nothing else in its queue, and the
// longest it takes (https://www.twilio.com/docs/api/errors/90007).
const maxValidity = 10 * time.Hour

// validity is how long Twilio may keep a message that it is given now, in seconds from 1 on: until
// quiet hours begin where the person is, or the message is too late for its journey; 0 is as long
// as Twilio likes. A replay sends what is long over, and asks for nothing.
func (t *Texter) validity(c *message.Command) int {
	d := &t.o.Delivery
	if d.EventTime {
		return 0
	}
	late := defaultLateness
	if d.Lateness != nil {
		late = d.Lateness(c)
	}
	now := time.Now
	if d.Now != nil {
		now = d.Now
	}
	left := c.DecidedAt.Add(late).Sub(now())
	if left <= 0 {
		left = maxValidity // Whether it may go at all has been asked before.
	}
	if !c.Until.IsZero() {
		left = min(left, c.Until.Sub(now()))
	}
	if left >= maxValidity {
		return 0
	}
	return max(1, int(left/time.Second))
}

// defaultLateness is that of package delivery.
const defaultLateness = 24 * time.Hour

// create asks Twilio to send and returns the message's SID.
func (t *Texter) create(ctx context.Context, p *api.CreateMessageParams) (string, error) {
	o := &t.o.Twilio
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	x := &exchange{base: t.base, under: o.Transport}
	x.ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { x.away.Store(false) },
		GotConn:      func(httptrace.GotConnInfo) { x.away.Store(true) },
		WroteRequest: func(i httptrace.WroteRequestInfo) { x.away.Store(i.Err == nil) },
	})
	c := &client.Client{
		Credentials: client.NewCredentials(o.Username, o.Password),
		HTTPClient: &http.Client{
			Transport:     x,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	c.SetAccountSid(o.AccountSID)
	answer, err := api.NewApiServiceWithClient(c).CreateMessage(p)
	if x.status/100 == 2 {
		// Twilio has it, whether or not its answer could be read.
		if err == nil && answer.Sid != nil {
			return *answer.Sid, nil
		}
		return "", nil
	}
	return "", x.fault(err)
}

// exchange is the transport of one request: it brings in what twilio-go cannot carry, the
// context and another host, and notes how far the request came.
type exchange struct {
	ctx    context.Context
	base   *url.URL
	under  http.RoundTripper
	status int // of the answer, 0 when there was none

	// away is whether Twilio may have the request. It is set when there is a connection,
	// since the transport writes at once and may be cut off before it tells the outcome,
	// and taken back when the writing fails: half a request is none.
	away atomic.Bool
}

// RoundTrip implements http.RoundTripper.
func (x *exchange) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(x.ctx)
	r.URL.Scheme, r.URL.Host, r.Host = x.base.Scheme, x.base.Host, x.base.Host
	r.URL.Path = strings.TrimSuffix(x.base.Path, "/") + r.URL.Path
	res, err := x.under.RoundTrip(r)
	if err == nil {
		x.status = res.StatusCode
	}
	return res, err
}
