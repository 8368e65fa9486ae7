package journey_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/profile"
)

// published are the facts of a type.
func published(list []journey.Effect, typ string) []event.Event {
	var facts []event.Event
	for _, e := range list {
		if p, ok := e.(journey.Published); ok && p.Event.Type == typ {
			facts = append(facts, p.Event)
		}
	}
	return facts
}

func setOf(t *testing.T, c journey.Config) *journey.Set {
	t.Helper()
	set, err := journey.NewSet(c)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Every rule that fits an event gives its own points, which are a fact of their own.
func TestTwoRulesEarnByOneEvent(t *testing.T) {
	t.Parallel()
	set := setOf(t, journey.Config{Loyalty: journey.Loyalty{Earn: []journey.Earning{
		{On: "e.0", Points: literal{10.0}}, {On: "e.0", Points: literal{5.0}},
	}}})
	st := journey.NewState("ada", start())
	ev := named("e", "e.0", start())
	facts := published(set.Event(st, &ev, start(), ""), profile.PointsAwarded)
	if len(facts) != 2 || facts[0].ID == facts[1].ID || st.Profile.Loyalty.Points != 15 {
		t.Errorf("%d points by %+v", st.Profile.Loyalty.Points, facts)
	}
}

// Tiers follow the points: up, also twice at one instant, and down below the lowest.
func TestTiersFollowThePoints(t *testing.T) {
	t.Parallel()
	set := setOf(t, journey.Config{Loyalty: journey.Loyalty{
		Earn:  []journey.Earning{{On: "e.0", Points: literal{10.0}}, {On: "e.3", Points: literal{-5.0}}, {On: "e.1", Points: literal{-25.0}}},
		Tiers: []journey.Tier{{Name: "silver", From: 10}, {Name: "gold", From: 20}},
	}})
	st := journey.NewState("ada", start())
	var got []string
	ids := map[string]bool{}
	for i, typ := range []string{"e.0", "e.0", "e.2", "e.3", "e.1", "e.2", "e.0", "e.0"} {
		ev := named(fmt.Sprint(i), typ, start())
		effects := set.Event(st, &ev, start(), "")
		for _, f := range append(published(effects, profile.TierReached), published(effects, profile.TierLost)...) {
			if ids[f.ID] {
				t.Errorf("two facts have the id %s", f.ID)
			}
			ids[f.ID] = true
			got = append(got, string(f.Data))
		}
		got = append(got, st.Profile.Loyalty.Tier)
	}
	want := []string{
		`{"from":10,"points":10,"previous":"","tier":"silver"}`, "silver", `{"from":20,"points":20,"previous":"silver","tier":"gold"}`, "gold", "gold",
		`{"points":15,"previous":"gold","tier":"silver"}`, "silver", `{"points":-10,"previous":"silver","tier":""}`, "", "", "",
		`{"from":10,"points":10,"previous":"","tier":"silver"}`, "silver",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// tasted holds for those whose trait has a value.
type tasted string

func (x tasted) String() string { return "taste " + string(x) }
func (x tasted) Eval(s *journey.Scope) (bool, error) {
	return s.Profile.Trait("taste") == string(x), nil
}

func tasteful() journey.Config {
	return journey.Config{
		Version: "w", Segments: []*journey.Segment{{Name: "sweet", Version: "1", If: tasted("sweet"), Reads: journey.Reads{Profile: true}}},
		Journeys: []*journey.Definition{{
			Name: "j", Version: "1", Status: journey.Active, Category: "transactional",
			Enter: journey.Entry{Segment: &journey.Membership{Segment: "sweet"}, Again: journey.Again{Always: true}},
			Steps: []journey.Step{email("hello", "hello")},
		}},
	}
}

// Events of one batch are dealt with at one instant. Who enters a segment, leaves it and
// enters again is told of each, by a fact of its own.
func TestMembershipsOfOneInstant(t *testing.T) {
	t.Parallel()
	set := setOf(t, tasteful())
	st := journey.NewState("ada", start())
	entered, seen := 0, map[string]bool{}
	for i, taste := range []string{"sweet", "sour", "sweet", "sour", "sweet"} {
		ev := named(fmt.Sprint(i), "profile.updated", start().Add(time.Duration(i)))
		ev.Data = fmt.Appendf(nil, `{%q:{"traits":{"taste":%q}}}`, event.ProfileProperty, taste)
		for _, e := range set.Event(st, &ev, start().Add(time.Second), "") {
			id := ""
			switch e := e.(type) {
			case journey.Entered:
				entered++
				id = "entered " + e.Instance
			case journey.Message:
				id = e.Command.ID
			case journey.Joined:
				id = fmt.Sprint(e)
			default:
				continue
			}
			if seen[id] {
				t.Errorf("twice: %s", id)
			}
			seen[id] = true
		}
	}
	if entered != 3 {
		t.Errorf("entered %d times", entered)
	}
}

// Somebody who is new and fits a segment has just become a member.
func TestNewcomersJoin(t *testing.T) {
	t.Parallel()
	c := tasteful()
	c.Segments[0].If = when(func(s *journey.Scope) bool { return s.Profile.Orders.Count == 0 })
	set := setOf(t, c)
	st := journey.NewState("ada", start())
	ev := named("e", "customer.created", start())
	if list := set.Event(st, &ev, start(), ""); len(list) == 0 {
		t.Error("nobody told of it")
	} else if j, ok := list[0].(journey.Joined); !ok || j.Filled {
		t.Errorf("%+v", list)
	}
}

// However many timers were missed, what each of them leads to is heard.
func TestManyTimersAtOnce(t *testing.T) {
	t.Parallel()
	const segments = 40
	c := journey.Config{Version: "w"}
	for i := range segments {
		name := fmt.Sprintf("q%02d", i)
		c.Segments = append(c.Segments, &journey.Segment{Name: name, Version: "1", If: quiet{"e.0", i + 1}, Reads: journey.Reads{Events: []string{"e.0"}}})
		c.Journeys = append(c.Journeys, &journey.Definition{
			Name: name, Version: "1", Status: journey.Active, Category: "transactional",
			Enter: journey.Entry{Segment: &journey.Membership{Segment: name}}, Steps: []journey.Step{wait("w", day)},
		})
	}
	p := newPerson(t, "ada")
	p.under(0, c)
	p.happens(0, "e", "e.0", nil)
	p.fired(100 * day)
	if len(p.state.Instances) != segments {
		t.Errorf("%d entered", len(p.state.Instances))
	}
}

// A walk that comes to a split again has the arm it had, and counts once.
func TestArmsAreTakenOnce(t *testing.T) {
	t.Parallel()
	def := func(version string, moves map[string]string) *journey.Definition {
		return &journey.Definition{
			Name: "j", Version: version, Status: journey.Active, Category: "transactional", OnChange: journey.Migrate, Moves: moves,
			Enter: journey.Entry{On: "e.0"},
			Steps: []journey.Step{
				{ID: "fork", Split: &journey.Split{Arms: []journey.Arm{{Name: "x", Weight: 1}, {Name: "y", Weight: 1}}}}, wait("w", 10*day),
			},
		}
	}
	p := newPerson(t, "ada")
	p.under(0, in("w1", def("v1", nil)))
	p.happens(0, "e", "e.0", nil)
	next := in("w2", def("v2", map[string]string{"w": "fork"}))
	next.Old = []*journey.Definition{def("v1", nil)}
	p.under(day, next)
	if got := p.state.Instances[0].Arms; len(got) != 1 {
		t.Errorf("arms %+v", got)
	}
}
