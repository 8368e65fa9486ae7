package callback

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rapport/pkg/callback/signature"
	"rapport/pkg/message"
)

const (
	twilioName = "twilio"
	maxMedia   = 100
)

// twilio is Twilio's callbacks about messages: status
// (https://www.twilio.com/docs/messaging/guides/track-outbound-message-status) and inbound messages
// (https://www.twilio.com/docs/messaging/guides/webhook-request). They are forms, or the parameters of a GET.
func twilio() Provider {
	return Provider{
		Name: twilioName, Channel: message.SMS,
		Needs: "Secrets: the account's auth token; Request.URL has to be the public URL that Twilio calls",
		open:  openTwilio,
		read: func(c *call) error {
			form, err := c.twilioForm()
			if err != nil {
				return err
			}
			return c.twilioMessage(form)
		},
	}
}

func openTwilio(cfg Config) (verifier, error) {
	if err := needSecrets(cfg); err != nil {
		return nil, err
	}
	return func(c *call) error {
		got := c.header("X-Twilio-Signature")
		switch {
		case c.req.Method == "GET":
			return signature.Twilio(cfg.Secrets, c.req.URL, nil, got) // All parameters stand in the URL.
		case c.isForm():
			form, err := c.form()
			if err != nil {
				return c.forged("form", "it cannot be read, so that its signature cannot fit")
			}
			return signature.Twilio(cfg.Secrets, c.req.URL, form, got)
		}
		return signature.TwilioBody(cfg.Secrets, c.req.URL, c.req.Body, got)
	}, nil
}

func (c *call) twilioForm() (url.Values, error) {
	switch {
	case c.req.Method == "GET":
		return c.query(), nil
	case c.isForm():
		return c.form()
	}
	members := object(c.req.Body)
	if members == nil {
		return nil, c.unreadable("body", "it is neither a form nor a JSON object", nil)
	}
	form := url.Values{}
	for name, value := range members {
		form.Set(name, value)
	}
	return form, nil
}

func (c *call) twilioMessage(form url.Values) error {
	sid := cmp.Or(form.Get("MessageSid"), form.Get("SmsSid"))
	status := cmp.Or(form.Get("MessageStatus"), form.Get("SmsStatus"))
	inbound := status == "received" || status == "receiving" || form.Has("Body") && !form.Has("MessageStatus")
	if sid == "" || status == "" && !inbound {
		return c.unsupported("form", "it is about no message: give calls and other products an address of their own")
	}
	e := Event{Type: status, ProviderID: sid, MessageID: c.query().Get(messageParameter)}
	e.Recipient, e.Channel = twilioNumber(form.Get("To"))
	if inbound {
		e.Kind, e.Type = Received, cmp.Or(status, "received")
		from, _ := twilioNumber(form.Get("From"))
		e.MessageID = "" // It answers no message of ours that Twilio knew.
		e.Inbound = &Inbound{From: from, To: e.Recipient, Body: form.Get("Body"), Media: twilioMedia(form), Keyword: keyword(form)}
		c.add(e)
		return nil
	}
	e.Code, e.Diagnostic = form.Get("ErrorCode"), form.Get("ChannelStatusMessage")
	if e.Code == "0" {
		e.Code = ""
	}
	e.Kind = twilioKind(status)
	e.Class, e.Reason = twilioClass(e.Code)
	if e.Class == Optout {
		e.Kind = Rejected
	}
	e.Reason = cmp.Or(form.Get("ErrorMessage"), e.Reason)
	c.add(e)
	return nil
}

// twilioKind reads the status of a message
// (https://www.twilio.com/docs/messaging/api/message-resource#message-status-values).
func twilioKind(status string) Kind {
	switch status {
	case "accepted", "scheduled", "queued", "sending":
		return Queued
	case "sent":
		return Sent
	case "delivered":
		return Delivered
	case "undelivered":
		return Bounced
	case "failed", "canceled":
		return Failed
	case "read":
		return Opened
	}
	return Other
}

// twilioNumber takes the channel off an address such as whatsapp:+447700900123.
func twilioNumber(s string) (string, message.Channel) {
	if number, ok := strings.CutPrefix(s, "whatsapp:"); ok {
		return number, message.WhatsApp
	}
	return s, ""
}

func twilioMedia(form url.Values) []Media {
	n, err := strconv.Atoi(form.Get("NumMedia"))
	if err != nil || n < 0 {
		return nil
	}
	var all []Media
	for i := range min(n, maxMedia) {
		if u := form.Get(fmt.Sprintf("MediaUrl%d", i)); u != "" {
			all = append(all, Media{URL: u, Type: form.Get(fmt.Sprintf("MediaContentType%d", i))})
		}
	}
	return all
}

// keyword is what Twilio took an inbound message for (OptOutType, of Advanced Opt-Out), or else what its default keywords
// make of it: one word that is the whole message, in any case
// (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out).
func keyword(form url.Values) Keyword {
	switch strings.ToUpper(form.Get("OptOutType")) {
	case "STOP":
		return Stop
	case "START":
		return Start
	case "HELP":
		return Help
	}
	word := strings.ToUpper(strings.TrimSpace(form.Get("Body")))
	switch {
	case slices.Contains([]string{"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"}, word):
		return Stop
	case slices.Contains([]string{"START", "YES", "UNSTOP"}, word):
		return Start
	case slices.Contains([]string{"HELP", "INFO"}, word):
		return Help
	}
	return ""
}
