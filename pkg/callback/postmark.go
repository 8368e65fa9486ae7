package callback

import (
	"cmp"
	"errors"

	"rapport/pkg/message"
)

// errNoEvent says that an element does not say what happened.
var errNoEvent = errors.New("it does not say what happened")

// postmark is Postmark's webhooks (https://postmarkapp.com/developer/webhooks/webhooks-overview). They are not signed:
// user and password, or a secret, are part of the URL.
func postmark() Provider {
	return Provider{
		Name: "postmark", Channel: message.Email, Needs: needsCredentials,
		open: openCredentials(),
		read: func(c *call) error {
			in, err := one[postmarkPost](c, c.req.Body, "body")
			if err != nil {
				return err
			}
			return c.postmarkEvent(in)
		},
	}
}

type postmarkPost struct {
	RecordType, ID, Type, MessageID       text
	Email, Recipient                      text
	DeliveredAt, BouncedAt, ReceivedAt    text
	ChangedAt                             text
	Description, Details, Name, Tag       text
	UserAgent, OriginalLink               text
	SuppressSending, SuppressionReason    text
	From, To, Subject, TextBody, Date     text
	Metadata                              pairs
	Geo                                   struct{ IP text }
	OriginalRecipient, FromName, HTMLBody text
}

func (c *call) postmarkEvent(in postmarkPost) error {
	e := Event{
		Type: string(in.RecordType), ProviderID: string(in.MessageID), Recipient: cmp.Or(string(in.Recipient), string(in.Email)),
		UserAgent: string(in.UserAgent), IP: string(in.Geo.IP), URL: string(in.OriginalLink), Metadata: in.Metadata,
		At: when(text(cmp.Or(string(in.BouncedAt), string(in.DeliveredAt), string(in.ReceivedAt), string(in.ChangedAt)))),
	}
	if in.Tag != "" {
		e.Tags = []string{string(in.Tag)}
	}
	switch in.RecordType {
	case "Delivery":
		e.Kind, e.Diagnostic = Delivered, string(in.Details)
	case "Bounce", "SpamComplaint":
		e.Type, e.EventID = string(in.Type), string(in.ID)
		e.Reason, e.Diagnostic = string(in.Description), string(in.Details)
		e.Kind, e.Class = postmarkBounce(in.Type)
	case "Open":
		e.Kind = Opened
	case "Click":
		e.Kind = Clicked
	case "SubscriptionChange":
		e.Kind, e.Class, e.Reason = postmarkChange(in), Hard, string(in.SuppressionReason)
	case "":
		if in.From == "" || in.MessageID == "" {
			return c.unsupported("RecordType", "it is missing: check that the webhook is one of Postmark's")
		}
		// Inbound mail has no RecordType (https://postmarkapp.com/developer/webhooks/inbound-webhook).
		e.Kind, e.Type, e.At = Received, "Inbound", when(in.Date)
		e.Recipient = cmp.Or(string(in.OriginalRecipient), string(in.To))
		e.Inbound = &Inbound{From: string(in.From), To: e.Recipient, Subject: string(in.Subject), Body: string(in.TextBody)}
	default:
		e.Kind = Other
	}
	c.add(e)
	return nil
}

// postmarkChange reads a change of the suppression list. Bounces (hard ones) and complaints change it, too, and are told
// on their own besides.
func postmarkChange(in postmarkPost) Kind {
	switch {
	case !in.SuppressSending.yes():
		return Subscribed
	case in.SuppressionReason == "HardBounce":
		return Bounced
	case in.SuppressionReason == "SpamComplaint":
		return Complained
	}
	return Unsubscribed
}

// postmarkBounce reads the types of bounces
// (https://postmarkapp.com/developer/api/bounce-api#bounce-types). The class is empty where the status code decides.
func postmarkBounce(kind text) (Kind, Class) {
	switch kind {
	case "HardBounce":
		return Bounced, Hard
	case "SoftBounce", "Undeliverable":
		return Bounced, Soft
	case "Transient", "DnsError":
		return Deferred, Soft
	case "SpamComplaint":
		return Complained, ""
	case "SpamNotification", "ISPBlock", "DMARCPolicy":
		return Bounced, Block
	case "VirusNotification":
		return Bounced, Content
	case "Blocked":
		return Rejected, Block
	case "BadEmailAddress":
		return Rejected, Hard
	case "ManuallyDeactivated", "Unconfirmed":
		return Rejected, Unspecified
	case "SMTPApiError", "InboundError", "TemplateRenderingFailed":
		return Failed, Content
	case "Unsubscribe":
		return Unsubscribed, ""
	case "Subscribe":
		return Subscribed, ""
	case "AutoResponder", "ChallengeVerification", "AddressChange", "OpenRelayTest":
		return Other, ""
	}
	return Bounced, ""
}
