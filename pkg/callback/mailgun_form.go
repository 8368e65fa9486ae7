package callback

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// readMailgunForm reads a webhook of Mailgun's legacy format, which is a form
// (https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhooks). The form has no id of the event, so the
// token stands for it, and its time is the signature's.
func (c *call) readMailgunForm() error {
	form, err := c.form()
	if err != nil {
		return err
	}
	headers := headerList(form.Get("message-headers"))
	id := cmp.Or(form.Get("Message-Id"), form.Get("message-id"), strings.Join(headers["Message-Id"], ""))
	e := Event{
		Type: form.Get("event"), EventID: form.Get("token"), ProviderID: bracketed(id), MailID: id,
		Recipient: form.Get("recipient"), At: when(text(form.Get("timestamp"))), Status: statusIn(form.Get("code"), form.Get("error")),
		Reason: cmp.Or(form.Get("description"), form.Get("reason")), Diagnostic: form.Get("error"), URL: form.Get("url"),
		IP: form.Get("ip"), UserAgent: form.Get("user-agent"), Code: form.Get("reason"),
		Tags: slices.Concat(form["tag"], form["X-Mailgun-Tag"]), Metadata: mailgunVariables(form, headers),
	}
	switch e.Type {
	case "delivered":
		e.Kind = Delivered
	case "dropped":
		e.Kind, e.Class = Rejected, mailgunDropped(form)
	case "bounced":
		e.Kind, e.Class = Bounced, cmp.Or(classOf(e.Status), replyClass(form.Get("code")))
	case "complained":
		e.Kind = Complained
	case "unsubscribed":
		e.Kind = Unsubscribed
	case "opened":
		e.Kind = Opened
	case "clicked":
		e.Kind = Clicked
	case "":
		return c.unsupported("form", "it tells of no event: routes of inbound mail have an address of their own")
	default:
		e.Kind = Other
	}
	c.add(e)
	return nil
}

// mailgunDropped is why Mailgun gave a message up: it had tried too long, or it keeps the address back.
func mailgunDropped(form url.Values) Class {
	if form.Get("reason") == "old" {
		return Soft
	}
	if class := replyClass(form.Get("code")); class != "" {
		return class
	}
	if form.Get("reason") == "hardfail" {
		return Hard
	}
	return ""
}

// mailgunVariables are the message's variables: from its header, or, where the event comes without headers, the fields
// that are none of Mailgun's.
func mailgunVariables(form url.Values, headers map[string][]string) map[string]string {
	m := map[string]string{}
	for _, one := range headers["X-Mailgun-Variables"] {
		maps.Copy(m, object([]byte(one)))
	}
	if headers != nil {
		return m
	}
	for name, values := range form {
		if !mailgunField(name) && len(values) > 0 {
			m[name] = values[0]
		}
	}
	return m
}

// mailgunField reports whether a field of the legacy form is Mailgun's own.
func mailgunField(name string) bool {
	switch name {
	case "event", "recipient", "domain", "ip", "country", "region", "city", "user-agent", "device-type", "client-type",
		"client-name", "client-os", "campaign-id", "campaign-name", "tag", "X-Mailgun-Tag", "mailing-list", "url", "timestamp",
		"token", "signature", "Message-Id", "message-id", "message-headers", "code", "error", "notification", "reason",
		"description", "attachment-count", "body-plain", "X-Mailgun-Sid":
		return true
	}
	return false
}
