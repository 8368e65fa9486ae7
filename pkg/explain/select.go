package explain

import (
	"slices"
	"time"

	"rapport/pkg/condition"
	"rapport/pkg/journey"
)

// Query is what somebody wants to know; the zero Query is everything.
type Query struct {
	Journey string
	Message string // only what led to this message
	// At is where to stop looking; zero: at the end. It has to be the Input's Until, or later.
	At time.Time
}

// Report answers a query.
func (r *Replay) Report(q Query) Report {
	out := Report{Profile: r.in.Profile, Journey: q.Journey, Message: q.Message, At: q.At, Moments: []Moment{}, Notes: r.in.Notes}
	if len(r.in.IDs) > 1 {
		out.IDs = r.in.IDs
	}
	instance := ""
	if q.Message != "" {
		instance, out.Journey = r.of(q.Message)
		if q.Journey != "" {
			out.Journey = q.Journey
		}
	}
	segments := r.segments(out.Journey)
	for _, m := range r.moments {
		kept := m
		kept.Lines = nil
		for _, l := range m.Lines {
			if !concerns(&l, out.Journey, instance, segments) {
				continue
			}
			kept.Lines = append(kept.Lines, l)
			if q.Message != "" && (l.Message == q.Message || l.Really != nil && l.Really.ID == q.Message) {
				break
			}
		}
		if q.Message != "" {
			kept.Lines = chain(kept.Lines, out.Journey, instance)
		}
		if slices.ContainsFunc(kept.Lines, telling) {
			out.Moments = append(out.Moments, kept)
		}
		if reached(kept.Lines, q.Message) {
			break
		}
	}
	for _, m := range r.missing {
		if (out.Journey == "" || m.Journey == out.Journey) && (q.Message == "" || m.ID == q.Message) {
			out.Missing = append(out.Missing, m)
		}
	}
	out.Answer = r.answer(&out, q)
	return out
}

func reached(lines []Line, id string) bool {
	return id != "" && slices.ContainsFunc(lines, func(l Line) bool { return l.Message == id || l.Really != nil && l.Really.ID == id })
}

// of is the instance and journey that a message belongs to, in the replay or as recorded.
func (r *Replay) of(id string) (instance, journey string) {
	for _, m := range r.moments {
		for _, l := range m.Lines {
			if l.Message == id || l.Really != nil && l.Really.ID == id {
				return l.Instance, l.Journey
			}
		}
	}
	for _, m := range r.in.Recorded {
		if m.ID == id {
			return m.Instance, m.Journey
		}
	}
	return "", ""
}

// concerns reports whether a line is about the journey, or about a segment that it goes by.
func concerns(l *Line, journey, instance string, segments map[string]bool) bool {
	switch {
	case journey == "":
		return true
	case l.Segment != "":
		return segments[l.Segment]
	case l.Journey == "":
		return true // what the engine makes: shown where something of the journey is
	case l.Journey != journey:
		return false
	}
	return instance == "" || l.Instance == "" || l.Instance == instance
}

// chain keeps of the questions of entering only those of the entry itself.
func chain(lines []Line, journey, instance string) []Line {
	entered := slices.ContainsFunc(lines, func(l Line) bool { return l.Kind == Entered && l.Instance == instance })
	mine := slices.ContainsFunc(lines, func(l Line) bool { return l.Instance == instance })
	return slices.DeleteFunc(slices.Clone(lines), func(l Line) bool {
		return !mine || l.Instance == "" && l.Journey == journey && !entered
	})
}

// telling reports whether a line is worth a moment of its own.
func telling(l Line) bool { return l.Kind != Made }

// segments are those that a journey is entered by, whose audience it writes to, or that its
// conditions name.
func (r *Replay) segments(name string) map[string]bool {
	list := map[string]bool{}
	for _, p := range r.in.Phases {
		for _, defs := range [][]*journey.Definition{p.Config.Journeys, p.Config.Old} {
			for _, d := range defs {
				if d.Name != name {
					continue
				}
				if d.Enter.Segment != nil {
					list[d.Enter.Segment.Segment] = true
				}
				if d.Enter.Broadcast != nil && d.Enter.Broadcast.Audience != "" {
					list[d.Enter.Broadcast.Audience] = true
				}
				for _, c := range conditions(d) {
					for _, s := range namedBy(c) {
						list[s] = true
					}
				}
			}
		}
	}
	return list
}

// conditions are all of a journey.
func conditions(d *journey.Definition) []journey.Condition {
	list := []journey.Condition{d.Enter.If}
	for _, l := range d.Leave {
		list = append(list, l.If)
	}
	if d.Goal != nil {
		list = append(list, d.Goal.If)
	}
	journey.Walk(d.Steps, func(s *journey.Step) {
		if s.Branch != nil {
			for _, c := range s.Branch.Cases {
				list = append(list, c.If)
			}
		}
		if s.Wait != nil {
			list = append(list, s.Wait.Until)
			for _, e := range s.Wait.Events {
				list = append(list, e.If)
			}
		}
	})
	return slices.DeleteFunc(list, func(c journey.Condition) bool { return c == nil })
}

// namedBy are the segments that a condition asks for by name.
func namedBy(c journey.Condition) []string { return condition.DepsOf(c).Segments }
