package portal

import (
	"net/http"

	"rapport/pkg/event"
	"rapport/pkg/link"
	"rapport/pkg/message"
)

// confirmPage asks, or thanks.
type confirmPage struct {
	frame
	Channel message.Channel
	Purpose string // its title
	Address string // masked
	State   string // "ask" or "done"
}

// Title is the page's.
func (p *confirmPage) Title() (string, error) { return p.T("confirm_" + p.State + "_title") }

// serveConfirm shows a button: scanners fetch links, so fetching one is no confirmation.
func (s *Service) serveConfirm(r *request) {
	if t, ok := s.confirmable(r); ok {
		s.render(r, http.StatusOK, "confirm.html", s.confirm(r, &t, "ask"))
	}
}

// confirmable opens the ticket. One without a purpose confirms nothing.
func (s *Service) confirmable(r *request) (link.Ticket, bool) {
	t, why := s.open(r.PathValue("token"), r.now, link.Confirm)
	if why == "" && purposeOf(&t) == event.Everything {
		why = forged
	}
	if why != "" {
		s.refuse(r, why)
	}
	return t, why == ""
}

func (s *Service) confirm(r *request, t *link.Ticket, state string) *confirmPage {
	person := s.person(r.Context(), t.Profile)
	p := &confirmPage{frame: s.frame(r, person.Locale), Channel: channelOf(t), State: state, Address: mask(person.Addresses[channelOf(t)])}
	p.Purpose = p.title(t.Purpose)
	return p
}

// takeConfirm is the second step of a double opt-in.
func (s *Service) takeConfirm(r *request) {
	t, ok := s.confirmable(r)
	if !ok {
		return
	}
	if why := s.read(r); why != "" {
		s.refuse(r, why)
		return
	}
	p := s.confirm(r, &t, "done")
	d := about(&t)
	yes := word(r, p.Channel, t.Purpose, true, "double opt-in", s.proof(r, "confirmation page", "in "+p.Lang+": "+p.Purpose))
	yes.Confirmed = true
	d.Profile = &event.ProfileUpdate{Consent: []event.ConsentUpdate{yes}}
	if !s.store(r, event.ConsentConfirmed, &t, d, r.wish()) {
		return
	}
	s.metrics.changed(r.Context(), "confirmed")
	s.render(r, http.StatusOK, "confirm.html", p)
}
