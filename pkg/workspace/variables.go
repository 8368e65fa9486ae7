package workspace

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/render"
)

// variables warns of what templates count on and no event brings, and of suggestions that
// nobody asked for.
func (l *linter) variables() {
	typ := entryType(&l.draft.Enter)
	known, closed := l.catalogue.Properties(typ)
	suggested := false
	journey.Walk(l.draft.Steps, func(s *journey.Step) { suggested = suggested || s.Recommend != nil })
	seen := map[string]bool{}
	journey.Walk(l.draft.Steps, func(s *journey.Step) {
		for _, what := range s.Sends() {
			key := string(what.Channel) + "/" + what.Template
			if seen[key] {
				continue
			}
			seen[key] = true
			uses := l.messages.Uses(what.Channel, what.Template)
			if closed {
				l.properties(uses, typ, slices.Sorted(maps.Keys(known)))
			}
			if !suggested {
				l.suggestions(s, what, uses)
			}
		}
	})
}

// entryType is the type of the event that enters, or stands for what enters.
func entryType(e *journey.Entry) string {
	switch {
	case e.Segment != nil && e.Segment.Left:
		return journey.SegmentLeft
	case e.Segment != nil:
		return journey.SegmentEntered
	case e.Broadcast != nil:
		return journey.ScheduleReached
	case e.Date != nil:
		return journey.DateReached
	case e.Prediction != nil:
		return "prediction." + e.Prediction.Prediction + "_changed"
	}
	return e.On
}

// properties warns of those that a type of event does not have. A template that works
// without one may be meant for several journeys, so of those only slips are told.
func (l *linter) properties(uses []render.Use, typ string, known []string) {
	known = append(known, "products", "product_count", "currency") // filled in for every template
	for _, u := range uses {
		root, rest, _ := strings.Cut(u.Path, ".")
		name, _, _ := strings.Cut(rest, ".")
		name = strings.TrimSuffix(name, "[]")
		if root != "trigger" && root != "event" || name == "" || slices.Contains(known, name) {
			continue
		}
		if near := spelling.Slip(name, known); near != "" || !u.Optional {
			at := u.Place
			at.Width = len([]rune(root + "." + name))
			l.Warn(u.File, at, fmt.Sprintf("%s, which enters %s, has no property %s", typ, l.draft.Name, name), spelling.DidYouMean(name, known))
		}
	}
}

// suggestions warns of a template that shows products where nobody looked for any.
func (l *linter) suggestions(s *journey.Step, what *journey.Send, uses []render.Use) {
	needs := slices.ContainsFunc(uses, func(u render.Use) bool {
		return !u.Optional && (u.Path == "recommendations" || strings.HasPrefix(u.Path, "recommendations["))
	})
	if needs {
		key := "send"
		if s.Survey != nil {
			key = "survey"
		}
		l.warn(s.ID, key, fmt.Sprintf("the template %s shows recommendations, and no step looks for any", what.Template), "add a step before it: recommend: {from: [bought_together]}")
	}
}

// capped reports whether a cap of the policy can keep messages of a category back.
func (x *references) capped(c message.Category) bool {
	if x.policy == nil {
		return false
	}
	for _, rule := range x.policy.Caps {
		if rule.Category == c || rule.Category == "" && c == message.Marketing {
			return true
		}
	}
	return false
}
