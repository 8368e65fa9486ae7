package plan

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// WriteText writes the plan for people: what changes, and of what does not only how many
// there are.
func (p *Plan) WriteText(w io.Writer) error {
	var b strings.Builder
	p.head(&b)
	p.journeys(&b)
	if len(p.Segments) > 0 {
		b.WriteString("\nSegments\n")
		width := 0
		for _, s := range p.Segments {
			width = max(width, utf8.RuneCountInString(s.Segment))
		}
		for _, s := range p.Segments {
			fmt.Fprintf(&b, "  %s %-*s  %s\n", mark(s.Change), width, s.Segment, sorting(s.Change))
		}
	}
	if len(p.Policy) > 0 {
		b.WriteString("\nPolicy\n")
		for _, c := range p.Policy {
			fmt.Fprintf(&b, "  %s %s\n", mark(c.Change), c.Rule)
		}
	}
	if len(p.Files) > 0 {
		b.WriteString("\nFiles\n")
		for _, f := range p.Files {
			fmt.Fprintf(&b, "  %s %s\n", mark(f.Change), f.File)
		}
	}
	if len(p.Refusals) > 0 {
		b.WriteString("\nRefused\n")
		for _, r := range p.Refusals {
			b.WriteString("  ! " + r.Journey)
			if r.Version != "" {
				b.WriteString(" " + short(r.Version))
			}
			b.WriteString(": " + r.Problem + "\n")
		}
	}
	if len(p.Notes) > 0 {
		b.WriteString("\nNotes\n")
		for _, n := range p.Notes {
			b.WriteString("  " + n + "\n")
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	return nil
}

func (p *Plan) head(b *strings.Builder) {
	switch {
	case p.Nothing():
		fmt.Fprintf(b, "Workspace %s is in force already: nothing changes.\n", p.To)
	case p.From == "":
		fmt.Fprintf(b, "Workspace %s, the first that is put in force here\n", p.To)
	default:
		fmt.Fprintf(b, "Workspace %s -> %s\n", p.From, p.To)
	}
}

func (p *Plan) journeys(b *strings.Builder) {
	var shown []*JourneyChange
	quiet, inside := 0, 0
	width := 0
	for i := range p.Journeys {
		c := &p.Journeys[i]
		if c.still() {
			quiet++
			inside += c.Inside()
			continue
		}
		shown = append(shown, c)
		width = max(width, utf8.RuneCountInString(c.Journey))
	}
	if len(shown)+quiet == 0 {
		return
	}
	b.WriteString("\nJourneys\n")
	for _, c := range shown {
		fmt.Fprintf(b, "  %s %-*s  %s\n", mark(c.Changes[0]), width, c.Journey, c.words())
		groups(b, c.People)
	}
	if quiet > 0 {
		fmt.Fprintf(b, "  = %d unchanged; %s inside stay as they are\n", quiet, people(inside))
	}
}

// still reports whether nothing at all happens to the journey and those inside.
func (c *JourneyChange) still() bool {
	return slices.Equal(c.Changes, []Change{Unchanged}) &&
		!slices.ContainsFunc(c.People, func(g Group) bool { return g.Fate == Move || g.Fate == Leave || g.Fate == Refuse })
}

// words tell what becomes of a journey.
func (c *JourneyChange) words() string {
	var parts []string
	for _, ch := range c.Changes {
		switch ch {
		case Changed:
			parts = append(parts, fmt.Sprintf("changed %s -> %s, on_change: %s", short(c.From), short(c.To), c.OnChange))
		case New:
			parts = append(parts, "new "+short(c.To))
		case Resumed:
			parts = append(parts, "active: people enter, and who was kept goes on")
		case Paused:
			parts = append(parts, "paused: nobody enters, people inside are kept")
		case Drafted:
			parts = append(parts, "draft: nobody enters")
		case Archived:
			parts = append(parts, "archived: nobody enters, people inside leave")
		case Removed:
			parts = append(parts, "removed: people inside leave")
		case Unchanged:
			parts = append(parts, "unchanged")
		}
	}
	if slices.Equal(c.Changes, []Change{New}) {
		parts = append(parts, string(c.Status))
	}
	return strings.Join(parts, "; ")
}

// groups writes who rests where, in columns.
func groups(b *strings.Builder, list []Group) {
	steps, numbers := 0, 0
	for _, g := range list {
		steps = max(steps, utf8.RuneCountInString(g.place()))
		numbers = max(numbers, len(count(g.People)))
	}
	for _, g := range list {
		fmt.Fprintf(b, "      %-8s  %-*s  %*s  %s\n", short(g.Version), steps, g.place(), numbers, count(g.People), g.words())
	}
}

func (g *Group) place() string {
	if g.Step == "" {
		return "(ended)"
	}
	return g.Step
}

// words tell what happens to people.
func (g *Group) words() string {
	var text string
	switch g.Fate {
	case Stay:
		text = "stay as they are"
	case Drain:
		text = "stay and finish in their version"
	case Move:
		text = "move to step " + g.To
		if g.To == g.Step {
			text = "move to the same step of the new version"
		}
		if g.Starts {
			text += ", which begins at once"
		} else {
			text += ", with the time they had"
		}
	case Leave:
		text = "leave: " + g.Reason
	case Goal:
		text = "their goal is waited for as before"
	case Refuse:
		text = "REFUSED: nothing says where they go"
	}
	if g.Paused {
		text += "; kept while paused"
	}
	return text
}

// sorting tells what becomes of the members of a segment.
func sorting(c Change) string {
	switch c {
	case New:
		return "new: people are sorted into it in the background, which enters nobody"
	case Removed:
		return "removed: nobody is in it any more, which nothing hears of"
	}
	return "changed: people are sorted anew in the background, which enters nobody"
}

func mark(c Change) string {
	switch c {
	case New:
		return "+"
	case Removed, Archived:
		return "-"
	case Unchanged:
		return "="
	}
	return "~"
}

// short is what a version is called where space is scarce.
func short(version string) string {
	if len(version) > 8 {
		return version[:8]
	}
	return version
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return count(n) + " people"
}

// count writes a number with commas between thousands.
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
