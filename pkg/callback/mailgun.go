package callback

import (
	"cmp"
	"encoding/json"
	"strconv"

	"rapport/pkg/callback/signature"
	"rapport/pkg/message"
)

// mailgun is Mailgun's webhooks (https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads), in
// their present form and in the legacy one, which is a form. Mailgun does not say whether a repeat is signed anew; who sees
// repeats refused as replayed widens the tolerance.
func mailgun() Provider {
	return Provider{
		Name: "mailgun", Channel: message.Email,
		Needs: "Secrets: the HTTP webhook signing key",
		open:  openMailgun,
		read: func(c *call) error {
			if c.isForm() {
				return c.readMailgunForm()
			}
			in, err := one[mailgunPost](c, c.req.Body, "body")
			if err != nil {
				return err
			}
			if err := c.mailgunEvent(in.Event); err != nil {
				return c.unreadable("event-data", "compare with Mailgun's page about webhooks", err)
			}
			return nil
		},
	}
}

func openMailgun(cfg Config) (verifier, error) {
	if err := needSecrets(cfg); err != nil {
		return nil, err
	}
	return func(c *call) error {
		timestamp, token, got, err := c.mailgunSignature()
		if err != nil {
			return err
		}
		if err := signature.Mailgun(cfg.Secrets, timestamp, token, got); err != nil {
			return err
		}
		at, err := signature.Seconds(timestamp)
		if err != nil {
			return err
		}
		c.batch.Nonce = token
		return c.fresh(at)
	}, nil
}

func (c *call) mailgunSignature() (timestamp, token, got string, err error) {
	if c.isForm() {
		form, err := c.form()
		return form.Get("timestamp"), form.Get("token"), form.Get("signature"), err
	}
	var in struct {
		Signature struct{ Timestamp, Token, Signature text }
	}
	if decode(c.req.Body, &in) != nil {
		return "", "", "", c.forged("body", "it holds no signature of Mailgun: check which provider calls this address")
	}
	return string(in.Signature.Timestamp), string(in.Signature.Token), string(in.Signature.Signature), nil
}

type mailgunPost struct {
	Event mailgunEvent `json:"event-data"`
}

type mailgunEvent struct {
	Event, ID, Timestamp, Recipient text
	Severity, Reason                text
	Reject                          struct{ Reason, Description text }
	Status                          struct {
		Code, Message, Description text
		Enhanced                   text `json:"enhanced-code"`
	} `json:"delivery-status"`
	Message struct {
		Headers struct {
			To, From, Subject text
			MessageID         text `json:"message-id"`
		}
	}
	Client struct {
		UserAgent text `json:"user-agent"`
		Bot       text
	} `json:"client-info"`
	URL, IP   text
	Tags      texts
	Variables pairs `json:"user-variables"`
}

func (c *call) mailgunEvent(in mailgunEvent) error {
	id := string(in.Message.Headers.MessageID)
	e := Event{
		Type: string(in.Event), EventID: string(in.ID), ProviderID: bracketed(id), MailID: id,
		Recipient: string(in.Recipient), At: when(in.Timestamp), Status: statusIn(string(in.Status.Enhanced)),
		Reason: string(in.Status.Description), Diagnostic: string(in.Status.Message), URL: string(in.URL), IP: string(in.IP),
		UserAgent: string(in.Client.UserAgent), Machine: in.Client.Bot != "", Tags: in.Tags, Metadata: in.Variables,
	}
	if e.Recipient == "" {
		e.Recipient = string(in.Message.Headers.To)
	}
	switch in.Event {
	case "accepted":
		e.Kind = Queued
	case "delivered":
		e.Kind = Delivered
	case "failed":
		e.Kind, e.Class = mailgunFailed(in)
		e.Code = string(in.Reason)
	case "rejected":
		e.Kind, e.Reason = Rejected, cmp.Or(string(in.Reject.Description), string(in.Reject.Reason))
	case "opened":
		e.Kind = Opened
	case "clicked":
		e.Kind = Clicked
	case "unsubscribed":
		e.Kind = Unsubscribed
	case "complained":
		e.Kind = Complained
	case "stored":
		e.Kind = Received
		e.Inbound = &Inbound{
			From: string(in.Message.Headers.From), To: string(in.Message.Headers.To), Subject: string(in.Message.Headers.Subject),
		}
	case "":
		return errNoEvent
	default:
		e.Kind = Other
	}
	c.add(e)
	return nil
}

// mailgunFailed tells what became of a message that failed: put off, refused by the server, or kept back by Mailgun.
func mailgunFailed(in mailgunEvent) (Kind, Class) {
	switch in.Reason {
	case "suppress-bounce":
		return Rejected, Hard
	case "suppress-complaint":
		return Rejected, Spam
	case "suppress-unsubscribe":
		return Rejected, Optout
	}
	if in.Severity == "temporary" {
		return Deferred, Soft
	}
	if in.Reason == "old" {
		return Bounced, Soft
	}
	if class := classOf(statusIn(string(in.Status.Enhanced), string(in.Status.Message))); class != "" {
		return Bounced, class
	}
	return Bounced, replyClass(string(in.Status.Code))
}

// replyClass reads an SMTP reply code, or one of Mailgun's own from 600 on: 605 to 607 are addresses that it keeps back.
func replyClass(code string) Class {
	n, err := strconv.Atoi(code)
	switch {
	case err != nil:
		return classOf(code)
	case n == 605:
		return Hard
	case n == 606:
		return Optout
	case n == 607:
		return Spam
	case n == 552:
		return Soft // the mailbox is full, or the message too large for it
	case n >= 400 && n < 500:
		return Soft
	case n == 550 || n == 551 || n == 553:
		return Hard
	case n == 554:
		return Block
	}
	return ""
}

// bracketed writes a Message-ID as Mailgun's API answers with it.
func bracketed(id string) string {
	if id == "" || id[0] == '<' {
		return id
	}
	return "<" + id + ">"
}

// headerList is the legacy form's message-headers: a JSON array of pairs, whose values may be of any kind.
func headerList(raw string) map[string][]string {
	var list [][2]json.RawMessage
	if tooDeep([]byte(raw)) || json.Unmarshal([]byte(raw), &list) != nil {
		return nil
	}
	m := map[string][]string{}
	for _, pair := range list {
		name := plain(pair[0])
		m[name] = append(m[name], plain(pair[1]))
	}
	return m
}
