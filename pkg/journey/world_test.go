package journey_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/schedule"
)

// A world is a workspace drawn at random: journeys of every form of entry and kind of
// step, segments that depend on time, and caps.

const worldEvents = 4 // types of events, e.0 to e.3

func typ(n int) string { return fmt.Sprintf("e.%d", n) }

// literal is an expression with a fixed value.
type literal struct{ v any }

func (x literal) Value(*journey.Scope) (any, error) { return x.v, nil }
func (x literal) String() string                    { return fmt.Sprint(x.v) }

// trait is an expression that reads a trait.
type trait string

func (x trait) Value(s *journey.Scope) (any, error) { return s.Profile.Traits[string(x)], nil }
func (x trait) String() string                      { return "profile." + string(x) }

// quiet holds while nothing of a type has happened for some days, and says when it will.
type quiet struct {
	typ  string
	days int
}

func (q quiet) String() string { return fmt.Sprintf("quiet %s %d", q.typ, q.days) }

func (q quiet) Eval(s *journey.Scope) (bool, error) {
	at := s.Profile.Since
	if r := s.Profile.History.Of(q.typ); r != nil {
		at = time.Unix(0, r.Last)
	}
	until := at.Add(time.Duration(q.days) * day)
	s.NoteChange(until)
	return !s.Now.Before(until), nil
}

// tagged holds for those with a tag.
type tagged string

func (x tagged) String() string { return "tagged " + string(x) }
func (x tagged) Eval(s *journey.Scope) (bool, error) {
	for _, t := range s.Profile.Tags {
		if t == string(x) {
			return true, nil
		}
	}
	return false, nil
}

func conditions(t *rapid.T) journey.Condition {
	switch rapid.IntRange(0, 3).Draw(t, "condition") {
	case 0:
		return nil
	case 1:
		return quiet{typ(rapid.IntRange(0, worldEvents-1).Draw(t, "type")), rapid.IntRange(1, 40).Draw(t, "days")}
	case 2:
		return tagged(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "tag"))
	}
	return when(func(s *journey.Scope) bool { return len(s.Profile.Traits) > 0 })
}

func durations(t *rapid.T, label string) time.Duration {
	return rapid.SampledFrom([]time.Duration{time.Hour, 7 * time.Hour, 30 * time.Hour, 5 * day, 20 * day}).Draw(t, label) // so that people rest
}

// world draws one.
type world struct {
	ids int
}

func (w *world) steps(t *rapid.T, depth int) []journey.Step {
	n := rapid.IntRange(0, 4-depth).Draw(t, "steps")
	if depth == 0 {
		n += 2
	}
	list := make([]journey.Step, 0, n)
	for range n {
		w.ids++
		id := fmt.Sprintf("s%d", w.ids)
		s := w.step(t, depth)
		s.ID = id
		list = append(list, s)
	}
	return list
}

func (w *world) step(t *rapid.T, depth int) journey.Step {
	kinds := 14
	if depth >= 2 {
		kinds = 9
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return journey.Step{Wait: &journey.Wait{Pause: &schedule.Wait{For: durations(t, "for")}}}
	case 1:
		return journey.Step{Send: w.send(t)}
	case 2:
		return journey.Step{Set: &journey.Assign{Traits: []journey.Assignment{{Trait: "mood", Value: literal{"good"}}}}}
	case 3:
		return journey.Step{Tag: &journey.Tag{Add: []string{"a"}, Remove: []string{"b"}}}
	case 4:
		return journey.Step{Tag: &journey.Tag{Add: []string{"b"}, Remove: []string{"a"}}}
	case 5:
		return journey.Step{Award: &journey.Award{Points: literal{10.0}, Reason: "test"}}
	case 6:
		return journey.Step{Exit: &journey.Exit{Reason: "done"}}
	case 7:
		return journey.Step{Emit: &journey.Emit{Type: typ(rapid.IntRange(0, worldEvents-1).Draw(t, "emits")), Data: []journey.Assignment{{Trait: "key", Value: literal{"0"}}}}}
	case 8:
		return journey.Step{Task: &journey.Task{Title: literal{"call"}}}
	case 9:
		return journey.Step{Wait: &journey.Wait{
			Events: []journey.WaitEvent{
				{On: typ(rapid.IntRange(0, worldEvents-1).Draw(t, "type")), If: conditions(t), Steps: w.steps(t, depth+1)},
				{On: typ(0), Leave: "heard"},
			},
			AtMost: durations(t, "at most"), Otherwise: w.steps(t, depth+1),
		}}
	case 10:
		return journey.Step{Wait: &journey.Wait{Until: conditions(t), AtMost: durations(t, "at most"), Otherwise: w.steps(t, depth+1)}}
	case 11:
		return journey.Step{Branch: &journey.Branch{Cases: []journey.Case{
			{If: conditions(t), Steps: w.steps(t, depth+1)}, {Steps: w.steps(t, depth+1)},
		}}}
	case 12:
		return journey.Step{Split: &journey.Split{Arms: []journey.Arm{
			{Name: "x", Weight: 1, Steps: w.steps(t, depth+1)}, {Name: "y", Weight: 2, Steps: w.steps(t, depth+1)},
		}}}
	}
	return journey.Step{Recommend: &journey.Recommend{Min: 2, Max: 4, Otherwise: w.steps(t, depth+1)}}
}

func (w *world) send(t *rapid.T) *journey.Send {
	s := &journey.Send{Channel: rapid.SampledFrom([]message.Channel{message.Email, message.SMS, message.Webhook}).Draw(t, "channel"), Template: "x"}
	switch rapid.IntRange(0, 3).Draw(t, "blocked") {
	case 0:
		s.Blocked.Drop = true
	case 1:
		s.Blocked.DeferAtMost = durations(t, "defer")
	case 2:
		s.Blocked.Instead = &journey.Send{Channel: message.SMS, Template: "y"}
	}
	if rapid.IntRange(0, 2).Draw(t, "falls back") == 0 {
		s.FallBack = &journey.FallBack{Send: &journey.Send{Channel: message.Email, Template: "z"}, After: durations(t, "word")}
	}
	return s
}

func (w *world) entry(t *rapid.T) journey.Entry {
	e := journey.Entry{Meanwhile: rapid.SampledFrom([]journey.Meanwhile{journey.Ignore, journey.Restart, journey.Parallel}).Draw(t, "meanwhile")}
	e.Again = rapid.SampledFrom([]journey.Again{{}, {Always: true}, {After: 9 * day}}).Draw(t, "again")
	switch rapid.IntRange(0, 7).Draw(t, "entry") {
	case 0:
		e.Segment = &journey.Membership{Segment: "quiet", Left: rapid.Bool().Draw(t, "left")}
	case 1:
		e.Segment = &journey.Membership{Segment: "tagged", Left: rapid.Bool().Draw(t, "left")}
	case 2:
		e.Date = &journey.Anniversary{Of: trait("birthday"), Offset: rapid.IntRange(-3, 3).Draw(t, "offset"), At: schedule.Clock{Hour: 9}}
	case 3:
		cron, err := schedule.ParseCron("0 10 * * mon")
		if err != nil {
			t.Fatal(err)
		}
		e.Broadcast = &journey.Broadcast{Cron: &cron, Local: rapid.Bool().Draw(t, "local"), Over: durations(t, "over") / 10}
		e.Broadcast.Audience = rapid.SampledFrom([]string{"", "quiet", "tagged"}).Draw(t, "audience")
	case 4:
		e.Prediction = &journey.Crossing{Prediction: "risk", Falls: rapid.Bool().Draw(t, "falls"), Threshold: 1}
	default:
		e.On, e.If = typ(rapid.IntRange(0, worldEvents-1).Draw(t, "type")), conditions(t)
		if rapid.Bool().Draw(t, "keyed") {
			e.Key = property("key")
		}
		if rapid.Bool().Draw(t, "patient") {
			e.Grace = 30 * time.Hour
		}
	}
	return e
}

// moves lead from some steps to others.
func (w *world) moves(t *rapid.T, d *journey.Definition) map[string]string {
	known := map[string]bool{}
	stepsOf(d.Steps, known)
	if len(known) == 0 {
		return nil
	}
	m := map[string]string{}
	for from := range 4 {
		m[fmt.Sprintf("s%d", from+1)] = rapid.SampledFrom(slices.Sorted(maps.Keys(known))).Draw(t, "to")
	}
	return m
}

// draw makes one version of the world: the same journeys, with steps of their own.
func (w *world) draw(t *rapid.T, version string, since time.Time) journey.Config {
	c := journey.Config{Version: version, Since: since, Policy: &policy.Policy{
		Caps:    []policy.Cap{{Category: message.Marketing, AtMost: 3, Per: 7 * day}},
		Quiet:   map[message.Channel]schedule.Window{message.SMS: {From: schedule.Clock{Hour: 20}, To: schedule.Clock{Hour: 9}}},
		Holdout: 0.1,
	}}
	c.Segments = []*journey.Segment{
		{Name: "quiet", Version: version, If: quiet{typ(0), 5}, Reads: journey.Reads{Events: []string{typ(0)}}},
		{Name: "tagged", Version: "v", If: tagged("a"), Reads: journey.Reads{Profile: true}},
	}
	c.Loyalty.Earn = []journey.Earning{{On: typ(2), Points: literal{7.0}}, {On: typ(2), If: tagged("a"), Points: literal{-9.0}}}
	c.Loyalty.Tiers = []journey.Tier{{Name: "bronze", From: 10}, {Name: "silver", From: 30}}
	for i := range rapid.IntRange(1, 4).Draw(t, "journeys") {
		w.ids = 0
		c.Journeys = append(c.Journeys, &journey.Definition{
			Name: fmt.Sprintf("j%d", i), Version: version, Category: message.Marketing, Priority: rapid.IntRange(0, 2).Draw(t, "priority"),
			Status:   rapid.SampledFrom([]journey.Status{journey.Active, journey.Active, journey.Active, journey.Paused, journey.Archived}).Draw(t, "status"),
			OnChange: rapid.SampledFrom([]journey.Change{journey.Migrate, journey.Migrate, journey.Drain, journey.Cancel}).Draw(t, "on change"),
			Enter:    w.entry(t), Steps: w.steps(t, 0), Holdout: rapid.SampledFrom([]float64{0, 0.3}).Draw(t, "holdout"),
			Leave: []journey.LeaveRule{{On: typ(3), As: "ruled"}, {If: conditions(t), As: "held"}},
			Goal:  &journey.Goal{On: typ(1), Within: 10 * day, Value: literal{5.0}, Leave: rapid.Bool().Draw(t, "goal leaves")},
		})
		if rapid.Bool().Draw(t, "moves") {
			c.Journeys[i].Moves = w.moves(t, c.Journeys[i])
		}
		// A rule that always holds would leave nobody inside, and many rules few.
		if d := c.Journeys[i]; d.Leave[1].If == nil || rapid.Bool().Draw(t, "few rules") {
			d.Leave = d.Leave[:1]
		}
	}
	return c
}

// stepsOf lists the ids of all steps.
func stepsOf(list []journey.Step, into map[string]bool) {
	for _, s := range list {
		into[s.ID] = true
		switch {
		case s.Wait != nil:
			for _, e := range s.Wait.Events {
				stepsOf(e.Steps, into)
			}
			stepsOf(s.Wait.Otherwise, into)
		case s.Branch != nil:
			for _, c := range s.Branch.Cases {
				stepsOf(c.Steps, into)
			}
		case s.Split != nil:
			for _, a := range s.Split.Arms {
				stepsOf(a.Steps, into)
			}
		case s.Recommend != nil:
			stepsOf(s.Recommend.Otherwise, into)
		}
	}
}

func TestSplitsKeepTheirWeights(t *testing.T) {
	t.Parallel()
	set, err := journey.NewSet(journey.Config{Journeys: []*journey.Definition{{
		Name: "ab", Version: "v1", Status: journey.Active, Category: message.Transactional, Enter: journey.Entry{On: "e.0"},
		Steps: []journey.Step{{ID: "version", Split: &journey.Split{Arms: []journey.Arm{
			{Name: "a", Weight: 50}, {Name: "b", Weight: 30}, {Name: "c", Weight: 20}, {Name: "never", Weight: 0},
		}}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	const people = 100_000
	count := map[string]int{}
	for i := range people {
		// Ids grow as those of a shop do, and an arm is a matter of the id alone: who comes
		// later moves nobody.
		st := journey.NewState(fmt.Sprintf("customer-%d", i), start())
		for _, e := range set.Event(st, &event.Event{ID: "1", Source: "t", Type: "e.0", Subject: st.Profile.ID, Time: start()}, start(), "") {
			if a, ok := e.(journey.Armed); ok {
				count[a.Arm]++
			}
		}
	}
	for arm, want := range map[string]float64{"a": .5, "b": .3, "c": .2, "never": 0} {
		if got := float64(count[arm]) / people; math.Abs(got-want) > 0.01 {
			t.Errorf("arm %s has %.3f of the people, want %.2f", arm, got, want)
		}
	}
}
