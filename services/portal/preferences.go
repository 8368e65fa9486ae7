package portal

import (
	"errors"
	"net/http"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/link"
)

// preferencesPage is the preference centre.
type preferencesPage struct {
	frame
	Addresses []string // masked
	Topics    []topic
	WriteLess bool
	// Paused is the day until which the person has a break, written out; "" for none. PausedUntil is the same for
	// the form.
	Paused, PausedUntil string
	Break               string // the option that is chosen: "keep", "none", "1", "3", "6" or "date"
	Date                string // what was put in, yyyy-mm-dd
	First, Last         string // the days that can be put in
	// Said is what happened: "", "saved", "unchanged" or "stopped"; Errors are the keys of what is wrong.
	Said   string
	Errors []string
}

// topic is a purpose on the page.
type topic struct {
	Text
	Name    string
	Choices []choice
}

// Title is the page's.
func (p *preferencesPage) Title() (string, error) { return p.T("preferences_title") }

const (
	// askWithin bounds the question who the person is, where there is no page without the answer.
	askWithin = 3 * time.Second
	day       = "2006-01-02"
	// longestBreak is how far away the end of a break may be.
	longestBreakYears = 2
)

// centre opens the ticket and finds the person; false when it has answered with a page.
func (s *Service) centre(r *request) (link.Ticket, Person, bool) {
	t, why := s.open(r.PathValue("token"), r.now, link.Preferences, link.Unsubscribe)
	if why != "" {
		s.refuse(r, why)
		return t, Person{}, false
	}
	person, err := s.personOrError(r.Context(), t.Profile, askWithin)
	switch {
	case errors.Is(err, ErrUnknown):
		s.refuse(r, unknown)
	case err != nil:
		s.log.WarnContext(r.Context(), "the preference centre needs to know the person", "error", err)
		s.refuse(r, notKnown)
	}
	return t, person, err == nil
}

// preferences is the page as things stand.
func (s *Service) preferences(r *request, person Person) *preferencesPage {
	p := &preferencesPage{frame: s.frame(r, person.Locale), WriteLess: person.WriteLess, Break: "none"}
	for _, c := range p.Shop.Channels {
		if shown := mask(person.Addresses[c]); shown != "" {
			p.Addresses = append(p.Addresses, shown)
		}
	}
	p.Topics = topics(&p.frame, person)
	zone := zoneOf(person)
	p.First = r.now.In(zone).AddDate(0, 0, 1).Format(day)
	p.Last = r.now.In(zone).AddDate(longestBreakYears, 0, 0).Format(day)
	if person.PausedUntil.After(r.now) {
		p.pause(person.PausedUntil, zone)
	}
	return p
}

// pause shows that there is a break.
func (p *preferencesPage) pause(until time.Time, zone *time.Location) {
	p.Paused, p.PausedUntil, p.Break = p.words.date(until.In(zone)), until.UTC().Format(time.RFC3339), "keep"
}

func zoneOf(person Person) *time.Location {
	if person.Zone == nil {
		return time.UTC
	}
	return person.Zone
}

func (s *Service) servePreferences(r *request) {
	if _, person, ok := s.centre(r); ok {
		s.render(r, http.StatusOK, "preferences.html", s.preferences(r, person))
	}
}

// takePreferences publishes what was chosen. The page then shows that, because what is stored follows a
// little later.
func (s *Service) takePreferences(r *request) {
	t, person, ok := s.centre(r)
	if !ok {
		return
	}
	if why := s.read(r); why != "" {
		s.refuse(r, why)
		return
	}
	p := s.preferences(r, person)
	if r.PostForm.Get("action") == "stop" {
		s.stopAll(r, &t, p)
		return
	}
	d := about(&t)
	until, wrong := p.chooseBreak(r, person)
	p.chooseLess(r, person, &d)
	words := s.chooseTopics(r, &t, p)
	if wrong != "" {
		p.Errors = []string{wrong}
		s.render(r, http.StatusUnprocessableEntity, "preferences.html", p)
		return
	}
	if until != nil {
		said := ""
		if !until.IsZero() {
			said = until.UTC().Format(time.RFC3339)
		}
		d.PauseUntil = &said
	}
	if len(words) > 0 {
		d.Profile = &event.ProfileUpdate{Consent: words}
	}
	if d.Profile == nil && d.PauseUntil == nil && d.WriteLess == nil {
		p.Said = "unchanged"
		s.render(r, http.StatusOK, "preferences.html", p)
		return
	}
	if !s.store(r, event.PreferencesChanged, &t, d, r.wish()) {
		return
	}
	s.metrics.changed(r.Context(), "preferences")
	p.Said = "saved"
	s.render(r, http.StatusOK, "preferences.html", p)
}

// stopAll withdraws everything on every channel.
func (s *Service) stopAll(r *request, t *link.Ticket, p *preferencesPage) {
	d := about(t)
	d.Profile = &event.ProfileUpdate{Consent: []event.ConsentUpdate{
		word(r, event.Everything, event.Everything, false, "preference centre", s.proof(r, "preference centre, stop everything", "in "+p.Lang)),
	}}
	if !s.store(r, event.PreferencesChanged, t, d, r.wish()) {
		return
	}
	s.metrics.changed(r.Context(), "stopped")
	for i := range p.Topics {
		for j := range p.Topics[i].Choices {
			p.Topics[i].Choices[j].Granted, p.Topics[i].Choices[j].Pending = false, false
		}
	}
	p.Said = "stopped"
	s.render(r, http.StatusOK, "preferences.html", p)
}
