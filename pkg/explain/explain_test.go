package explain_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/explain"
	"rapport/pkg/goldentest"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/workspace"
	"rapport/pkg/workspace/workspacetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// shop is a small workspace: a greeting, a journey with everything that can go wrong, one
// that goes by a segment and one that never begins.
func shop(t *testing.T) *workspace.Snapshot {
	t.Helper()
	return workspacetest.Shop(t, map[string]string{
		"policy.yaml":            "caps:\n  - {channel: email, category: marketing, at_most: 1, per: 7d}\nquiet_hours: {sms: {from: \"20:00\", to: \"09:00\"}}\n",
		"segments/regular.yaml":  "segment: regular\nif: orders.count() >= 2\n",
		"journeys/thanks.yaml":   "journey: thanks\ncategory: marketing\nstatus: active\nenter: {on: order.completed, if: event.total >= 20.0 && profile.orders.count <= 3, again: {after: 1d}}\ngoal: {on: order.completed, within: 7d}\nsteps:\n  - id: settle\n    wait: {for: 2d}\n  - id: fork\n    branch:\n      - if: trigger.total > 100 || profile.consent.sms.marketing\n        steps: [{id: text, send: {sms: b}}]\n      - else:\n        steps: [{id: mail, send: {email: a}}]\n",
		"journeys/regulars.yaml": "journey: regulars\ncategory: marketing\nstatus: active\nenter: {segment: {entered: regular}}\nleave: [{on: order.refunded}, {if: profile.orders.count > 5, as: too many}]\ngoal: {on: order.completed, within: 7d}\nsteps:\n  - id: hello\n    send: {email: a}\n  - id: picks\n    recommend: {basis: profile.orders.bought, from: [bought_together], min: 1, max: 2}\n    otherwise: [{id: plain, send: {sms: b}}]\n  - id: offer\n    send: {sms: b}\n    if_blocked: {defer_for_at_most: 1d}\n  - id: long\n    wait: {for: 30d}\n  - id: bye\n    send: {email: a}\n",
		"journeys/cart.yaml":     "journey: cart\ncategory: marketing\nstatus: active\nenter: {on: cart.updated}\ngoal: {on: order.completed, within: 7d}\nsteps:\n  - id: hour\n    wait: {for: 1h}\n  - id: nudge\n    send: {email: a}\n",
		"journeys/retired.yaml":  "journey: retired\ncategory: marketing\nstatus: paused\nenter: {on: order.completed}\ngoal: {on: order.completed, within: 7d}\nsteps:\n  - id: mail\n    send: {email: a}\n",
	})
}

func at(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return t
}

func happened(id, typ, when, data string) *event.Event {
	return &event.Event{ID: id, Source: "shop", Type: typ, Subject: "ada", Time: at(when), Data: json.RawMessage(data)}
}

// past is a history in which something of everything happens.
func past(t *testing.T) explain.Input {
	t.Helper()
	order := func(n int, when string, total float64) *event.Event {
		return happened(fmt.Sprint("o", n), "order.completed", when, fmt.Sprintf(`{"order_id":"A%d","total":%g,"products":[{"product_id":"lamp"}]}`, n, total))
	}
	first := shop(t)
	in := explain.Input{
		Profile: "ada",
		Events: []*event.Event{
			happened("i1", "profile.identified", "2026-03-01 10:00", `{"$profile":{"traits":{"email":"ada@example.com","phone":"+4915112345678","timezone":"Europe/Berlin"},"consent":[{"channel":"email","purpose":"marketing","granted":true}]}}`),
			order(1, "2026-03-02 09:00", 12), order(2, "2026-03-03 18:30", 45), order(3, "2026-03-04 11:00", 60),
			happened("c1", "profile.identified", "2026-03-05 12:00", `{"$profile":{"consent":[{"channel":"sms","purpose":"marketing","granted":true}]}}`),
			happened("r1", "order.refunded", "2026-03-20 12:00", `{"order_id":"A2","total":45}`),
		},
		Phases: []explain.Phase{{Config: first.Config(time.Time{}, nil)}},
		Traces: map[string]string{"shop#o2": "4bf92f3577b34da6a3ce929d0e0e4736"},
		Until:  at("2026-05-01 00:00"),
		Notes:  []string{"Traits and consents are as recorded."},
	}
	// What was really sent: what the replay itself decides, but for one; and one more.
	r, err := explain.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Report(explain.Query{}).Moments {
		for _, l := range m.Lines {
			if l.Kind != explain.Message || l.Step == "text" || l.Step == "plain" {
				continue
			}
			rec := explain.Recorded{ID: l.Message, Journey: l.Journey, Instance: l.Instance, Step: l.Step, Channel: l.Channel, Template: "a", DecidedAt: m.At, Outcome: message.Sent, Trace: "00f067aa0ba902b700f067aa0ba902b7"}
			if l.Reason != "" {
				rec.Outcome, rec.Reason = message.Suppressed, l.Reason
			}
			in.Recorded = append(in.Recorded, rec)
		}
	}
	in.Recorded = append(in.Recorded, explain.Recorded{ID: "f00", Journey: "thanks", Instance: "gone", Step: "mail", Channel: message.Email, Template: "a", DecidedAt: at("2026-03-10 10:00"), Outcome: message.Sent})
	return in
}

func TestGolden(t *testing.T) {
	t.Parallel()
	in := past(t)
	r, err := explain.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	mail := ""
	for _, m := range in.Recorded {
		if m.Step == "hello" {
			mail = m.ID
		}
	}
	for name, q := range map[string]explain.Query{
		"thanks": {Journey: "thanks"}, "regulars": {Journey: "regulars"}, "cart": {Journey: "cart"}, "retired": {Journey: "retired"},
		"none": {Journey: "none"}, "message": {Message: mail}, "unknown": {Message: "nothing"}, "gone": {Message: "f00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := r.Report(q)
			var text bytes.Buffer
			if err := report.WriteText(&text); err != nil {
				t.Fatal(err)
			}
			goldentest.Compare(t, *update, name+".txt", text.Bytes())
			if _, err := json.Marshal(report); err != nil {
				t.Error(err)
			}
		})
	}
}

// The last sentence says why, for every way in which nothing is sent.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*explain.Input)
		query  explain.Query
		want   string
	}{
		"resting":        {func(in *explain.Input) { in.Until = at("2026-03-04 00:00") }, explain.Query{Journey: "thanks"}, "ada got nothing from journey thanks yet: since 2026-03-03 18:30:00 they rest on step settle until 2026-03-05 18:30:00."},
		"condition":      {func(in *explain.Input) { in.Events = in.Events[:2] }, explain.Query{Journey: "thanks"}, "ada did not enter journey thanks: on 2026-03-02 09:00:00 order.completed came, and event.total >= 20.0 && profile.orders.count <= 3 did not hold"},
		"unknown person": {func(in *explain.Input) { in.Profile, in.Events = "bob", nil }, explain.Query{Journey: "thanks"}, "Nothing is recorded of bob"},
		"anonymous": {func(in *explain.Input) {
			in.Profile = "anonymous:1"
			for _, ev := range in.Events {
				ev.Subject = "anonymous:1"
			}
		}, explain.Query{}, "anonymous:1 is not a known customer"},
		"no segment": {func(in *explain.Input) { in.Events = in.Events[:2] }, explain.Query{Journey: "regulars"}, "ada never entered journey regulars: they never joined segment regular."},
		"nothing":    {func(in *explain.Input) { in.Events = in.Events[:1] }, explain.Query{}, "No message to ada was decided by any journey."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := past(t)
			c.change(&in)
			r, err := explain.Run(in)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Report(c.query).Answer; !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// A workspace that came into force meanwhile is replayed from then on, and people who were
// inside an older version go on in it.
func TestPhases(t *testing.T) {
	t.Parallel()
	in := past(t)
	in.Recorded = nil
	first := in.Phases[0].Config
	old := *first.Journeys[3]
	if old.Name != "thanks" {
		t.Fatalf("the journeys are in another order: %s", old.Name)
	}
	next := old
	next.Version, next.OnChange, next.Enter.Again = "next", journey.Cancel, journey.Again{Always: true}
	second := first
	second.Version, second.Journeys, second.Old = "second", []*journey.Definition{&next}, first.Journeys
	in.Phases = append(in.Phases, explain.Phase{From: at("2026-03-04 00:00"), Config: second})
	r, err := explain.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	report := r.Report(explain.Query{Journey: "thanks"})
	var text bytes.Buffer
	if err := report.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"2026-03-04 00:00:00  workspace  second\n  thanks             left: version changed",
		"entered, version next",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}

// A recommend step is answered by what the messages after it show; one before it, or one
// that is sent for want of suggestions, shows nothing.
func TestRecommended(t *testing.T) {
	t.Parallel()
	for step, enough := range map[string]bool{"hello": false, "plain": false, "offer": true, "bye": true} {
		in := past(t)
		hello := in.Recorded[0]
		for _, m := range in.Recorded {
			if m.Step == "hello" {
				hello = m
			}
		}
		one := hello
		one.ID, one.Step = "another", step
		in.Recorded = []explain.Recorded{hello, one}
		r, err := explain.Run(in)
		if err != nil {
			t.Fatal(err)
		}
		report := r.Report(explain.Query{Journey: "regulars"})
		var text bytes.Buffer
		if err := report.WriteText(&text); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(text.String(), "the messages show that it was enough"); got != enough || strings.Contains(text.String(), "message plain") == enough {
			t.Errorf("with a message of step %s it was enough: %v\n%s", step, got, text.String())
		}
	}
}
