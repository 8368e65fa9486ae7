package callback

import (
	"bytes"
	"encoding/json"
	"strings"

	"rapport/pkg/callback/signature"
	"rapport/pkg/message"
)

// resend is Resend's webhooks (https://resend.com/docs/dashboard/webhooks/event-types), signed as Svix does
// (https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests).
func resend() Provider {
	return Provider{
		Name: "resend", Channel: message.Email,
		Needs: "Secrets: the webhook's signing secret, whsec_…",
		open:  openStandard,
		read: func(c *call) error {
			in, err := one[resendPost](c, c.req.Body, "body")
			if err != nil {
				return err
			}
			return c.resendEvent(in)
		},
	}
}

// openStandard verifies by the Standard Webhooks specification, with its headers' names or with those of Svix.
func openStandard(cfg Config) (verifier, error) {
	if err := needSecrets(cfg); err != nil {
		return nil, err
	}
	var keys []string
	for _, secret := range cfg.Secrets {
		key, err := signature.StandardKey(secret)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return func(c *call) error {
		prefix := "Svix-"
		if c.header("Svix-Id") == "" {
			prefix = "Webhook-"
		}
		s := signature.Standard{
			ID: c.header(prefix + "Id"), Timestamp: c.header(prefix + "Timestamp"), Signatures: c.header(prefix + "Signature"),
		}
		if err := s.Verify(keys, c.req.Body); err != nil {
			return err
		}
		at, err := s.Sent()
		if err != nil {
			return err
		}
		c.batch.Nonce = s.ID
		return c.fresh(at)
	}, nil
}

type resendPost struct {
	Type      text
	CreatedAt text `json:"created_at"`
	Data      struct {
		EmailID       text `json:"email_id"`
		MessageID     text `json:"message_id"`
		From, Subject text
		To            texts
		Tags          resendTags
		Headers       nameValues
		Bounce        struct{ Type, SubType, Message text }
		Failed        struct{ Reason text }
		Suppressed    struct{ Type, Message text }
		Open          struct{ IPAddress, UserAgent, Timestamp text }
		Click         struct{ IPAddress, UserAgent, Timestamp, Link text }
	}
}

func (c *call) resendEvent(in resendPost) error {
	d := &in.Data
	e := Event{
		Type: string(in.Type), EventID: c.batch.Nonce, ProviderID: string(d.EmailID), MailID: string(d.MessageID), At: when(in.CreatedAt),
	}
	if len(d.To) > 0 {
		e.Recipient = d.To[0]
	}
	e.carried(d.Headers, d.Tags)
	switch in.Type {
	case "email.scheduled":
		e.Kind = Queued
	case "email.sent":
		e.Kind = Sent
	case "email.delivered":
		e.Kind = Delivered
	case "email.delivery_delayed":
		e.Kind = Deferred
	case "email.bounced":
		e.Kind, e.Reason = Bounced, string(d.Bounce.Message)
		e.Class = sesClass(string(d.Bounce.Type), string(d.Bounce.SubType)) // Resend sends over Amazon SES, and uses its words.
		if d.Bounce.Type == "" {
			e.Class = Hard // Before types there were only permanent ones.
		}
	case "email.complained":
		e.Kind = Complained
	case "email.failed":
		e.Kind, e.Reason = Failed, string(d.Failed.Reason)
	case "email.suppressed":
		e.Kind, e.Reason, e.Class = Rejected, string(d.Suppressed.Message), Hard
		if strings.Contains(strings.ToLower(string(d.Suppressed.Type)), "complain") {
			e.Class = Spam
		}
	case "email.opened":
		e.Kind, e.IP, e.UserAgent = Opened, string(d.Open.IPAddress), string(d.Open.UserAgent)
	case "email.clicked":
		e.Kind, e.IP, e.UserAgent, e.URL = Clicked, string(d.Click.IPAddress), string(d.Click.UserAgent), string(d.Click.Link)
	case "email.received":
		e.Kind = Received
		e.Inbound = &Inbound{From: string(d.From), To: e.Recipient, Subject: string(d.Subject)}
	case "":
		return c.unreadable("type", "it is missing: check that the webhook is one of Resend's", errNoEvent)
	default:
		e.Kind = Other // Contacts and domains, too.
	}
	c.add(e)
	return nil
}

// resendTags are an object, or, as in the API, an array of names and values.
type resendTags map[string]string

// UnmarshalJSON never refuses: tags that are not what they should be are not a reason to lose an event.
func (t *resendTags) UnmarshalJSON(raw []byte) error {
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && raw[0] == '[' {
		var list nameValues
		if json.Unmarshal(raw, &list) == nil {
			*t = resendTags{}
			for _, one := range list {
				(*t)[string(one.Name)] = string(one.Value)
			}
		}
		return nil
	}
	*t = object(raw)
	return nil
}
