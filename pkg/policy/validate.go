package policy

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"rapport/pkg/message"
)

// Problem is a mistake in a policy, with the field it is in as policy.yaml spells it, such
// as caps[1].at_most.
type Problem struct {
	Field string
	Text  string // what is wrong, and what would be right
}

// Error is the problem in one line.
func (p Problem) Error() string { return p.Field + ": " + p.Text }

// Bounds of a policy.
const (
	// maxAtMost is what a log certainly remembers of one cap.
	maxAtMost = 200
	maxPer    = 365 * day
	// maxPriority is the highest priority of a journey.
	maxPriority = 100
)

// problems gathers what is wrong.
type problems []Problem

func (l *problems) add(field, format string, args ...any) {
	*l = append(*l, Problem{field, fmt.Sprintf(format, args...)})
}

// Validate returns all that is wrong with the policy; nothing when it can be used.
func (p *Policy) Validate() []Problem {
	var l problems
	for i := range p.Caps {
		l.checkCap(fmt.Sprintf("caps[%d].", i), &p.Caps[i], p)
	}
	l.checkReserve(p)
	for _, c := range sortedKeys(p.Quiet) {
		field := "quiet_hours." + string(c)
		l.checkChannel(field, c)
		if w := p.Quiet[c]; w.From == w.To {
			l.add(field, "from and to are both %s, so that no time is quiet; leave the channel out if that is meant", w.From)
		}
	}
	if math.IsNaN(p.Holdout) || p.Holdout < 0 || p.Holdout > 1 {
		l.add("holdout", "must be from 0%% to 100%%")
	}
	for i, name := range p.Purposes {
		field := fmt.Sprintf("purposes[%d]", i)
		switch {
		case strings.TrimSpace(name) == "":
			l.add(field, "a purpose needs a name, such as product-news")
		case slices.Contains(p.Purposes[:i], name):
			l.add(field, "%s is listed twice", name)
		}
	}
	l.checkWishes(p)
	if p.LateAfter < 0 || p.LateAfter > maxPer {
		l.add("late_after", "must be at most 365d, not %s", p.LateAfter)
	}
	for i := range p.Throttles {
		l.checkThrottle(fmt.Sprintf("throttles[%d].", i), &p.Throttles[i])
	}
	return l
}

func (l *problems) checkCap(at string, c *Cap, p *Policy) {
	if c.Channel != "" {
		l.checkChannel(at+"channel", c.Channel)
	}
	if c.Category != "" && c.Category != message.Marketing && c.Category != message.Transactional {
		l.add(at+"category", "%q is no category: write %s or %s, or leave it out", c.Category, message.Marketing, message.Transactional)
	}
	if c.Purpose != "" && len(p.Purposes) > 0 && !slices.Contains(p.Purposes, c.Purpose) &&
		c.Purpose != string(message.Marketing) && c.Purpose != string(message.Transactional) {
		l.add(at+"purpose", "%q is none of the purposes (%s)", c.Purpose, strings.Join(p.Purposes, ", "))
	}
	if c.Journey != "" && c.PerJourney {
		l.add(at+"per_journey", "the cap is on one journey already; leave out journey or per_journey")
	}
	if c.AtMost < 1 || c.AtMost > maxAtMost {
		l.add(at+"at_most", "must be from 1 to %d, not %d", maxAtMost, c.AtMost)
	}
	l.checkPer(at+"per", c.Per)
}

func (l *problems) checkPer(field string, per time.Duration) {
	if per <= 0 || per > maxPer {
		l.add(field, "must be longer than nothing and at most 365d, not %s", per)
	}
}

// checkReserve wants at least one cap that the reserve fits into. A cap that is too small
// for it may stand beside: one text a day, of which none can be kept back.
func (l *problems) checkReserve(p *Policy) {
	r := p.Reserve
	if r == nil {
		return
	}
	if r.PriorityAtLeast < 1 || r.PriorityAtLeast > maxPriority {
		l.add("reserve.priority_at_least", "must be from 1 to %d, not %d", maxPriority, r.PriorityAtLeast)
	}
	largest := 0
	for i := range p.Caps {
		largest = max(largest, p.Caps[i].AtMost)
	}
	switch {
	case r.Slots < 1:
		l.add("reserve.slots", "must be at least 1, not %d", r.Slots)
	case len(p.Caps) == 0:
		l.add("reserve", "there are no caps to keep slots of")
	case r.Slots >= largest:
		l.add("reserve.slots", "must be less than the at_most of a cap; the largest allows %d, and one slot always stays open to everybody", largest)
	}
}

func (l *problems) checkThrottle(at string, t *Throttle) {
	if t.Channel != "" {
		l.checkChannel(at+"channel", t.Channel)
	}
	if t.Domain != "" && (t.Domain != strings.ToLower(t.Domain) || strings.ContainsAny(t.Domain, "@ /") || !strings.Contains(t.Domain, ".")) {
		l.add(at+"domain", "%q is no domain in small letters, such as gmail.com", t.Domain)
	}
	if t.AtMost < 1 {
		l.add(at+"at_most", "must be at least 1, not %d", t.AtMost)
	}
	l.checkPer(at+"per", t.Per)
}

func (l *problems) checkChannel(field string, c message.Channel) {
	if !slices.Contains(message.Channels(), c) {
		names := make([]string, 0, 4)
		for _, known := range message.Channels() {
			names = append(names, string(known))
		}
		l.add(field, "%q is no channel: there are %s", c, strings.Join(names, ", "))
	}
}
