package callback

import (
	"crypto/ecdsa"
	"encoding/json"
	"strings"

	"rapport/pkg/callback/signature"
	"rapport/pkg/message"
)

// sendgrid is SendGrid's Event Webhook
// (https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event). Custom arguments stand among the members
// of each event.
func sendgrid() Provider {
	return Provider{
		Name: "sendgrid", Channel: message.Email,
		Needs: "Secrets: the verification key of the signed Event Webhook",
		open:  openSendGrid,
		read: func(c *call) error {
			return each(c, c.req.Body, "body", c.sendgridEvent)
		},
	}
}

func openSendGrid(cfg Config) (verifier, error) {
	if err := needSecrets(cfg); err != nil {
		return nil, err
	}
	var keys []*ecdsa.PublicKey
	for _, secret := range cfg.Secrets {
		key, err := signature.SendGridKey(secret)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return func(c *call) error {
		stamp := c.header("X-Twilio-Email-Event-Webhook-Timestamp")
		if err := signature.SendGrid(keys, stamp, c.req.Body, c.header("X-Twilio-Email-Event-Webhook-Signature")); err != nil {
			return err
		}
		at, err := signature.Seconds(stamp)
		if err != nil {
			return err
		}
		return c.fresh(at)
	}, nil
}

type sendgridEvent struct {
	Event, Email, Timestamp text
	EventID                 text  `json:"sg_event_id"`
	MessageID               text  `json:"sg_message_id"`
	SMTPID                  text  `json:"smtp-id"`
	Category                texts `json:"category"`
	Reason, Response        text
	Status, Type            text
	Classification          text `json:"bounce_classification"`
	URL, IP                 text
	UserAgent               text `json:"useragent"`
	MachineOpen             text `json:"sg_machine_open"`

	custom map[string]string
}

// UnmarshalJSON reads the members that are SendGrid's, and keeps the others.
func (e *sendgridEvent) UnmarshalJSON(raw []byte) error {
	type members sendgridEvent // without this method
	if err := json.Unmarshal(raw, (*members)(e)); err != nil {
		return err
	}
	e.custom = object(raw)
	for name := range e.custom {
		if sendgridMember(name) {
			delete(e.custom, name)
		}
	}
	return nil
}

// sendgridMember reports whether a member of an event is SendGrid's own.
func sendgridMember(name string) bool {
	switch name {
	case "email", "timestamp", "event", "smtp-id", "useragent", "ip", "category", "reason", "status", "response", "attempt", "type",
		"url", "url_offset", "asm_group_id", "tls", "cert_err", "bounce_classification", "send_at", "pool", "newsletter",
		"marketing_campaign_id", "marketing_campaign_name", "marketing_campaign_version", "marketing_campaign_split_id",
		"singlesend_id", "singlesend_name", "template_id", "template_hash", "template_version_id", "phase_id", "post_type",
		"mc_auto_id", "mc_auto_name", "mc_stats", "mc_pod_id", "domain", "from", "subject":
		return true
	}
	return strings.HasPrefix(name, "sg_")
}

func (c *call) sendgridEvent(in sendgridEvent) error {
	e := Event{
		Type: string(in.Event), EventID: string(in.EventID), ProviderID: sendgridID(string(in.MessageID)),
		MailID: string(in.SMTPID), Recipient: string(in.Email), At: when(in.Timestamp), Status: statusIn(string(in.Status)),
		Reason: string(in.Reason), Diagnostic: string(in.Response), URL: string(in.URL), UserAgent: string(in.UserAgent),
		IP: string(in.IP), Machine: in.MachineOpen.yes(), Tags: in.Category, Metadata: in.custom,
	}
	switch in.Event {
	case "processed":
		e.Kind = Queued
	case "dropped":
		e.Kind, e.Class = Rejected, sendgridDropped(string(in.Reason))
	case "delivered":
		e.Kind = Delivered
	case "deferred":
		e.Kind = Deferred
	case "bounce":
		e.Kind, e.Diagnostic = Bounced, string(in.Reason)
		e.Class = sendgridBounce(in, e.Status)
	case "open":
		e.Kind = Opened
	case "click":
		e.Kind = Clicked
	case "spamreport":
		e.Kind = Complained
	case "unsubscribe", "group_unsubscribe":
		e.Kind = Unsubscribed
	case "group_resubscribe":
		e.Kind = Subscribed
	default:
		e.Kind = Other
	}
	c.add(e)
	return nil
}

// sendgridID is the X-Message-Id of the hand-over, which sg_message_id begins with.
func sendgridID(id string) string {
	for _, mark := range []string{".filter", ".recvd", "."} {
		if before, _, found := strings.Cut(id, mark); found && !strings.HasPrefix(id, "filter") {
			return before
		}
	}
	return id
}

// sendgridDropped reads the reasons of dropped events, which are fixed words.
func sendgridDropped(reason string) Class {
	switch r := strings.ToLower(reason); {
	case strings.Contains(r, "unsubscribed"):
		return Optout
	case strings.Contains(r, "spam reporting"):
		return Spam
	case strings.Contains(r, "bounced"), strings.Contains(r, "invalid"):
		return Hard
	case strings.Contains(r, "spam content"), strings.Contains(r, "smtpapi"):
		return Content
	}
	return ""
}

// sendgridBounce prefers SendGrid's classification, which is missing in old events.
func sendgridBounce(in sendgridEvent, status string) Class {
	switch in.Classification {
	case "Invalid Address":
		return Hard
	case "Technical", "Mailbox Unavailable":
		return Soft
	case "Content":
		return Content
	case "Reputation", "Frequency/Volume", "Frequency or Volume Too High":
		return Block
	}
	if in.Type == "blocked" {
		return Block
	}
	if class := classOf(status); class != "" {
		return class
	}
	return Hard // What is left of the type bounce goes onto SendGrid's list of bounces.
}
