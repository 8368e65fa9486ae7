package journey_test

import (
	"encoding/json"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/policy"
)

// hears applies an event that happened before it is heard of.
func (p *person) hears(after, happened time.Duration, e event.Event, data map[string]any) []journey.Effect {
	p.t.Helper()
	p.until(after)
	e.Source, e.Subject, e.Time = "test", p.state.Profile.ID, start().Add(happened)
	var err error
	if e.Data, err = json.Marshal(data); err != nil {
		p.t.Fatal(err)
	}
	now := start().Add(after)
	effects := p.set.Event(p.state, &e, now, "")
	p.effects(effects, now)
	p.reload()
	return effects
}

// buyers is a workspace in which much follows from an order: two journeys, a tier, and a fact.
func buyers() journey.Config {
	enter := func(name string, e journey.Entry) *journey.Definition {
		return &journey.Definition{
			Name: name, Version: "v1", Status: journey.Active, Category: message.Transactional, Enter: e,
			Steps: []journey.Step{email("mail", name)},
		}
	}
	return journey.Config{
		Segments: []*journey.Segment{{
			Name: "buyers", Version: "v", Reads: journey.Reads{Profile: true, Events: []string{event.OrderCompleted}},
			If: when(func(s *journey.Scope) bool { return s.Profile.Orders.Count > 0 }),
		}},
		Journeys: []*journey.Definition{
			enter("buyer", journey.Entry{Segment: &journey.Membership{Segment: "buyers"}}),
			enter("gold", journey.Entry{On: "loyalty.tier_reached"}),
			enter("order", journey.Entry{On: event.OrderCompleted}),
			enter("risk", journey.Entry{Prediction: &journey.Crossing{Prediction: "risk", Threshold: 0.5}}),
		},
		Loyalty: journey.Loyalty{
			Earn:  []journey.Earning{{On: event.OrderCompleted, Points: literal{100.0}}},
			Tiers: []journey.Tier{{Name: "gold", From: 100}},
		},
	}
}

// Whatever follows from a late event begins nothing, and the profile has it all the same.
func TestLateEventsBeginNothing(t *testing.T) {
	t.Parallel()
	order := map[string]any{"order_id": "A1", "total": 10, event.ProfileProperty: map[string]any{"traits": map[string]any{"email": "ada@example.com"}}}
	for name, c := range map[string]struct {
		happened time.Duration
		e        event.Event
		after    time.Duration // the policy's
		late     bool
	}{
		"a day old":                   {happened: 9 * day},
		"older":                       {happened: 9*day - 1, late: true},
		"older than two hours":        {happened: 10*day - 3*time.Hour, after: 2 * time.Hour, late: true},
		"three hours old":             {happened: 10*day - 3*time.Hour, after: 4 * time.Hour},
		"of the past":                 {happened: 10 * day, e: event.Event{Past: true}, late: true},
		"of the future":               {happened: 10*day + time.Minute},
		"from before the profile was": {happened: -400 * day, late: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := buyers()
			config.Policy = &policy.Policy{LateAfter: c.after}
			p := newPerson(t, "ada")
			p.set = setOf(t, config)
			c.e.ID, c.e.Type = "o", event.OrderCompleted
			for _, f := range p.hears(10*day, c.happened, c.e, order) {
				if fact, ok := f.(journey.Published); ok { // It comes back from the stream.
					if fact.Event.Past != c.late {
						t.Errorf("%s is of the past: %v", fact.Event.Type, fact.Event.Past)
					}
					back := fact.Event
					p.effects(p.set.Event(p.state, &back, start().Add(12*day), ""), start().Add(12*day))
				}
			}
			risk := event.Event{ID: "r", Type: "prediction.risk_changed", Past: c.e.Past}
			p.hears(13*day, c.happened+3*day, risk, map[string]any{"value": 0.9})
			if prof := &p.state.Profile; prof.Orders.Count != 1 || prof.Loyalty.Points != 100 || prof.Loyalty.Tier != "gold" || !prof.In("buyers") || prof.Predictions["risk"] != 0.9 {
				t.Errorf("the profile is %+v", prof)
			}
			if c.late {
				p.want()
			} else if len(p.sent) != 4 {
				p.want("four messages")
			}
		})
	}
}

// Those who were inside when it happened leave by it and go on by it, and it is their goal;
// those who came later were not concerned. What it leads to at once is too late to be sent.
func TestLateEventsByTheirOwnTime(t *testing.T) {
	t.Parallel()
	inside := func(change func(d *journey.Definition)) *journey.Definition {
		d := &journey.Definition{
			Name: "j", Version: "v1", Status: journey.Active, Category: message.Transactional, Enter: journey.Entry{On: "cart.viewed"},
			Goal: &journey.Goal{On: "goal.reached", Within: 6 * day}, Steps: []journey.Step{wait("rest", 60*day)},
		}
		change(d)
		return d
	}
	waits := inside(func(d *journey.Definition) {
		d.Steps = []journey.Step{{ID: "react", Wait: &journey.Wait{
			Events: []journey.WaitEvent{{On: event.OrderCompleted, Steps: []journey.Step{email("thanks", "thanks")}}}, AtMost: 30 * day,
		}}}
	})
	leaves := inside(func(d *journey.Definition) { d.Leave = []journey.LeaveRule{{On: event.OrderCompleted, As: "bought"}} })
	for name, c := range map[string]struct {
		d        *journey.Definition
		typ      string
		happened time.Duration
		past     bool
		want     []string
		goals    int
	}{
		"leaves":                           {d: leaves, typ: event.OrderCompleted, happened: 3 * day, want: []string{"day 10: j left: bought"}, goals: 1},
		"leaves by the past":               {d: leaves, typ: event.OrderCompleted, happened: 3 * day, past: true, want: []string{"day 10: j left: bought"}, goals: 1},
		"came after it":                    {d: leaves, typ: event.OrderCompleted, happened: day, goals: 1},
		"goes on":                          {d: waits, typ: event.OrderCompleted, happened: 3 * day, want: []string{"day 10: j email thanks kept back: too_late", "day 10: j finished"}, goals: 1},
		"did not wait yet":                 {d: waits, typ: event.OrderCompleted, happened: day, goals: 1},
		"reached in time":                  {d: leaves, typ: "goal.reached", happened: 8*day - 1},
		"reached too late":                 {d: leaves, typ: "goal.reached", happened: 8*day + 1, goals: 0},
		"reached before anybody was after": {d: leaves, typ: "goal.reached", happened: 2*day - 1, goals: 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, "ada", c.d)
			p.happens(2*day, "c", "cart.viewed", map[string]any{event.ProfileProperty: map[string]any{"traits": map[string]any{"email": "ada@example.com"}}})
			data := map[string]any{"order_id": "A1", "total": 10}
			effects := p.hears(10*day, c.happened, event.Event{ID: "o", Type: c.typ, Past: c.past}, data)
			p.want(append([]string{"day 2: j entered"}, c.want...)...)
			converted := 0
			for _, e := range effects {
				if _, ok := e.(journey.Converted); ok {
					converted++
				}
			}
			if want := map[bool]int{true: 1}[name == "reached in time"]; converted != want || len(p.state.Goals) != c.goals {
				t.Errorf("converted %d times, and %d goals are left", converted, len(p.state.Goals))
			}
		})
	}
}

// An import of former years writes to nobody; time does, later, as to everybody.
func TestImportsOfThePast(t *testing.T) {
	t.Parallel()
	lapsed := &journey.Segment{Name: "quiet", Version: "v", If: quiet{event.OrderCompleted, 120}, Reads: journey.Reads{Events: []string{event.OrderCompleted}}}
	winBack := &journey.Definition{
		Name: "back", Version: "v1", Status: journey.Active, Category: message.Transactional,
		Enter: journey.Entry{Segment: &journey.Membership{Segment: "quiet"}, Again: journey.Again{Always: true}}, Steps: []journey.Step{email("mail", "back")},
	}
	for name, c := range map[string]struct {
		ago  time.Duration
		want []string
	}{
		"who lapsed long ago":    {ago: 400 * day},
		"who lapses in ten days": {ago: 110 * day, want: []string{"day 10: back entered", "day 10: back email back goes", "day 10: back finished"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, "ada", winBack)
			p.set = setOf(t, journey.Config{Journeys: []*journey.Definition{winBack}, Segments: []*journey.Segment{lapsed}})
			p.hears(0, -c.ago, event.Event{ID: "o", Type: event.OrderCompleted, Past: true}, map[string]any{
				"order_id": "A1", "total": 10, event.ProfileProperty: map[string]any{"traits": map[string]any{"email": "ada@example.com"}},
			})
			p.until(300 * day)
			p.want(c.want...)
		})
	}
}

// What was asked where it came in is not asked again where it is passed on to, and what the
// engine made not when it comes back.
func TestLateIsAskedOnce(t *testing.T) {
	t.Parallel()
	set := setOf(t, buyers())
	for name, c := range map[string]struct {
		e    event.Event
		late bool
	}{
		"as it came":           {late: true},
		"passed on":            {e: event.Event{Of: "anonymous:x"}},
		"passed on as past":    {e: event.Event{Of: "anonymous:x", Past: true}, late: true},
		"made by the engine":   {e: event.Event{Source: event.EngineSource}},
		"made of what is past": {e: event.Event{Source: event.EngineSource, Past: true}, late: true},
	} {
		c.e.Time = start()
		if got := set.Late(&c.e, start().Add(30*day)); got != c.late {
			t.Errorf("%s: late is %v", name, got)
		}
	}
}
