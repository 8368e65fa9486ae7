package workspace

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/pkg/journey"
	"rapport/pkg/schedule"
	"rapport/pkg/workspace/source"
)

// form is one way to enter: the key that makes it, and those that go with it alone.
type form struct {
	key, means string
	with       []string
	read       func(r *reader, n *source.Node, e *journey.Entry)
}

func forms() []form {
	return []form{
		{"on", "an event enters", []string{"key", "grace"}, (*reader).entersOn},
		{"segment", "a change of membership enters", nil, (*reader).entersSegment},
		{"schedule", "a calendar enters an audience", []string{"audience", "local", "over"}, (*reader).entersSchedule},
		{"date", "a date of the profile enters every year", []string{"offset", "at"}, (*reader).entersDate},
		{"prediction", "a model's number enters", nil, (*reader).entersPrediction},
		{"at", "a moment enters an audience", []string{"audience", "local", "over"}, (*reader).entersAt},
	}
}

func entryKeys() source.Keys {
	return source.Keys{Known: []string{
		"on", "segment", "schedule", "date", "prediction", "at", "if", "when", "key", "grace", "again", "meanwhile",
		"audience", "local", "over", "offset",
	}}
}

// entry reads enter:.
func (r *reader) entry(n *source.Node) journey.Entry {
	e := journey.Entry{Meanwhile: journey.Ignore}
	if n.Kind == source.Text {
		r.At(n.File, n.Place, "enter must be a mapping, not a text", "write enter: {on: "+n.Value+"}")
		return e
	}
	if !r.Fields(n, "enter", entryKeys()) {
		return e
	}
	if f := r.form(n); f != nil {
		f.read(r, n, &e)
		e.Again.Always = f.key != "on"
	}
	e.If = r.conditions(n, r.before(r.trigger))
	if again := n.Get("again"); again != nil {
		e.Again = r.again(again)
	}
	e.Meanwhile = journey.Meanwhile(r.Choice(n.Get("meanwhile"), "meanwhile", string(journey.Ignore), string(journey.Restart), string(journey.Parallel)))
	return e
}

// form finds the one form of an entry, and refuses the keys of others.
func (r *reader) form(n *source.Node) *form {
	var found *form
	for _, f := range forms() {
		at := keyPlace(n, f.key)
		switch {
		case n.Get(f.key) == nil:
		case found == nil:
			found = &f
		case slices.Contains(found.with, f.key):
		default:
			r.At(n.File, at, fmt.Sprintf("a journey is entered in one way, and this one has %s: already", found.key), "make two journeys of it")
			return nil
		}
	}
	if found == nil {
		r.At(n.File, n.Place, "nobody enters", "name the event that does, on: order.completed; or use segment:, schedule:, at:, date: or prediction:")
		return nil
	}
	for _, f := range forms() {
		for _, key := range f.with {
			if n.Get(key) != nil && key != found.key && !slices.Contains(found.with, key) {
				r.At(n.File, keyPlace(n, key), fmt.Sprintf("%s: does not go with %s:", key, found.key), "it belongs to "+owners(key))
			}
		}
	}
	return found
}

// owners names the forms that a key goes with.
func owners(key string) string {
	var names []string
	for _, f := range forms() {
		if slices.Contains(f.with, key) {
			names = append(names, f.key+": ("+f.means+")")
		}
	}
	return strings.Join(slices.Compact(names), " and ")
}

// keyPlace is where a key of a mapping stands; the mapping's own place when it has none.
func keyPlace(n *source.Node, key string) source.Place {
	for _, p := range n.Pairs {
		if p.Key == key {
			return p.At
		}
	}
	return n.Place
}

func (r *reader) entersOn(n *source.Node, e *journey.Entry) {
	if r.required(n, "on", "name the event that enters, such as order.completed") {
		e.On = r.eventType(n.Get("on"))
	}
	r.trigger = e.On
	e.Key = r.value(n.Get("key"), r.before(e.On))
	if grace := n.Get("grace"); grace != nil {
		e.Grace = r.grace(grace)
		if n.Get("if") == nil && n.Get("when") == nil {
			r.At(n.File, keyPlace(n, "grace"), "grace: has nothing to ask again", "it is for an if: that may only hold a little later; leave it out")
		}
	}
}

// grace reads how long a condition that failed is asked again; 0s, not at all, is allowed.
func (r *reader) grace(n *source.Node) time.Duration {
	if d, err := schedule.ParseDuration(n.Value); n.Scalar() && err == nil && d == 0 {
		return 0
	}
	return r.atMost(n, "grace")
}

// entersSegment reads segment: {entered: NAME} or {left: NAME}.
func (r *reader) entersSegment(n *source.Node, e *journey.Entry) {
	r.trigger = journey.SegmentEntered
	part := n.Get("segment")
	e.Segment = &journey.Membership{}
	if part.Kind == source.Text {
		r.At(n.File, part.Place, "segment must say whether people enter or leave it", "write segment: {entered: "+part.Value+"}")
		return
	}
	if !r.Fields(part, "segment", source.Keys{Known: []string{"entered", "left"}}) {
		return
	}
	entered, left := part.Get("entered"), part.Get("left")
	switch {
	case entered != nil && left != nil:
		r.At(n.File, keyPlace(part, "left"), "a journey is entered in one way, and this one has entered: already", "make two journeys of it")
		return
	case left != nil:
		r.trigger, e.Segment.Left = journey.SegmentLeft, true
		entered = left
	case entered == nil:
		r.At(n.File, part.Place, "segment names none", "write segment: {entered: NAME} or {left: NAME}")
		return
	}
	e.Segment.Segment = r.Text(entered, "segment")
	r.knowsSegment(r.Report, entered, e.Segment.Segment)
}

// again reads how often the same person may enter.
func (r *reader) again(n *source.Node) journey.Again {
	switch {
	case n.Kind == source.Map:
		if r.Fields(n, "again", source.Keys{Known: []string{"after"}}) && r.required(n, "after", "say how long after the last entry: after: 30d") {
			return journey.Again{After: r.Duration(n.Get("after"), "after")}
		}
	case n.Kind == source.Text && n.Value == "never":
	case n.Kind == source.Text && n.Value == "always":
		return journey.Again{Always: true}
	default:
		r.At(n.File, n.Place, "again cannot be "+plainly(n), "use never, always, or {after: 30d}")
	}
	return journey.Again{}
}
