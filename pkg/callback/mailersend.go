package callback

import (
	"cmp"
	"strings"

	"rapport/pkg/callback/signature"
	"rapport/pkg/message"
)

// mailersend is MailerSend's webhooks (https://developers.mailersend.com/api/v1/webhooks.html).
func mailersend() Provider {
	return Provider{
		Name: "mailersend", Channel: message.Email,
		Needs: "Secrets: the webhook's signing secret",
		open: func(cfg Config) (verifier, error) {
			return func(c *call) error {
				return signature.MailerSend(cfg.Secrets, c.req.Body, c.header("Signature"))
			}, needSecrets(cfg)
		},
		read: func(c *call) error {
			in, err := one[mailersendPost](c, c.req.Body, "body")
			if err != nil {
				return err
			}
			return c.mailersendEvent(in)
		},
	}
}

type mailersendPost struct {
	Type      text
	CreatedAt text `json:"created_at"`
	Data      struct {
		ID        text
		CreatedAt text `json:"created_at"`
		Email     struct {
			Tags      texts
			Message   struct{ ID text }
			Recipient struct{ Email text }
		}
		Morph struct {
			Reason   text
			Readable text `json:"readable_reason"`
			URL, IP  text
			Agent    text `json:"user_agent"`
		}
	}
}

func (c *call) mailersendEvent(in mailersendPost) error {
	d := &in.Data
	e := Event{
		Type: string(in.Type), EventID: string(d.ID), ProviderID: string(d.Email.Message.ID), Recipient: string(d.Email.Recipient.Email),
		At: when(cmp.Or(d.CreatedAt, in.CreatedAt)), Reason: string(cmp.Or(d.Morph.Reason, d.Morph.Readable)), URL: string(d.Morph.URL),
		IP: string(d.Morph.IP), UserAgent: string(d.Morph.Agent), Tags: d.Email.Tags,
	}
	switch strings.TrimPrefix(e.Type, "activity.") {
	case "sent":
		e.Kind = Sent
	case "delivered":
		e.Kind = Delivered
	case "deferred":
		e.Kind = Deferred
	case "soft_bounced":
		e.Kind, e.Class = Bounced, Soft
	case "hard_bounced":
		e.Kind, e.Class = Bounced, Hard
	case "opened", "opened_unique":
		e.Kind = Opened
	case "clicked", "clicked_unique":
		e.Kind = Clicked
	case "unsubscribed":
		e.Kind = Unsubscribed
	case "spam_complaint":
		e.Kind = Complained
	case "":
		return c.unreadable("type", "it is missing: check that the webhook is one of MailerSend's", errNoEvent)
	default:
		e.Kind = Other
	}
	c.add(e)
	return nil
}
