package portal

import (
	"slices"
	"strings"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/link"
	"rapport/pkg/message"
)

// choice is a checkbox.
type choice struct {
	Channel          message.Channel
	Purpose          string
	Granted, Pending bool
}

// ID names the choice in the form: "email:newsletter".
func (c choice) ID() string { return string(c.Channel) + ":" + c.Purpose }

// Was is how the choice is shown, for the form to send back.
func (c choice) Was() string {
	if c.Granted {
		return "1:" + c.ID()
	}
	return "0:" + c.ID()
}

// topics are the shop's purposes as the person stands on them.
func topics(f *frame, person Person) []topic {
	var all []topic
	for i := range f.Shop.Purposes {
		purpose := &f.Shop.Purposes[i]
		t := topic{Text: purpose.text(f.Lang, f.Shop.Locale), Name: purpose.Name}
		for _, channel := range f.Shop.Channels {
			if channel == message.Webhook || len(purpose.Channels) > 0 && !slices.Contains(purpose.Channels, channel) {
				continue
			}
			c := choice{Channel: channel, Purpose: purpose.Name}
			for _, said := range person.Consents {
				if said.Channel == channel && said.Purpose == purpose.Name {
					c.Granted, c.Pending = said.Granted, said.Granted && said.Pending
				}
			}
			t.Choices = append(t.Choices, c)
		}
		if len(t.Choices) > 0 {
			all = append(all, t)
		}
	}
	return all
}

// chooseTopics puts what was chosen on the page, and returns what changed by it: against what the
// form showed, and against what is known now. Either alone would overlook something: what is known
// may be older than the form before this one, and the form may have stood open for long.
func (s *Service) chooseTopics(r *request, t *link.Ticket, p *preferencesPage) []event.ConsentUpdate {
	var words []event.ConsentUpdate
	for i := range p.Topics {
		for j := range p.Topics[i].Choices {
			c := &p.Topics[i].Choices[j]
			known, shown := c.Granted, slices.Contains(r.PostForm["was"], "1:"+c.ID())
			if !shown && !slices.Contains(r.PostForm["was"], "0:"+c.ID()) {
				continue // It was not on the form.
			}
			c.Granted = slices.Contains(r.PostForm["choice"], c.ID())
			if c.Granted == known && c.Granted == shown {
				continue
			}
			wording := "in " + p.Lang + ": " + p.Topics[i].Title
			said := word(r, c.Channel, c.Purpose, c.Granted, "preference centre", s.proof(r, "preference centre", wording))
			said.Confirmed = c.Granted && c.Channel == channelOf(t)
			c.Pending = c.Granted && c.Pending && !said.Confirmed
			words = append(words, said)
		}
	}
	return words
}

// chooseLess reads whether to write less.
func (p *preferencesPage) chooseLess(r *request, person Person, d *data) {
	chosen := r.PostForm.Get("less") == "1"
	if chosen != person.WriteLess || chosen != (r.PostForm.Get("less_was") == "1") {
		d.WriteLess = &chosen
	}
	p.WriteLess = chosen
}

// chooseBreak reads until when there is a break: nil for no change, the zero time to end it. wrong is the key of what
// cannot be.
func (p *preferencesPage) chooseBreak(r *request, person Person) (until *time.Time, wrong string) {
	zone, chosen := zoneOf(person), r.PostForm.Get("break")
	p.Date = clip(r.PostForm.Get("date"), len(day))
	switch chosen {
	case "1", "3", "6":
		end := r.now.AddDate(0, int(chosen[0]-'0'), 0).Truncate(time.Second)
		p.pause(end, zone)
		return &end, ""
	case "date":
		p.Break = "date"
		end, err := time.ParseInLocation(day, p.Date, zone)
		switch {
		case err != nil:
			return nil, "error_date"
		case !end.After(r.now):
			return nil, "error_past"
		case end.After(r.now.AddDate(longestBreakYears, 0, 1)):
			return nil, "error_far"
		}
		p.pause(end, zone)
		p.Date = ""
		return &end, ""
	case "none":
		was := r.PostForm.Get("paused_until") != "" || p.Paused != ""
		p.Paused, p.PausedUntil, p.Break = "", "", "none"
		if was {
			return &time.Time{}, ""
		}
	case "keep": // As the form showed it, which may be newer than what is known.
		if shown, err := time.Parse(time.RFC3339, r.PostForm.Get("paused_until")); err == nil && shown.After(r.now) && !shown.Equal(person.PausedUntil) {
			p.pause(shown, zone)
		}
	}
	return nil, ""
}

// Has reports whether there is something wrong with a field.
func (p *preferencesPage) Has(part string) bool {
	return slices.ContainsFunc(p.Errors, func(e string) bool { return strings.HasPrefix(e, part) })
}
