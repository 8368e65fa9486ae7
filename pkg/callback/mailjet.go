package callback

import (
	"strings"

	"rapport/pkg/message"
)

// mailjet is Mailjet's Event API (https://dev.mailjet.com/email/guides/webhooks/). It is not signed: user and password are
// part of the URL.
func mailjet() Provider {
	return Provider{
		Name: "mailjet", Channel: message.Email, Needs: needsCredentials,
		open: openCredentials(),
		read: func(c *call) error { return each(c, c.req.Body, "body", c.mailjetEvent) }, // Grouping is an option.
	}
}

type mailjetEvent struct {
	Event, Time, Email text
	MessageID          text
	CustomID           text
	Payload            pairs
	Campaign           text `json:"customcampaign"`
	Reply              text `json:"smtp_reply"`
	HardBounce         text `json:"hard_bounce"`
	Blocked            text
	RelatedTo          text `json:"error_related_to"`
	Error, Comment     text
	URL, IP, Agent     text
}

func (c *call) mailjetEvent(in mailjetEvent) error {
	e := Event{
		Type: string(in.Event), ProviderID: string(in.MessageID), MessageID: string(in.CustomID), Recipient: string(in.Email),
		At: when(in.Time), Diagnostic: string(in.Reply), Code: string(in.Error), URL: string(in.URL), UserAgent: string(in.Agent),
		IP: string(in.IP), Metadata: in.Payload,
	}
	if in.Campaign != "" {
		e.Tags = []string{string(in.Campaign)}
	}
	if in.Error != "" {
		e.Reason = strings.Trim(string(in.RelatedTo)+": "+string(in.Error)+" "+string(in.Comment), ": ")
	}
	switch in.Event {
	case "sent": // Mailjet's word for the receiving server's 250.
		e.Kind = Delivered
	case "open":
		e.Kind = Opened
	case "click":
		e.Kind = Clicked
	case "bounce":
		e.Kind, e.Class = Bounced, mailjetClass(in)
		if in.Blocked.yes() {
			e.Kind = Rejected
		}
	case "blocked":
		e.Kind, e.Class = Rejected, mailjetClass(in)
	case "spam":
		e.Kind = Complained
	case "unsub":
		e.Kind = Unsubscribed
	case "":
		return errNoEvent
	default:
		e.Kind = Other
	}
	c.add(e)
	return nil
}

// mailjetClass reads Mailjet's errors (https://dev.mailjet.com/email/guides/webhooks/#possible-values-for-errors).
func mailjetClass(in mailjetEvent) Class {
	switch in.Error {
	case "user unknown", "invalid domain", "no mail host", "typofix":
		return Hard
	case "mailbox inactive", "quota exceeded", "greylisted", "system issue", "protocol issue", "connection issue":
		return Soft
	case "relay/access denied", "sender blocked", "policy issue", "blacklisted":
		return Block
	case "content blocked", "sender problem", "template parsing error", "template render error":
		return Content
	case "spam reporter":
		return Spam
	case "preblocked": // by an earlier bounce
		return Hard
	case "duplicate in campaign":
		return Unspecified
	}
	switch {
	case in.HardBounce.yes():
		return Hard
	case in.Event == "bounce":
		return Soft
	}
	return ""
}
