package journey_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/schedule"
)

// nights are quiet for texts.
func nights() *policy.Policy {
	return &policy.Policy{Quiet: map[message.Channel]schedule.Window{message.SMS: {From: schedule.Clock{Hour: 20}, To: schedule.Clock{Hour: 9}}}}
}

// named is an event about ada that says nothing else.
func named(id, typ string, at time.Time) event.Event {
	return event.Event{ID: id, Source: "test", Type: typ, Subject: "ada", Time: at, Data: []byte("{}")}
}

// under puts a person under another version of the workspace, at a time.
func (p *person) under(after time.Duration, c journey.Config) {
	p.t.Helper()
	set, err := journey.NewSet(c)
	if err != nil {
		p.t.Fatal(err)
	}
	p.until(after)
	p.set = set
	now := start().Add(after)
	p.effects(set.Refresh(p.state, now), now)
	p.reload()
}

// fired fires everything that is due at a time, as a process does that was down before; it
// fails where that has no end.
func (p *person) fired(after time.Duration) {
	p.t.Helper()
	now, done := start().Add(after), make(chan []journey.Effect, 1)
	go func() { done <- p.set.Fire(p.state, now) }()
	select {
	case list := <-done:
		p.effects(list, now)
		p.reload()
	case <-time.After(time.Minute):
		p.t.Fatal("timers without end")
	}
	if next := p.state.NextDue(); !next.IsZero() && !next.After(now) {
		p.t.Errorf("the next timer is due at %s, and it is %s", next, now)
	}
}

// resting is a journey with one step to rest on, then a message.
func resting(version string, status journey.Status, step journey.Step) *journey.Definition {
	return &journey.Definition{
		Name: "j", Version: version, Status: status, Category: "transactional", OnChange: journey.Migrate,
		Enter: journey.Entry{On: "e.0"}, Steps: []journey.Step{step, email("mail", "mail")},
	}
}

func in(version string, d ...*journey.Definition) journey.Config {
	return journey.Config{Version: version, Journeys: d, Since: start()}
}

// waitUntil waits until nothing has happened for some days.
func waitUntil(id string, days int, events ...journey.WaitEvent) journey.Step {
	return journey.Step{ID: id, Wait: &journey.Wait{Until: quiet{"e.0", days}, Events: events, AtMost: 30 * day}}
}

func waitFor(id string, types ...string) journey.Step {
	w := &journey.Wait{AtMost: 30 * day}
	for _, t := range types {
		w.Events = append(w.Events, journey.WaitEvent{On: t, Leave: "heard " + t})
	}
	return journey.Step{ID: id, Wait: w}
}

// What is waited for comes to hold by time alone while the journey is paused.
func TestConditionThatHoldsWhilePaused(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "ada")
	p.under(0, in("w1", resting("v1", journey.Active, waitUntil("w", 3))))
	p.orders(0, "A1")
	p.happens(time.Hour, "e", "e.0", nil)
	p.under(day, in("w2", resting("v1", journey.Paused, waitUntil("w", 3))))
	p.fired(4 * day)
	p.under(4*day+time.Hour, in("w3", resting("v1", journey.Active, waitUntil("w", 3))))
	p.fired(4*day + time.Hour)
	p.want("day 0.041666666666666664: j entered", "day 4.041666666666667: j email mail goes", "day 4.041666666666667: j finished")
}

// The event that was waited for is the first that came, whatever comes while the pause lasts.
func TestPauseKeepsTheFirstThatHappened(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "ada")
	step := waitUntil("w", 3, journey.WaitEvent{On: "e.1", Leave: "heard"})
	p.under(0, in("w1", resting("v1", journey.Active, step)))
	p.happens(0, "e", "e.0", nil)
	p.under(day, in("w2", resting("v1", journey.Paused, step)))
	p.happens(2*day, "f", "e.1", nil)
	p.fired(4 * day)
	p.under(5*day, in("w3", resting("v1", journey.Active, step)))
	p.fired(5 * day)
	p.want("day 0: j entered", "day 5: j left: heard")
}

// Somebody who rests is moved to what another version has in the step's place.
func TestMigrationToAnotherKindOfRest(t *testing.T) {
	t.Parallel()
	pause := wait("w", 10*day)
	for name, c := range map[string]struct {
		from, to journey.Step
		status   journey.Status // of the second version; a third that is active follows after 5 days
		between  []string       // events while it is in force
		want     []string
	}{
		"from a condition to a duration": {waitUntil("w", 3), pause, journey.Active, nil, nil},
		"to a condition that holds":      {waitFor("w", "e.1"), waitUntil("w", 1), journey.Active, nil, []string{"day 2: j email mail none", "day 2: j finished"}},
		"to a condition that will hold":  {waitFor("w", "e.1"), waitUntil("w", 4), journey.Active, nil, []string{"day 4: j email mail none", "day 4: j finished"}},
		"paused, from a condition to a message": {
			waitUntil("w", 3), email("w", "other"), journey.Paused, nil,
			[]string{"day 7: j email other none", "day 7: j email mail none", "day 7: j finished"},
		},
		"paused, what was heard is another event there": {waitFor("w", "e.1", "e.2"), waitFor("w", "e.2"), journey.Paused, []string{"e.2"}, []string{"day 7: j left: heard e.2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, "ada")
			p.under(0, in("w1", resting("v1", journey.Active, c.from)))
			p.happens(0, "e", "e.0", nil)
			next := in("w2", resting("v2", c.status, c.to))
			next.Old = []*journey.Definition{resting("v1", journey.Active, c.from)}
			p.under(2*day, next)
			for i, typ := range c.between {
				p.happens(2*day+time.Duration(i+1)*time.Hour, typ, typ, nil)
			}
			p.fired(4 * day)
			p.under(7*day, in("w3", resting("v2", journey.Active, c.to)))
			p.fired(7 * day)
			want := append([]string{"day 0: j entered"}, c.want...)
			for i := range p.log {
				p.log[i] = withoutAddress(p.log[i])
			}
			if !slices.Equal(p.log, want) {
				p.want(want...)
			}
		})
	}
}

// withoutAddress shortens the verdict on somebody whose address nobody knows.
func withoutAddress(line string) string {
	const none = "kept back: no_address"
	if len(line) > len(none) && line[len(line)-len(none):] == none {
		return line[:len(line)-len(none)] + "none"
	}
	return line
}

// What a paused wait heard is of no use to a message that stands in its place.
func TestHeardBeforeAMigration(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "ada")
	p.under(0, in("w1", resting("v1", journey.Active, waitFor("w", "e.1", "e.2"))))
	p.happens(0, "e", "e.0", nil)
	p.under(day, in("w2", resting("v1", journey.Paused, waitFor("w", "e.1", "e.2"))))
	p.happens(2*day, "f", "e.2", nil)
	next := in("w3", resting("v2", journey.Paused, email("w", "other")))
	next.Old = []*journey.Definition{resting("v1", journey.Paused, waitFor("w", "e.1", "e.2"))}
	p.under(3*day, next)
	p.under(4*day, in("w4", resting("v2", journey.Active, email("w", "other"))))
	p.fired(4 * day)
	p.want("day 0: j entered", "day 4: j email other kept back: no_address", "day 4: j email mail kept back: no_address", "day 4: j finished")
}

// A message that somebody is moved to has its whole time to wait.
func TestMigrationToAMessageThatMayNotGoYet(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "ada")
	sms := journey.Step{ID: "w", Send: &journey.Send{Channel: "sms", Template: "x"}}
	from, to := resting("v1", journey.Active, wait("w", 30*day)), resting("v2", journey.Active, sms)
	from.Category, to.Category = "marketing", "marketing"
	p.under(0, in("w1", from))
	p.orders(0, "A1")
	p.happens(0, "e", "e.0", nil)
	next := in("w2", to)
	next.Old = []*journey.Definition{from}
	next.Policy = nights()
	p.under(5*day+14*time.Hour, next) // at 23 o'clock
	p.until(7 * day)
	p.want("day 0: j entered", "day 6: j sms x goes", "day 6: j email mail goes", "day 6: j finished")
}

// A rule of the version that somebody is moved to is asked at once, and when its time comes.
func TestMigrationMindsTheRulesOfLeaving(t *testing.T) {
	t.Parallel()
	for days, want := range map[int]string{1: "day 2: j left: quiet", 4: "day 4: j left: quiet"} {
		p := newPerson(t, "ada")
		from, to := resting("v1", journey.Active, wait("w", 10*day)), resting("v2", journey.Active, wait("w", 10*day))
		to.Leave = []journey.LeaveRule{{If: quiet{"e.0", days}, As: "quiet"}}
		p.under(0, in("w1", from))
		p.happens(0, "e", "e.0", nil)
		next := in("w2", to)
		next.Old = []*journey.Definition{from}
		p.under(2*day, next)
		p.until(9 * day)
		p.want("day 0: j entered", want)
	}
}

// Goals whose time has passed do not keep old versions of a journey alive.
func TestPastGoalsAreForgotten(t *testing.T) {
	t.Parallel()
	d := resting("v1", journey.Active, wait("w", day))
	d.Goal = &journey.Goal{On: "e.1", Within: 5 * day}
	p := newPerson(t, "ada")
	p.under(0, in("w1", d))
	p.happens(0, "e", "e.0", nil)
	p.under(4*day, in("w2", d))
	if len(p.state.Goals) != 1 {
		t.Errorf("goals after 4 days: %+v", p.state.Goals)
	}
	p.under(6*day, in("w3", d))
	if len(p.state.Goals) != 0 {
		t.Errorf("goals after 6 days: %+v", p.state.Goals)
	}
}

// However often somebody enters, they are inside so often and not more.
func TestInstancesAreBounded(t *testing.T) {
	t.Parallel()
	d := resting("v1", journey.Active, wait("w", 30*day))
	d.Enter.Again.Always, d.Enter.Meanwhile = true, journey.Parallel
	set, st := setOf(t, in("w", d)), journey.NewState("ada", start())
	for i := range 1100 {
		ev := named(fmt.Sprint(i), "e.0", start())
		set.Event(st, &ev, start(), "")
	}
	if n := len(st.Instances); n != 1024 {
		t.Errorf("%d instances", n)
	}
}

// What came too late to its recommendation is too late after it, too.
func TestLatenessOutlastsARecommendation(t *testing.T) {
	t.Parallel()
	d := &journey.Definition{
		Name: "j", Version: "v1", Status: journey.Active, Category: "marketing", Enter: journey.Entry{On: "e.0"},
		Steps: []journey.Step{wait("w", day), {ID: "picks", Recommend: &journey.Recommend{Min: 1, Max: 2}}, email("mail", "mail")},
	}
	p := newPerson(t, "ada", d)
	p.orders(0, "A1")
	p.happens(0, "e", "e.0", nil)
	p.fired(5 * day)
	p.want("day 0: j entered", "day 5: j email mail kept back: too_late", "day 5: j finished")
}

// Nobody answers for two days: the message is late.
func TestLatenessOutlastsPostponing(t *testing.T) {
	t.Parallel()
	d := &journey.Definition{
		Name: "j", Version: "v1", Status: journey.Active, Category: "marketing", Enter: journey.Entry{On: "e.0"},
		Steps: []journey.Step{{ID: "picks", Recommend: &journey.Recommend{Min: 1, Max: 2}}, email("mail", "mail")},
	}
	p := newPerson(t, "ada", d)
	p.orders(0, "A1")
	now := start()
	ev := named("e", "e.0", now)
	p.set.Event(p.state, &ev, now, "")
	for range 2 {
		p.set.Postpone(p.state, p.state.Instances[0].ID, now.Add(day))
		p.reload()
		now = now.Add(day)
		list := p.set.Fire(p.state, now)
		if len(list) != 1 {
			t.Fatalf("%+v", list)
		}
	}
	p.set.Postpone(p.state, p.state.Instances[0].ID, now.Add(time.Hour))
	p.fired(2*day + time.Hour)
	p.want("day 2.0416666666666665: j email mail kept back: too_late", "day 2.0416666666666665: j finished")
}
