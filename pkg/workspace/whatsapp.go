package workspace

import (
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
)

// unapproved warns of marketing that goes to WhatsApp as a text of its own: WhatsApp takes that only
// within 24 hours after the person has written (https://www.twilio.com/docs/whatsapp/key-concepts),
// and a journey that does not begin or wait with their word cannot know that they have.
func (l *linter) unapproved() {
	d := l.draft
	if d.Category != message.Marketing || d.Enter.On == event.WhatsAppReceived {
		return
	}
	answers := false
	journey.Walk(d.Steps, func(s *journey.Step) {
		if s.Wait == nil {
			return
		}
		for _, e := range s.Wait.Events {
			answers = answers || e.On == event.WhatsAppReceived
		}
	})
	if answers {
		return
	}
	journey.Walk(d.Steps, func(s *journey.Step) {
		for _, what := range s.Sends() {
			if what.Channel == message.WhatsApp && what.Template != "" && !l.messages.Approved(what.Template) {
				l.warn(s.ID, s.Kind(), "WhatsApp takes a text of our own only within 24 hours after the person has written",
					"have the wording approved, and write whatsapp/"+what.Template+".yaml in place of whatsapp/"+what.Template+".txt.liquid")
				return
			}
		}
	})
}
