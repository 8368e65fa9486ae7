package portal

import (
	"net/http"
	"slices"

	"rapport/pkg/event"
	"rapport/pkg/link"
	"rapport/pkg/message"
)

// unsubscribePage asks, or says what was done.
type unsubscribePage struct {
	frame
	Channel message.Channel
	Purpose string // its title; "" for all
	Address string // masked
	// State is "ask", "done" or "undone".
	State string
	// Preferences is the path of the preference centre; "" where it is not there.
	Preferences string
	// Undo says that it can be undone, and Restore what would be granted again.
	Undo    bool
	Restore []string
}

// Title is the page's.
func (p *unsubscribePage) Title() (string, error) { return p.T("unsubscribe_" + p.State + "_title") }

// unsubscribe is the page of a ticket. Of one that has expired it tells nothing of the person.
func (s *Service) unsubscribe(r *request, t *link.Ticket, why reason, state string) (*unsubscribePage, Person) {
	var person Person
	if why == "" {
		person = s.person(r.Context(), t.Profile)
	}
	p := &unsubscribePage{frame: s.frame(r, person.Locale), Channel: channelOf(t), State: state}
	p.Purpose = p.title(purposeOf(t))
	p.Address = mask(person.Addresses[p.Channel])
	if why == "" && s.o.Person != nil {
		p.Preferences = "/p/" + r.PathValue("token")
	}
	return p, person
}

// serveUnsubscribe shows a button, and changes nothing.
func (s *Service) serveUnsubscribe(r *request) {
	t, why := s.open(r.PathValue("token"), r.now, link.Unsubscribe)
	if why != "" && why != expired {
		s.refuse(r, why)
		return
	}
	p, _ := s.unsubscribe(r, &t, why, "ask")
	s.render(r, http.StatusOK, "unsubscribe.html", p)
}

// takeUnsubscribe withdraws, or undoes it.
func (s *Service) takeUnsubscribe(r *request) {
	t, why := s.open(r.PathValue("token"), r.now, link.Unsubscribe)
	if why != "" && why != expired { // Withdrawing works for ever.
		s.refuse(r, why)
		return
	}
	if refused := r.parse(); refused != "" {
		s.refuse(r, refused)
		return
	}
	if r.oneClick() {
		s.withdrawAtOnce(r, &t)
		return
	}
	if refused := s.read(r); refused != "" {
		s.refuse(r, refused)
		return
	}
	switch {
	case r.PostForm.Get("action") == "undo" && why == "":
		s.undo(r, &t)
	case r.PostForm.Get("action") == "undo":
		s.refuse(r, why)
	default:
		s.withdraw(r, &t, why)
	}
}

// withdrawAtOnce is for mail clients: no page, no redirect (RFC 8058, 3.1).
func (s *Service) withdrawAtOnce(r *request, t *link.Ticket) {
	d := about(t)
	d.Kind = "one_click"
	d.Profile = &event.ProfileUpdate{Consent: []event.ConsentUpdate{
		word(r, channelOf(t), purposeOf(t), false, "one-click", s.proof(r, "one-click (RFC 8058)", "")),
	}}
	if !s.store(r, event.EmailUnsubscribed, t, d, r.wish()) {
		return
	}
	s.metrics.changed(r.Context(), "unsubscribed_one_click")
	r.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = r.w.Write([]byte("unsubscribed\n"))
}

// withdraw takes the consent back, and offers to undo that.
func (s *Service) withdraw(r *request, t *link.Ticket, why reason) {
	p, person := s.unsubscribe(r, t, why, "done")
	d := about(t)
	d.Kind = "page"
	d.Profile = &event.ProfileUpdate{Consent: []event.ConsentUpdate{
		word(r, channelOf(t), purposeOf(t), false, "unsubscribe page", s.proof(r, "unsubscribe page", "in "+p.Lang)),
	}}
	if !s.store(r, event.EmailUnsubscribed, t, d, r.wish()) {
		return
	}
	s.metrics.changed(r.Context(), "unsubscribed_page")
	if why == "" {
		// Nobody can be put back on everything, only on what they had.
		p.Restore = granted(person, p.Channel)
		if t.Purpose != "" && t.Purpose != event.Everything {
			p.Restore = []string{t.Purpose}
		}
		p.Undo = len(p.Restore) > 0
	}
	s.render(r, http.StatusOK, "unsubscribe.html", p)
}

// granted are the purposes that the person has on a channel.
func granted(person Person, channel message.Channel) []string {
	var names []string
	for _, c := range person.Consents {
		if c.Granted && c.Channel == channel && c.Purpose != event.Everything {
			names = append(names, c.Purpose)
		}
	}
	return names
}

// undo grants again what the form names, as far as the ticket reaches. The token came to the address, so the address is
// the person's: no second opt-in is needed.
func (s *Service) undo(r *request, t *link.Ticket) {
	p, _ := s.unsubscribe(r, t, "", "undone")
	d := about(t)
	update := &event.ProfileUpdate{}
	for _, purpose := range r.PostForm["purpose"] {
		known := purpose == t.Purpose || slices.ContainsFunc(p.Shop.Purposes, func(have Purpose) bool { return have.Name == purpose })
		if !known || purpose == event.Everything || purposeOf(t) != event.Everything && purpose != t.Purpose {
			continue
		}
		again := word(r, channelOf(t), purpose, true, "unsubscribe page", s.proof(r, "unsubscribe page, undone", "in "+p.Lang))
		again.Confirmed = true
		update.Consent = append(update.Consent, again)
	}
	if len(update.Consent) == 0 {
		s.refuse(r, notForm)
		return
	}
	d.Profile = update
	if !s.store(r, event.PreferencesChanged, t, d, r.wish()) {
		return
	}
	s.metrics.changed(r.Context(), "unsubscribe_undone")
	s.render(r, http.StatusOK, "unsubscribe.html", p)
}
