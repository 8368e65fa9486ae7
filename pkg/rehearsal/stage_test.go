package rehearsal_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/rehearsal"
)

func start() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

func ev(id, subject, typ string, after time.Duration, data any) *event.Event {
	b, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	return &event.Event{ID: id, Source: "test", Type: typ, Subject: subject, Time: start().Add(after), Data: b}
}

// clockwork is an engine that does what events tell it, and writes down when.
type clockwork struct {
	log    []string
	refuse message.Reason
}

func (c *clockwork) note(what, who string, now time.Time) {
	c.log = append(c.log, fmt.Sprintf("%s %s %s", now.Sub(start()), what, who))
}

// Event obeys: "wake" sets the timer to so long after, "send" sends, "emit" publishes another.
func (c *clockwork) Event(st *journey.State, e *event.Event, now time.Time, _ string) []journey.Effect {
	c.note(e.Type, e.Subject, now)
	switch e.Type {
	case "wake":
		var in time.Duration
		if json.Unmarshal(e.Data, &in) == nil {
			st.Instances = []journey.Instance{{ID: "i", Due: now.Add(in)}}
		}
	case "send":
		return []journey.Effect{journey.Message{Command: message.Command{ID: e.ID, Profile: e.Subject, Channel: message.Email}}}
	case "emit":
		var n int
		_ = json.Unmarshal(e.Data, &n)
		next := event.Event{ID: e.ID + "+", Source: event.EngineSource, Type: "emit", Subject: e.Subject, Time: now, Data: []byte(fmt.Sprint(n - 1))}
		if n == 1 {
			next.Type = "done"
		}
		return []journey.Effect{journey.Published{Event: next}}
	}
	return nil
}

func (c *clockwork) Fire(st *journey.State, now time.Time) []journey.Effect {
	c.note("timer", st.Profile.ID, now)
	st.Instances = nil
	return nil
}

func (c *clockwork) Refresh(*journey.State, time.Time) []journey.Effect { return nil }

func (c *clockwork) Answer(*journey.State, string, []journey.Suggestion, time.Time) []journey.Effect {
	return nil
}

func (c *clockwork) Recheck(_ *journey.State, m *message.Command, now time.Time) message.Reason {
	c.note("recheck", m.Profile, now)
	return c.refuse
}

// told is a sink that keeps messages.
type told struct{ kept []string }

func (t *told) Happened(h rehearsal.Happening) {
	if m, ok := h.Effect.(journey.Message); ok {
		t.kept = append(t.kept, fmt.Sprintf("%s %s %q", h.Cause.At.Sub(start()), h.Cause.Kind, m.Reason))
	}
}

func stage(t *testing.T, o rehearsal.Options) *rehearsal.Stage {
	t.Helper()
	s, err := rehearsal.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// Timers fire before the events that lie after them, earliest first, then by profile,
// whatever the order in which they were set; a timer that is set anew forgets the old time.
func TestTimersFireInOrder(t *testing.T) {
	t.Parallel()
	c := &clockwork{}
	s := stage(t, rehearsal.Options{Engine: c})
	must(t, s.Event(ev("1", "zoe", "wake", 0, 3*time.Hour)))
	must(t, s.Event(ev("2", "bob", "wake", 0, 3*time.Hour)))
	must(t, s.Event(ev("3", "ada", "wake", 0, 5*time.Hour)))
	must(t, s.Event(ev("4", "cy", "wake", 0, time.Hour)))
	must(t, s.Event(ev("5", "cy", "wake", 0, 4*time.Hour)))
	if due := s.NextDue(); !due.Equal(start().Add(3 * time.Hour)) {
		t.Errorf("next is %s", due)
	}
	must(t, s.Event(ev("6", "ada", "order", 4*time.Hour+time.Minute, nil)))
	must(t, s.Until(start().Add(5*time.Hour)))
	equal(t, c.log[5:], "3h0m0s timer bob", "3h0m0s timer zoe", "4h0m0s timer cy", "4h1m0s order ada", "5h0m0s timer ada")
	if due := s.NextDue(); !due.IsZero() {
		t.Errorf("a timer is left at %s", due)
	}
}

// Of a timer and an event of one time, the event comes first, as in a replay, unless
// timers come first.
func TestTies(t *testing.T) {
	t.Parallel()
	for first, want := range map[bool][]string{
		false: {"1h0m0s order ada", "1h0m0s timer ada"},
		true:  {"1h0m0s timer ada", "1h0m0s order ada"},
	} {
		c := &clockwork{}
		s := stage(t, rehearsal.Options{Engine: c, TimersFirst: first})
		must(t, s.Event(ev("1", "ada", "wake", 0, time.Hour)))
		must(t, s.Event(ev("2", "ada", "order", time.Hour, nil)))
		must(t, s.Until(start().Add(time.Hour)))
		equal(t, c.log[1:], want...)
	}
}

// Time never goes back: a late event is applied at the time there is.
func TestLateEvents(t *testing.T) {
	t.Parallel()
	c := &clockwork{}
	s := stage(t, rehearsal.Options{Engine: c})
	must(t, s.Event(ev("1", "ada", "order", time.Hour, nil)))
	must(t, s.Event(ev("2", "ada", "late", 0, nil)))
	must(t, s.Until(start()))
	equal(t, c.log, "1h0m0s order ada", "1h0m0s late ada")
	if !s.Now().Equal(start().Add(time.Hour)) {
		t.Errorf("it is %s", s.Now())
	}
}

func TestAnEventCountsOnce(t *testing.T) {
	t.Parallel()
	c := &clockwork{}
	s := stage(t, rehearsal.Options{Engine: c})
	for range 3 {
		must(t, s.Event(ev("1", "ada", "order", 0, nil)))
	}
	must(t, s.Event(ev("1", "bob", "order", 0, nil))) // Ids are told apart within a profile, as the store does.
	equal(t, c.log, "0s order ada", "0s order bob")
}

// What journeys publish comes back at once, before anything else; without end it is an
// error, and no hang.
func TestWhatComesBack(t *testing.T) {
	t.Parallel()
	c := &clockwork{}
	s := stage(t, rehearsal.Options{Engine: c})
	must(t, s.Event(ev("1", "ada", "emit", 0, 2)))
	must(t, s.Event(ev("2", "bob", "order", 0, nil)))
	equal(t, c.log, "0s emit ada", "0s emit ada", "0s done ada", "0s order bob")
	if err := s.Event(ev("3", "ada", "emit", 0, -1)); !errors.Is(err, rehearsal.ErrLoop) {
		t.Errorf("a loop gives %v", err)
	}
}

// A message that takes its time is looked at once more when it arrives: then its receipt
// comes back, or it is kept back.
func TestDeliveriesThatTakeTime(t *testing.T) {
	t.Parallel()
	slow := func(c *message.Command) rehearsal.Delivery {
		if c.ID == "nobody" {
			return rehearsal.Delivery{}
		}
		return rehearsal.Delivery{Outcome: message.Sent, After: 10 * time.Minute}
	}
	c, sink := &clockwork{}, &told{}
	s := stage(t, rehearsal.Options{Engine: c, Deliver: slow, Sink: sink})
	must(t, s.Event(ev("m", "ada", "send", 0, nil)))
	must(t, s.Event(ev("nobody", "bob", "send", time.Minute, nil)))
	must(t, s.Event(ev("2", "ada", "order", 10*time.Minute, nil)))
	equal(t, c.log, "0s send ada", "1m0s send bob", "10m0s recheck ada", "10m0s message.sent ada", "10m0s order ada")

	c.refuse = message.ReasonLeft
	must(t, s.Event(ev("n", "ada", "send", time.Hour, nil)))
	must(t, s.Until(start().Add(2*time.Hour)))
	equal(t, c.log[5:], "1h0m0s send ada", "1h10m0s recheck ada", "1h10m0s message.suppressed ada")
	equal(t, sink.kept, `0s event ""`, `1m0s event ""`, `1h0m0s event ""`, `1h10m0s delivery "journey_left"`)
}

// At once, the receipt is back before the next event.
func TestReceiptsAtOnce(t *testing.T) {
	t.Parallel()
	c := &clockwork{}
	s := stage(t, rehearsal.Options{Engine: c})
	must(t, s.Event(ev("m", "ada", "send", 0, nil)))
	must(t, s.Event(ev("2", "bob", "order", 0, nil)))
	equal(t, c.log, "0s send ada", "0s message.sent ada", "0s order bob")
}

// Any number of people may be due at one instant, as they are for a broadcast; one whose
// timer is due again and again without time going on is an error, and no hang.
func TestManyTimersAtOneTime(t *testing.T) {
	t.Parallel()
	c := &clockwork{}
	s := stage(t, rehearsal.Options{Engine: c})
	const people = 20_000
	for i := range people {
		must(t, s.Event(ev("1", fmt.Sprint("p", i), "wake", 0, time.Hour)))
	}
	must(t, s.Until(start().Add(time.Hour)))
	if len(c.log) != people+people {
		t.Errorf("%d lines", len(c.log))
	}
	s = stage(t, rehearsal.Options{Engine: stuck{c}})
	must(t, s.Event(ev("1", "ada", "wake", 0, time.Hour)))
	if err := s.Until(start().Add(time.Hour)); !errors.Is(err, rehearsal.ErrLoop) {
		t.Errorf("a timer that stays gives %v", err)
	}
}

// stuck is an engine whose timers never go off.
type stuck struct{ *clockwork }

func (stuck) Fire(*journey.State, time.Time) []journey.Effect { return nil }

func TestAdd(t *testing.T) {
	t.Parallel()
	c := &clockwork{}
	s := stage(t, rehearsal.Options{Engine: c})
	must(t, s.Until(start()))
	st := journey.NewState("ada", start())
	st.Instances = []journey.Instance{{ID: "i", Due: start().Add(time.Hour)}}
	must(t, s.Add(st))
	if s.Add(st) == nil {
		t.Error("somebody can be added twice")
	}
	must(t, s.Until(start().Add(time.Hour)))
	equal(t, c.log, "1h0m0s timer ada")
	if _, err := rehearsal.New(rehearsal.Options{}); err == nil {
		t.Error("a stage needs no engine")
	}
}
