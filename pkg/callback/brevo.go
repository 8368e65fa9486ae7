package callback

import (
	"cmp"

	"rapport/pkg/message"
)

// brevo is Brevo's transactional webhooks (https://developers.brevo.com/docs/transactional-webhooks). They are not signed:
// user and password, a bearer token or a secret in the URL authenticate them
// (https://developers.brevo.com/docs/username-and-password-authentication).
func brevo() Provider {
	return Provider{
		Name: "brevo", Channel: message.Email, Needs: needsCredentials,
		open: openCredentials(),
		read: func(c *call) error { return each(c, c.req.Body, "body", c.brevoEvent) }, // Batches are an option.
	}
}

type brevoEvent struct {
	Event, Email, Reason, Link text
	MessageID                  text  `json:"message-id"`
	Epoch                      text  `json:"ts_epoch"` // milliseconds, as a rule
	TSEvent                    text  `json:"ts_event"`
	TS                         text  `json:"ts"`
	Custom                     pairs `json:"X-Mailin-custom"`
	Tags                       texts
	OneTag                     texts `json:"tag"`
	UserAgent                  text  `json:"user_agent"`
	IP                         text
}

func (c *call) brevoEvent(in brevoEvent) error {
	e := Event{
		Type: string(in.Event), ProviderID: string(in.MessageID), MailID: string(in.MessageID), Recipient: string(in.Email),
		At: when(text(cmp.Or(string(in.Epoch), string(in.TSEvent), string(in.TS)))), Diagnostic: string(in.Reason),
		URL: string(in.Link), UserAgent: string(in.UserAgent), IP: string(in.IP), Tags: in.Tags, Metadata: in.Custom,
	}
	if e.Tags == nil {
		e.Tags = in.OneTag
	}
	switch in.Event {
	case "request":
		e.Kind = Queued
	case "delivered":
		e.Kind = Delivered
	case "deferred":
		e.Kind = Deferred
	case "hard_bounce":
		e.Kind, e.Class = Bounced, Hard
	case "soft_bounce":
		e.Kind, e.Class = Bounced, Soft
	case "invalid_email", "invalid":
		e.Kind, e.Class = Rejected, Hard
	case "blocked":
		e.Kind, e.Class = Rejected, Block
	case "error":
		e.Kind = Failed
	case "spam", "complaint":
		e.Kind = Complained
	case "opened", "unique_opened":
		e.Kind = Opened
	case "proxy_open", "unique_proxy_open":
		e.Kind, e.Machine = Opened, true
	case "click":
		e.Kind = Clicked
	case "unsubscribed", "unsubscribe":
		e.Kind = Unsubscribed
	case "":
		return errNoEvent
	default:
		e.Kind = Other
	}
	c.add(e)
	return nil
}
