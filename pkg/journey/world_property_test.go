package journey_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/event"
	"rapport/pkg/journey"
)

// deed is one thing that happens in a world.
type deed struct {
	after  time.Duration
	typ    int // of event; worldEvents: a new version of the workspace; one more: a prediction
	key    int
	traits map[string]any
}

func deeds() *rapid.Generator[[]deed] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) deed {
		d := deed{
			typ: rapid.SampledFrom([]int{0, 1, 2, 3, worldEvents, worldEvents, worldEvents + 1}).Draw(t, "type"), key: rapid.IntRange(0, 2).Draw(t, "key"),
		}
		if rapid.IntRange(0, 2).Draw(t, "waits") > 0 { // much happens at one instant
			d.after = rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 11 * time.Hour, 27 * time.Hour, 4 * day, 15 * day}).Draw(t, "after")
			d.after += time.Duration(rapid.IntRange(0, 59).Draw(t, "minutes")) * time.Minute
		}
		if rapid.IntRange(0, 2).Draw(t, "tells") == 0 {
			d.traits = map[string]any{
				"email": "ada@example.com", "phone": "+447700900001",
				"timezone": rapid.SampledFrom([]string{"Europe/Berlin", "Pacific/Kiritimati", "Pacific/Niue"}).Draw(t, "zone"),
				"birthday": rapid.SampledFrom([]string{"1990-02-29", "1985-03-05", "not a date"}).Draw(t, "birthday"),
			}
		}
		return d
	}), 1, 18)
}

// life is one profile's run through a world, and what is true of it at every moment.
type life struct {
	t      *rapid.T
	worlds []journey.Config
	set    *journey.Set
	state  *journey.State
	codec  *journey.Codec
	at     time.Time
	log    []string
	// resumed is set after a change of the workspace: what a pause kept is due since it fell due.
	resumed bool

	// late is set for a process that is down between events: timers fire when they are over.
	late bool

	running map[string]bool
	known   map[string]bool // ids of everything that must be one of its kind
	back    []event.Event   // facts that were published and have not come back yet
	sent    []time.Time     // messages that count for the cap
}

func live(t *rapid.T, worlds []journey.Config, history []deed, stops []time.Duration, late bool) *life {
	l := born(t, "ada", worlds)
	l.late = late
	l.through(history, stops)
	l.late = false
	l.runOn(l.at.Add(800 * day))
	return l
}

// born is a life that begins under the first of the worlds.
func born(t *rapid.T, id string, worlds []journey.Config) *life {
	codec, err := journey.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	l := &life{t: t, worlds: worlds, codec: codec, at: start(), state: journey.NewState(id, start()), running: map[string]bool{}, known: map[string]bool{}}
	l.enact(0)
	return l
}

// through lets a history happen.
func (l *life) through(history []deed, stops []time.Duration) {
	world := 0
	for i, d := range history {
		until := l.at.Add(d.after)
		for _, s := range stops {
			if stop := start().Add(s); stop.After(l.at) && stop.Before(until) {
				l.runOn(stop)
			}
		}
		l.runOn(until)
		if d.typ == worldEvents {
			world = (world + 1) % len(l.worlds) // and back to the first
			l.comeUnder(world)
			continue
		}
		l.took(l.set.Event(l.state, d.event(l.t, l.state.Profile.ID, fmt.Sprint(i), l.at), l.at, ""))
		l.comeBack()
	}
}

// comeUnder brings a life under another world.
func (l *life) comeUnder(world int) {
	l.enact(world)
	l.took(l.set.Refresh(l.state, l.at))
	l.comeBack()
	l.resumed = true
}

// event is what somebody tells of a deed.
func (d *deed) event(t *rapid.T, subject, id string, at time.Time) *event.Event {
	data := map[string]any{"key": fmt.Sprint(d.key), "value": d.key}
	if d.traits != nil {
		data[event.ProfileProperty] = map[string]any{"traits": d.traits, "consent": []map[string]any{
			{"channel": "email", "purpose": "marketing", "granted": true, "source": "test"},
			{"channel": "sms", "purpose": "marketing", "granted": true, "source": "test"},
		}}
	}
	b, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	ev := event.Event{ID: id, Source: "test", Type: typ(d.typ), Subject: subject, Time: at, Data: b}
	if d.typ > worldEvents {
		ev.Type = "prediction.risk_changed"
	}
	return &ev
}

func (l *life) enact(world int) {
	c := l.worlds[world]
	for _, old := range l.worlds {
		c.Old = append(c.Old, old.Journeys...)
	}
	c.Since = l.at
	set, err := journey.NewSet(c)
	if err != nil {
		l.t.Fatal(err)
	}
	l.set = set
}

// runOn fires timers up to a time, exclusively.
func (l *life) runOn(until time.Time) {
	for range 20_000 {
		due := l.state.NextDue()
		if due.IsZero() || !due.Before(until) {
			l.at = until
			return
		}
		if due.Before(l.at) && !l.resumed {
			l.t.Fatalf("a timer is due at %s, and it is %s", due, l.at)
		}
		l.resumed = false
		switch {
		case l.late:
			l.at = until.Add(-1)
		case l.at.Before(due):
			l.at = due
		}
		l.took(l.set.Fire(l.state, l.at))
		if next := l.state.NextDue(); !next.IsZero() && !next.After(l.at) {
			l.t.Fatalf("after firing at %s the next timer is due at %s", l.at, next)
		}
		l.comeBack()
		l.resumed = l.resumed || l.late
	}
	l.t.Fatalf("timers without end")
}

// comeBack applies the facts that were published, as they come back from the stream. Worlds
// that go in circles are cut short.
func (l *life) comeBack() {
	for range 20 {
		if len(l.back) == 0 {
			return
		}
		ev := l.back[0]
		l.back = l.back[1:]
		l.took(l.set.Event(l.state, &ev, l.at, ""))
	}
	l.back = nil
}

func (l *life) took(list []journey.Effect) {
	l.note(list)
	l.sound()
}

func (l *life) note(list []journey.Effect) {
	for _, e := range list {
		line := fmt.Sprintf("%s %T ", l.at.Format(time.RFC3339), e)
		switch e := e.(type) {
		case journey.Entered:
			l.once("entered " + e.Instance)
			l.running[e.Instance] = true
			line += e.Journey + " " + e.Instance
		case journey.Ended:
			l.once("ended " + e.Instance)
			if !l.running[e.Instance] {
				l.t.Fatalf("%s ended and was not running", e.Instance)
			}
			delete(l.running, e.Instance)
			line += e.Journey + " " + e.Instance + " " + e.Reason
		case journey.Message:
			l.once("message " + e.Command.ID)
			if !l.running[e.Command.Instance] {
				l.t.Fatalf("a message of %s, which is not running", e.Command.Instance)
			}
			line += e.Command.ID + " " + string(e.Reason)
			l.capped(&e)
		case journey.Converted:
			l.once("converted " + e.Instance)
			line += e.Instance
		case journey.Published:
			l.once("published " + e.Event.UID())
			line += e.Event.Type + " " + e.Event.ID
			if !e.Quiet {
				l.back = append(l.back, e.Event)
			}
		case journey.Moved:
			l.once(fmt.Sprintf("moved %+v", e))
			line += e.Instance + " " + e.To + " " + e.Step
		case journey.Armed:
			l.once(fmt.Sprintf("armed %s %s %s", e.Instance, e.Experiment.Step, e.Arm))
			line += e.Instance + " " + e.Arm
		case journey.Joined:
			l.once(fmt.Sprintf("joined %s %t %s %d", e.Segment, e.Left, e.At, e.Again))
			line += fmt.Sprintf("%s %t %t", e.Segment, e.Left, e.Filled)
		}
		l.log = append(l.log, line)
		if ask, ok := e.(journey.Ask); ok {
			l.answer(ask.Instance)
		}
	}
}

// answer suggests something, too little, or nothing for now.
func (l *life) answer(instance string) {
	list := []journey.Suggestion{{ID: "a"}, {ID: "b"}}
	switch luck := journey.Fraction("luck", instance, l.at.Format(time.RFC3339)); {
	case luck < 0.3:
		l.set.Postpone(l.state, instance, l.at.Add(5*time.Hour))
		return
	case luck < 0.5:
		list = list[:1]
	}
	l.note(l.set.Answer(l.state, instance, list, l.at))
}

// capped fails when more messages went out in a week than the caps of all worlds allow.
func (l *life) capped(m *journey.Message) {
	if m.Reason != "" {
		return
	}
	l.sent = append(l.sent, l.at)
	if n := len(l.sent); n > 3 && l.at.Sub(l.sent[n-4]) < 7*day {
		l.t.Fatalf("%s is the fourth message in a week", m.Command.ID)
	}
}

func (l *life) once(what string) {
	if l.known[what] {
		l.t.Fatalf("twice: %s", what)
	}
	l.known[what] = true
}

// sound is what must be true between any two inputs.
func (l *life) sound() {
	b, err := l.codec.Encode(l.state)
	if err != nil {
		l.t.Fatal(err)
	}
	if l.state, err = l.codec.Decode(b); err != nil {
		l.t.Fatal(err)
	}
	for i := range l.state.Instances {
		in := &l.state.Instances[i]
		if !l.running[in.ID] {
			l.t.Fatalf("instance %s rests and never entered, or has ended", in.ID)
		}
		steps := map[string]bool{}
		var status journey.Status
		for _, w := range l.worlds {
			for _, d := range w.Journeys {
				if d.Name == in.Journey && d.Version == in.Version {
					stepsOf(d.Steps, steps)
				}
			}
		}
		for _, d := range l.set.Definitions() {
			if d.Name == in.Journey {
				status = d.Status
			}
		}
		if !steps[in.Step] {
			l.t.Fatalf("instance of %s %s rests on %q, which its version lacks", in.Journey, in.Version, in.Step)
		}
		if in.Due.IsZero() && status != journey.Paused {
			l.t.Fatalf("instance of %s (%s) rests on %s for ever", in.Journey, status, in.Step)
		}
	}
	if len(l.running) != len(l.state.Instances) {
		l.t.Fatalf("%d instances run, the state has %d", len(l.running), len(l.state.Instances))
	}
}

// Whatever the workspace and whatever happens: the same inputs give the same effects with
// the same ids, no matter where time stopped on the way; everything happens once; nobody
// rests on a step that is not there, or for ever; timers come in order and to an end.
func TestWorldsAreSound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &world{}
		worlds := []journey.Config{w.draw(t, "v1", start()), w.draw(t, "v2", start()), w.draw(t, "v3", start())}
		history := deeds().Draw(t, "history")
		stops := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 100*24*60), func(m int) time.Duration { return time.Duration(m) * time.Minute }), 0, 5).Draw(t, "stops")
		slices.Sort(stops)
		live(t, worlds, history, nil, true)
		a, b := live(t, worlds, history, nil, false), live(t, worlds, history, stops, false)
		if !slices.Equal(a.log, b.log) {
			for i := range a.log {
				if i >= len(b.log) || a.log[i] != b.log[i] {
					t.Fatalf("line %d\n%s\nwith stops\n%v", i, a.log[i], b.log[i:])
				}
			}
			t.Fatalf("with stops happened more: %v", b.log[len(a.log):])
		}
	})
}
