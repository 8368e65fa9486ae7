package render

import (
	"context"
	"fmt"
	"strings"

	"rapport/pkg/message"
	"rapport/pkg/sms"
)

// SMS renders the text message of a command. Errors are permanent (*Error), save for the
// context's.
func (s *Set) SMS(ctx context.Context, c *message.Command, opts ...Option) (SMS, error) {
	body, err := s.short(ctx, c, message.SMS, opts)
	if err != nil {
		return SMS{}, err
	}
	return SMS{From: s.shop.sender(c.To), Service: s.shop.SMSService, Body: body}, nil
}

// WhatsApp renders the WhatsApp message of a command: a text, or what goes into a content that was
// approved. Errors are permanent (*Error), save for the context's.
func (s *Set) WhatsApp(ctx context.Context, c *message.Command, opts ...Option) (SMS, error) {
	if a, e := s.approved(c); a != nil {
		out, err := s.fill(ctx, c, a, e, opts)
		out.From = s.shop.WhatsAppFrom
		return out, err
	}
	body, err := s.short(ctx, c, message.WhatsApp, opts)
	if err != nil {
		return SMS{}, err
	}
	return SMS{From: s.shop.WhatsAppFrom, Body: body}, nil
}

func (s *Set) short(ctx context.Context, c *message.Command, channel message.Channel, opts []Option) (string, error) {
	t, e := s.text(c, channel)
	if t == nil {
		return "", s.unknown(c)
	}
	vars, links, err := s.prepare(c, opts)
	if err != nil {
		return "", &Error{File: t.Name(), Message: err.Error()}
	}
	r := rendering{ctx: ctx, set: s, vars: vars, opts: s.speak(c, e, vars)}
	body := links.text(strings.TrimSpace(r.run(t)))
	switch {
	case r.err != nil:
		return "", r.err
	case body == "":
		return "", &Error{File: t.Name(), Line: 1, Col: 1, Width: 1, Message: "the text is empty for this message"}
	case len([]rune(body)) > maxSMS:
		return "", &Error{File: t.Name(), Line: 1, Col: 1, Width: 1, Message: fmt.Sprintf("the text has %d characters, at most %d can be sent", len([]rune(body)), maxSMS)}
	}
	return body, nil
}

// maxSMS is what Twilio and others accept as one concatenated message
// (https://www.twilio.com/docs/glossary/what-sms-character-limit); it is that of WhatsApp
// there, too.
const maxSMS = 1600

// sender is who writes to a number: the one for its country, or the one for all others.
func (s *Shop) sender(to string) string {
	if len(s.SMSSenders) == 0 {
		return s.SMSFrom
	}
	_, home, _ := strings.Cut(s.Locale, "-")
	n, err := sms.ParseNumber(to, home)
	if err != nil {
		return s.SMSFrom // Who sends it will say what is wrong with the number.
	}
	if from := s.SMSSenders[n.Region]; from != "" {
		return from
	}
	return s.SMSFrom
}

// Replies are the short messages that answer what people write by SMS or WhatsApp. An empty one is
// not sent.
type Replies struct {
	Stop  string // confirms an opt-out
	Ask   string // asks somebody whether they want no more
	Start string // confirms that they get messages again
	Help  string // says who is writing and how to end it
}

// Replies are those in a language (ISO 639): where it has none, those in the shop's, in English, or
// none at all. What is empty in the one is not taken from another: nobody mixes languages in one
// conversation.
func (s *Shop) Replies(language string) Replies {
	for _, l := range []string{language, languageOf(s.Locale), "en"} {
		if r, ok := s.SMSReplies[l]; ok {
			return r
		}
	}
	return Replies{}
}
