package callback

import (
	"errors"

	"rapport/pkg/callback/signature"
	"rapport/pkg/message"
)

// mandrill is the webhooks of Mailchimp Transactional
// (https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/): a form whose field
// mandrill_events is a JSON array.
func mandrill() Provider {
	return Provider{
		Name: "mandrill", Channel: message.Email,
		Needs: "Secrets: the webhook's key; Request.URL has to be the URL exactly as it was entered",
		open:  openMandrill,
		read: func(c *call) error {
			form, err := c.form()
			if err != nil {
				return err
			}
			raw := []byte(form.Get("mandrill_events"))
			if tooDeep(raw) {
				return c.unreadable("mandrill_events", "it is nested too deep", nil)
			}
			return each(c, raw, "mandrill_events", c.mandrillEvent)
		},
	}
}

func openMandrill(cfg Config) (verifier, error) {
	if err := needSecrets(cfg); err != nil {
		return nil, err
	}
	return func(c *call) error {
		got := c.header("X-Mandrill-Signature")
		if !c.isForm() {
			return c.forged("Content-Type", "callbacks of Mandrill are forms: check which provider calls this address")
		}
		form, err := c.form()
		if err != nil {
			return c.forged("form", "it cannot be read, so that its signature cannot fit")
		}
		return signature.Mandrill(cfg.Secrets, c.req.URL, form, got)
	}, nil
}

type mandrillEvent struct {
	Event, Type, TS text
	ID              text `json:"_id"`
	URL, IP         text
	UserAgent       text `json:"user_agent"`
	Parsed          struct {
		Type text
	} `json:"user_agent_parsed"`
	Msg *struct {
		ID          text `json:"_id"`
		Email       text
		Sender      text
		Subject     text
		Text        text
		FromEmail   text `json:"from_email"`
		Diag        text
		Description text `json:"bounce_description"`
		Reject      struct{ Reason text }
		Tags        texts
		Metadata    pairs
	}
}

func (c *call) mandrillEvent(in mandrillEvent) error {
	e := Event{
		Type: string(in.Event), ProviderID: string(in.ID), At: when(in.TS), URL: string(in.URL), IP: string(in.IP),
		UserAgent: string(in.UserAgent), Kind: mandrillKind(string(in.Event)),
	}
	if in.Event == "" {
		if in.Type == "" {
			return errNoEvent
		}
		e.Type, e.Kind = string(in.Type), Other // A change of the reject or allow list.
		c.add(e)
		return nil
	}
	if in.Msg == nil {
		return errors.New("member msg is missing")
	}
	m := in.Msg
	if e.ProviderID == "" {
		e.ProviderID = string(m.ID)
	}
	e.Recipient, e.Tags, e.Metadata = string(m.Email), m.Tags, m.Metadata
	e.Diagnostic, e.Code = string(m.Diag), string(m.Description)
	switch e.Kind {
	case Bounced:
		e.Class = mandrillBounce(string(in.Event), string(m.Description))
	case Rejected:
		e.Reason, e.Class = string(m.Reject.Reason), mandrillReject(string(m.Reject.Reason))
	case Received:
		e.Inbound = &Inbound{From: string(m.FromEmail), To: string(m.Email), Subject: string(m.Subject), Body: string(m.Text)}
	}
	c.add(e)
	return nil
}

func mandrillKind(event string) Kind {
	switch event {
	case "send":
		return Sent
	case "delivered":
		return Delivered
	case "deferral":
		return Deferred
	case "hard_bounce", "soft_bounce":
		return Bounced
	case "open":
		return Opened
	case "click":
		return Clicked
	case "spam":
		return Complained
	case "unsub":
		return Unsubscribed
	case "reject":
		return Rejected
	case "inbound":
		return Received
	}
	return Other
}

func mandrillBounce(event, description string) Class {
	switch description {
	case "bad_mailbox", "invalid_domain":
		return Hard
	case "mailbox_full", "quota_exceeded", "dns_error", "network_error", "general":
		if event == "soft_bounce" {
			return Soft
		}
	case "message_too_big", "content_rejected", "virus":
		return Content
	case "spam_block", "policy_related", "blocked", "relay_denied":
		return Block
	}
	if event == "hard_bounce" {
		return Hard
	}
	return Soft
}

func mandrillReject(reason string) Class {
	switch reason {
	case "hard-bounce", "invalid":
		return Hard
	case "soft-bounce":
		return Soft
	case "spam":
		return Spam
	case "unsub":
		return Optout
	case "invalid-sender", "test-mode-limit", "unsigned":
		return Block
	case "rule", "custom":
		return Unspecified
	}
	return ""
}
