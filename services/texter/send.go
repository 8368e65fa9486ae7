package texter

import (
	"context"
	"net/http"

	"rapport/pkg/message"
	"rapport/pkg/render"
)

// Sent is what became of a text message that Send handed over.
type Sent struct {
	ID   string // Twilio's SID; empty: it was not told
	To   string // in E.164
	Body string // as it was sent: typography that would have cost segments is exchanged
}

// Send hands one text message or WhatsApp message over, as a Texter of the command's channel does: for trying a message
// out. It is not a Texter: nothing is claimed, and called twice it sends twice. region is the country (ISO 3166) of
// numbers without a country code; empty: such are refused. Errors are those of a hand-over, or name what the account
// lacks.
func Send(ctx context.Context, account Twilio, region string, c *message.Command, text render.SMS) (Sent, error) {
	t := &Texter{o: Options{Channel: c.Channel, Twilio: account, Region: func() string { return region }}}
	if err := t.complete(&t.o.Twilio); err != nil {
		return Sent{}, err
	}
	if account.Transport == nil {
		defer t.o.Twilio.Transport.(*http.Transport).CloseIdleConnections() // complete has made it
	}
	to, err := t.recipient(c.To)
	if err != nil {
		return Sent{}, err
	}
	if c.Channel == message.SMS {
		text.Body, _ = weigh(text.Body, false)
	}
	params, err := t.params(c, to, text)
	if err != nil {
		return Sent{}, err
	}
	sid, err := t.create(ctx, params)
	return Sent{ID: sid, To: to, Body: text.Body}, err
}
