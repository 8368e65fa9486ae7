package policy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"rapport/pkg/message"
)

// Throttle bounds what goes through a provider, or to the recipients of a domain, in a
// time; one that names neither, nor a channel, bounds all messages together. The workers
// that deliver carry it out; here it is held, checked and described.
type Throttle struct {
	Provider string          // empty: any
	Domain   string          // of the recipient's address; empty: any
	Channel  message.Channel // empty: any
	AtMost   int
	Per      time.Duration
}

// Describe tells the rules in English, one line for each, for documents and explanations.
func (p *Policy) Describe() []string {
	var lines []string
	for i := range p.Caps {
		lines = append(lines, p.Caps[i].Describe())
	}
	if r := p.Reserve; r != nil {
		lines = append(lines, r.Describe())
	}
	for _, c := range sortedKeys(p.Quiet) {
		lines = append(lines, describeQuiet(c, p.Quiet[c]))
	}
	if p.Holdout > 0 {
		lines = append(lines, describeHoldout(p.Holdout))
	}
	if len(p.Purposes) > 0 {
		lines = append(lines, "people can agree to "+strings.Join(p.Purposes, ", "))
	}
	for _, c := range sortedKeys(p.DoubleOptIn) {
		lines = append(lines, fmt.Sprintf("agreeing to %s by %s counts once it is confirmed", strings.Join(p.DoubleOptIn[c], ", "), c))
	}
	if p.WriteLess != nil {
		lines = append(lines, p.fewer().Describe())
	}
	for i := range p.Throttles {
		lines = append(lines, p.Throttles[i].Describe())
	}
	if p.LateAfter > 0 {
		lines = append(lines, "events older than "+span(p.LateAfter)+" when they come begin nothing")
	}
	return lines
}

// Describe tells the cap: at most 4 marketing messages in any 7 days.
func (c *Cap) Describe() string {
	var b strings.Builder
	b.Grow(96)
	if c.asked {
		b.WriteString("who asked for fewer messages gets ")
	}
	b.WriteString("at most " + strconv.Itoa(c.AtMost) + " ")
	if c.Category != "" {
		b.WriteString(string(c.Category) + " ")
	}
	b.WriteString(plural(c.AtMost, "message"))
	if c.Purpose != "" {
		b.WriteString(" about " + c.Purpose)
	}
	if c.Channel != "" {
		b.WriteString(" by " + string(c.Channel))
	}
	if c.Journey != "" {
		b.WriteString(" from journey " + c.Journey)
	} else if c.PerJourney {
		b.WriteString(" from each journey")
	}
	b.WriteString(" in any " + span(c.Per))
	if c.Category == "" {
		b.WriteString(", transactional ones not counted")
	}
	return b.String()
}

// Describe tells the reserve.
func (r *Reserve) Describe() string {
	last := "the last slot of each cap is"
	if r.Slots != 1 {
		last = fmt.Sprintf("the last %d slots of each cap are", r.Slots)
	}
	return fmt.Sprintf("%s kept for messages of priority %d or more", last, r.PriorityAtLeast)
}

// Describe tells the throttle: at most 100 messages by email through ses to gmail.com in 1 minute.
func (t *Throttle) Describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "at most %d %s", t.AtMost, plural(t.AtMost, "message"))
	if t.Channel != "" {
		b.WriteString(" by " + string(t.Channel))
	}
	if t.Provider != "" {
		b.WriteString(" through " + t.Provider)
	}
	if t.Domain != "" {
		b.WriteString(" to " + t.Domain)
	}
	b.WriteString(" in " + span(t.Per) + ", to all people together; more wait")
	return b.String()
}

// span writes a duration in the largest unit that divides it: 7 days, 24 hours.
func span(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{day, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if d >= u.of && d%u.of == 0 {
			n := int(d / u.of)
			if u.of == day && n == 1 {
				return "24 hours" // a day might be read as a calendar day, and caps roll
			}
			return strconv.Itoa(n) + " " + plural(n, u.name)
		}
	}
	return d.String()
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// sortedKeys are the channels that something is said of, in an order that does not change.
func sortedKeys[V any](m map[message.Channel]V) []message.Channel { return slices.Sorted(maps.Keys(m)) }
