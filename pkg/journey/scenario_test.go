package journey_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/schedule"
)

const day = 24 * time.Hour

// start is the time that scenarios count from.
func start() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

// person plays one profile's part: it applies events and fires timers as the orchestrator
// does, and writes down what happens, one line each.
type person struct {
	t     *testing.T
	set   *journey.Set
	state *journey.State
	codec *journey.Codec
	// suggest answers Ask effects.
	suggest func(journey.Query) []journey.Suggestion
	log     []string
	sent    []journey.Message
}

func newPerson(t *testing.T, subject string, defs ...*journey.Definition) *person {
	t.Helper()
	set, err := journey.NewSet(journey.Config{Journeys: defs})
	if err != nil {
		t.Fatal(err)
	}
	codec, err := journey.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	return &person{
		t: t, set: set, codec: codec, state: journey.NewState(subject, start()),
		suggest: func(q journey.Query) []journey.Suggestion {
			return []journey.Suggestion{{ID: "bulb"}, {ID: "shade"}, {ID: "cord"}, {ID: "socket"}, {ID: "plug"}}
		},
	}
}

// happens runs time on to an event and applies it.
func (p *person) happens(after time.Duration, id, typ string, data map[string]any) {
	p.t.Helper()
	now := start().Add(after)
	p.until(after)
	b, err := json.Marshal(data)
	if err != nil {
		p.t.Fatal(err)
	}
	e := event.Event{ID: id, Source: "test", Type: typ, Subject: p.state.Profile.ID, Time: now, Data: b}
	p.effects(p.set.Event(p.state, &e, now, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), now)
	p.reload()
}

// orders is a customer's order with an address and consent.
func (p *person) orders(after time.Duration, id string, products ...string) {
	p.t.Helper()
	p.tells(after, id, id, products...)
}

// tells is an event with an id of its own about an order.
func (p *person) tells(after time.Duration, uid, id string, products ...string) {
	p.t.Helper()
	var lines []map[string]any
	for _, k := range products {
		lines = append(lines, map[string]any{"product_id": k})
	}
	p.happens(after, uid, event.OrderCompleted, map[string]any{
		"order_id": id, "total": 10, "products": lines,
		event.ProfileProperty: map[string]any{
			"traits": map[string]any{"email": "ada@example.com", "phone": "+447700900001"},
			"consent": []map[string]any{
				{"channel": "email", "purpose": "marketing", "granted": true, "source": "test"},
				{"channel": "sms", "purpose": "marketing", "granted": true, "source": "test"},
			},
		},
	})
}

// until fires every timer that is due before a time.
func (p *person) until(after time.Duration) {
	p.t.Helper()
	for {
		due := p.state.NextDue()
		if due.IsZero() || !due.Before(start().Add(after)) {
			return
		}
		p.effects(p.set.Fire(p.state, due), due)
		p.reload()
	}
}

func (p *person) effects(list []journey.Effect, now time.Time) {
	p.t.Helper()
	for _, e := range list {
		switch e := e.(type) {
		case journey.Entered:
			p.note(now, "%s entered", e.Journey)
		case journey.Ended:
			if e.Finished {
				p.note(now, "%s finished", e.Journey)
			} else {
				p.note(now, "%s left: %s", e.Journey, e.Reason)
			}
		case journey.Message:
			p.sent = append(p.sent, e)
			p.note(now, "%s %s %s %s", e.Command.Journey, e.Command.Channel, e.Command.Template, verdict(e.Reason))
		case journey.Ask:
			p.effects(p.set.Answer(p.state, e.Instance, p.suggest(e.Query), now), now)
		}
	}
}

func verdict(r message.Reason) string {
	if r == "" {
		return "goes"
	}
	return "kept back: " + string(r)
}

func (p *person) note(now time.Time, format string, args ...any) {
	p.log = append(p.log, fmt.Sprintf("day %g: ", now.Sub(start()).Hours()/24)+fmt.Sprintf(format, args...))
}

// reload stores the state and reads it again, as every batch does.
func (p *person) reload() {
	p.t.Helper()
	b, err := p.codec.Encode(p.state)
	if err != nil {
		p.t.Fatal(err)
	}
	again, err := p.codec.Decode(b)
	if err != nil {
		p.t.Fatal(err)
	}
	twice, err := p.codec.Encode(again)
	if err != nil {
		p.t.Fatal(err)
	}
	if string(b) != string(twice) {
		p.t.Fatalf("a state changes when it is stored:\n%x\n%x", b, twice)
	}
	p.state = again
}

func (p *person) want(lines ...string) {
	p.t.Helper()
	if !slices.Equal(p.log, lines) {
		p.t.Errorf("happened:\n  %s\nwanted:\n  %s", strings.Join(p.log, "\n  "), strings.Join(lines, "\n  "))
	}
}

// when is a condition, text a value, written in Go.
type when func(*journey.Scope) bool

func (w when) Eval(s *journey.Scope) (bool, error) { return w(s), nil }
func (w when) String() string                      { return "when" }

type text func(*journey.Scope) string

func (x text) Text(s *journey.Scope) (string, error) { return x(s), nil }
func (x text) String() string                        { return "text" }

func property(name string) text {
	return func(s *journey.Scope) string { return fmt.Sprint(s.EventProperty(name)) }
}

func email(id, template string) journey.Step {
	return journey.Step{ID: id, Send: &journey.Send{Channel: message.Email, Template: template}}
}

func wait(id string, d time.Duration) journey.Step {
	return journey.Step{ID: id, Wait: &journey.Wait{Pause: &schedule.Wait{For: d}}}
}
