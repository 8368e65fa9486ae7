package policy

import (
	"time"

	"rapport/pkg/schedule"
)

// QuietFrom is when the next quiet hours begin for a message that may go out now: what a provider
// holds back until then must not arrive any more. Zero: the channel has none, or the message is
// exempt from them.
func (p *Policy) QuietFrom(r Request) time.Time {
	q := p.question(r)
	w, ok := q.p.Quiet[r.Channel]
	if !ok || q.exempt() || w.From == w.To {
		return time.Time{}
	}
	day := schedule.Window{From: w.To, To: w.From} // all that is not quiet
	var first time.Time
	zones := q.zones()
	for _, z := range zones {
		if at := day.Ends(r.Now, z); first.IsZero() || at.Before(first) {
			first = at
		}
	}
	if quiet, _ := q.quiet(first); !quiet {
		first = day.Ends(r.Now, zones[0]) // Zones so far apart that the likeliest alone decides.
	}
	return first.UTC()
}
