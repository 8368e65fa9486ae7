package listener

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"

	"rapport/pkg/event"
	"rapport/pkg/feedback"
)

// reply is what a callback is answered with: nothing, or for what people write by SMS and WhatsApp a document of Twilio's
// (https://www.twilio.com/docs/messaging/twiml) with at most one message.
func (s *Service) reply(r *http.Request, body []byte, all []heard) answer {
	i := slices.IndexFunc(all, func(h heard) bool {
		return h.notice.Type == event.SMSReceived || h.notice.Type == event.WhatsAppReceived
	})
	if i < 0 {
		return answer{}
	}
	words := ""
	if s.o.Replies != nil && !answered(r, body) {
		words = wording(s.o.Replies(all[i].notice.Language), &all[i])
	}
	return answer{twiml: twiml(words)}
}

// answered reports whether Twilio has: it says so by OptOutType.
func answered(r *http.Request, body []byte) bool {
	if r.URL.Query().Has("OptOutType") {
		return true
	}
	form, _ := url.ParseQuery(string(body)) // It was read before; and a JSON body holds no such pair.
	return form.Get("OptOutType") != ""
}

// wording is what to answer. That somebody gets messages again is only confirmed when it is so.
func wording(replies Replies, h *heard) string {
	switch h.notice.Kind {
	case feedback.KindStop:
		return replies.Stop
	case feedback.KindAsk:
		return replies.Ask
	case feedback.KindHelp:
		return replies.Help
	case feedback.KindStart:
		if slices.ContainsFunc(h.origins, func(o feedback.Origin) bool { return len(o.Restore) > 0 }) {
			return replies.Start
		}
	}
	return ""
}

func twiml(words string) []byte {
	b := bytes.NewBufferString(xml.Header)
	if words == "" {
		b.WriteString("<Response/>")
		return b.Bytes()
	}
	b.WriteString("<Response><Message>")
	_ = xml.EscapeText(b, []byte(words)) // A buffer takes everything.
	b.WriteString("</Message></Response>")
	return b.Bytes()
}
