package profile

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

// Consent is the latest decision of the person about one purpose on one channel. Its purpose
// is event.Everything for a withdrawal of all of them, whatever they are called: what is
// agreed to later counts, what was before does not.
type Consent struct {
	Channel message.Channel `cbor:"1,keyasint"`
	Purpose string          `cbor:"2,keyasint"`
	Granted bool            `cbor:"3,keyasint,omitempty"`
	Source  string          `cbor:"4,keyasint,omitempty"`
	At      time.Time       `cbor:"5,keyasint"`
	Proof   string          `cbor:"6,keyasint,omitempty"`
	// Confirmed is when the second step of a double opt-in was last made since they last
	// refused; zero: not.
	Confirmed time.Time `cbor:"7,keyasint,omitzero"`
	// Refused is when they last refused, where they have agreed since.
	Refused time.Time `cbor:"8,keyasint,omitzero"`
}

// channelsOf are those that a word about a channel is about. A webhook goes to the shop, and
// nobody is asked about it.
func channelsOf(name string) []message.Channel {
	if name == event.Everything {
		return []message.Channel{message.Email, message.SMS, message.WhatsApp}
	}
	return []message.Channel{message.Channel(name)}
}

// word takes in what the person said in an event. What cannot be meant, a yes to everything
// that may ever come, is nothing.
func (p *Profile) word(u *event.ConsentUpdate, e *event.Event) {
	if u.Purpose == event.Everything && u.Granted {
		return
	}
	s := Statement{
		Channel: u.Channel, Purpose: u.Purpose, Granted: u.Granted, Confirmed: u.Granted && u.Confirmed, Source: u.Source,
		Proof: event.CutProof(u.Proof), At: u.At, Event: e.UID(),
	}
	if s.At.IsZero() {
		s.At = e.Time
	}
	p.enter(&s)
	for _, c := range channelsOf(u.Channel) {
		if p.Voices == nil {
			p.Consent = hear(p.Consent, c, &s)
		} else {
			p.speak(c, &s)
		}
	}
}

// hear keeps the latest word on a channel: an older one that arrives late changes nothing
// that was said later, and of two at the same time a refusal wins.
func hear(list []Consent, c message.Channel, s *Statement) []Consent {
	mine, all := -1, -1
	for i := range list {
		k := &list[i]
		if k.Channel != c {
			continue
		}
		if k.Purpose == s.Purpose {
			mine = i
		} else if s.Purpose == event.Everything {
			k.hear(s)
		}
		if k.Purpose == event.Everything {
			all = i
		}
	}
	if mine >= 0 {
		list[mine].hear(s)
		return list
	}
	k := Consent{Channel: c, Purpose: s.Purpose}
	if all >= 0 { // All purposes were refused, this one among them.
		k = list[all].about(s.Purpose)
	}
	k.hear(s)
	list = append(list, k)
	slices.SortFunc(list, compareConsents)
	return list
}

// about is what a refusal of everything means for a purpose.
func (k *Consent) about(purpose string) Consent {
	return Consent{Channel: k.Channel, Purpose: purpose, Source: k.Source, Proof: k.Proof, At: k.At}
}

func compareConsents(a, b Consent) int {
	return cmp.Or(cmp.Compare(a.Channel, b.Channel), strings.Compare(a.Purpose, b.Purpose))
}

// hear takes in a word. What is kept are maxima of times, so that the order in which words
// arrive does not matter.
func (k *Consent) hear(s *Statement) {
	no := k.Refused // when they last refused
	if !k.Granted {
		no = k.At
	}
	if !s.Granted && s.At.After(no) {
		no = s.At
	}
	if s.Confirmed && s.At.After(k.Confirmed) {
		k.Confirmed = s.At
	}
	if !k.Confirmed.After(no) {
		k.Confirmed = time.Time{}
	}
	order := s.At.Compare(k.At)
	if order == 0 && s.Granted != k.Granted {
		order = 1
		if s.Granted {
			order = -1
		}
	}
	if order = cmp.Or(order, strings.Compare(s.Source, k.Source), strings.Compare(s.Proof, k.Proof)); order > 0 {
		k.Granted, k.Source, k.Proof, k.At = s.Granted, s.Source, s.Proof, s.At
	}
	if k.Refused = no; !k.Granted {
		k.Refused = time.Time{} // That is At.
	}
}

// consentTo is the latest word on a purpose; nil when there is none.
func (p *Profile) consentTo(c message.Channel, purpose string) *Consent {
	return consentTo(p.Consent, c, purpose)
}

func consentTo(list []Consent, c message.Channel, purpose string) *Consent {
	for i := range list {
		if k := &list[i]; k.Channel == c && k.Purpose == purpose {
			return k
		}
	}
	return nil
}

// Consents reports whether the person's latest word on the purpose and channel was yes.
// No word is no.
func (p *Profile) Consents(c message.Channel, purpose string) bool {
	k := p.consentTo(c, purpose)
	return k != nil && k.Granted
}

// Confirms reports whether that yes was confirmed by the second step of a double opt-in, and
// not withdrawn since.
func (p *Profile) Confirms(c message.Channel, purpose string) bool {
	k := p.consentTo(c, purpose)
	return k != nil && k.Granted && !k.Confirmed.IsZero()
}

// knows reports whether a word says nothing new.
func (p *Profile) knows(u *event.ConsentUpdate) bool {
	for _, c := range channelsOf(u.Channel) {
		k := p.consentTo(c, u.Purpose)
		if k == nil || k.Granted != u.Granted || u.Confirmed && k.Granted && k.Confirmed.IsZero() {
			return false
		}
		if u.Purpose == event.Everything && slices.ContainsFunc(p.Consent, func(k Consent) bool { return k.Channel == c && k.Granted }) {
			return false
		}
	}
	return true
}
