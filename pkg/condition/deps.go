package condition

import (
	"maps"
	"slices"
	"strings"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/profile"
)

// Deps are what a condition reads: what has to change before its answer can. All lists are
// sorted.
type Deps struct {
	Events      []string // types of events whose history it asks about
	Traits      []string
	Consent     []string // as CHANNEL.PURPOSE
	Predictions []string
	Segments    []string // that it names
	AllSegments bool     // it looks at the list of all
	Tags        bool
	Loyalty     bool
	Profile     bool // whether the person is known, and since when; whether they asked for a pause, or for less

	// Time tells that the answer can change as time passes, see journey.Scope.NextChange.
	Time bool
	// Event, Trigger and Sent tell that it reads the event at hand, the one that entered,
	// and what a journey has sent.
	Event, Trigger, Sent bool
}

// Dependent is a condition that knows what it reads.
type dependent interface{ dependsOn() Deps }

// DepsOf is what a condition of this package reads; of several, what any of them does.
func DepsOf(c journey.Condition) Deps {
	if d, ok := c.(dependent); ok {
		return d.dependsOn()
	}
	return Deps{}
}

func (c *condition) dependsOn() Deps { return c.deps }

func (all conjunction) dependsOn() Deps {
	var d Deps
	for _, c := range all {
		d.merge(DepsOf(c))
	}
	return d
}

func (d *Deps) merge(o Deps) {
	for _, of := range []struct {
		to   *[]string
		from []string
	}{
		{&d.Events, o.Events}, {&d.Traits, o.Traits}, {&d.Consent, o.Consent}, {&d.Predictions, o.Predictions}, {&d.Segments, o.Segments},
	} {
		for _, name := range of.from {
			insert(of.to, name)
		}
	}
	d.AllSegments = d.AllSegments || o.AllSegments
	d.Tags = d.Tags || o.Tags
	d.Loyalty = d.Loyalty || o.Loyalty
	d.Profile = d.Profile || o.Profile
	d.Time = d.Time || o.Time
	d.Event = d.Event || o.Event
	d.Trigger = d.Trigger || o.Trigger
	d.Sent = d.Sent || o.Sent
}

func insert(names *[]string, name string) {
	if i, ok := slices.BinarySearch(*names, name); !ok {
		*names = slices.Insert(*names, i, name)
	}
}

func (d *Deps) event(typ string)        { insert(&d.Events, typ) }
func (d *Deps) trait(name string)       { insert(&d.Traits, name) }
func (d *Deps) consent(name string)     { insert(&d.Consent, name) }
func (d *Deps) prediction(name string)  { insert(&d.Predictions, name) }
func (d *Deps) segment(name string)     { insert(&d.Segments, name) }
func (d *Deps) reads(typ string) bool   { _, ok := slices.BinarySearch(d.Events, typ); return ok }
func (d *Deps) updated(u []string) bool { return slices.ContainsFunc(u, d.knows) }
func (d *Deps) knows(trait string) bool { _, ok := slices.BinarySearch(d.Traits, trait); return ok }

// Changed reports whether applying the event to a profile may change the answer of what
// depends so. What reads the event at hand asks at every event anyway, and what reads
// segments has to be asked when membership changes, which no event tells.
func (d Deps) Changed(e *event.Event) bool {
	if d.Event || d.reads(e.Type) {
		return true
	}
	switch e.Type {
	case profile.Tagged, profile.Untagged:
		if d.Tags {
			return true
		}
	case profile.PointsAwarded, profile.TierReached, profile.TierLost:
		if d.Loyalty {
			return true
		}
	}
	for _, name := range d.Predictions {
		if e.Type == "prediction."+name+"_changed" {
			return true
		}
	}
	if d.Profile && e.Type == event.PreferencesChanged {
		return true
	}
	if e.Type == event.EmailComplained || e.Type == event.EmailUnsubscribed {
		if slices.ContainsFunc(d.Consent, func(name string) bool { return strings.HasPrefix(name, "email.") }) {
			return true // They withdraw it.
		}
	}
	u, err := e.Profile()
	if err != nil || u == nil {
		return false
	}
	if d.updated(slices.Collect(maps.Keys(u.Traits))) {
		return true
	}
	return slices.ContainsFunc(u.Consent, func(k event.ConsentUpdate) bool {
		return slices.ContainsFunc(d.Consent, func(name string) bool {
			channel, purpose, _ := strings.Cut(name, ".")
			return (k.Channel == event.Everything || strings.EqualFold(k.Channel, channel)) &&
				(k.Purpose == event.Everything || strings.EqualFold(k.Purpose, purpose))
		})
	})
}
