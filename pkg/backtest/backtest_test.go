package backtest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/pkg/backtest"
	"rapport/pkg/event"
	"rapport/pkg/goldentest"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/rehearsal"
	"rapport/pkg/workspace"
	"rapport/pkg/workspace/workspacetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// shop has a mail for every order under a cap, a chain of two messages, and a segment.
func shop(t *testing.T) *workspace.Snapshot {
	t.Helper()
	return workspacetest.Shop(t, map[string]string{
		"policy.yaml":            "caps:\n  - {channel: email, category: marketing, at_most: 1, per: 7d}\n",
		"segments/regular.yaml":  "segment: regular\nif: orders.count() >= 3\n",
		"journeys/thanks.yaml":   "journey: thanks\ntitle: Thank for an order\ncategory: marketing\npriority: 20\nstatus: active\nenter: {on: order.completed, key: event.order_id, again: never}\ngoal: {on: order.completed, within: 7d}\nsteps:\n  - id: settle\n    wait: {for: 2d}\n  - id: mail\n    send: {email: a}\n    if_blocked: drop\n",
		"journeys/win-back.yaml": "journey: win-back\ntitle: Win back <who> went quiet\ncategory: marketing\npriority: 30\nstatus: active\nenter: {on: order.completed, again: always, meanwhile: restart}\ngoal: {on: order.completed, within: 60d}\nsteps:\n  - id: quiet\n    wait: {for: 20d}\n  - id: text\n    send: {sms: b}\n",
		"journeys/regulars.yaml": "journey: regulars\ncategory: marketing\npriority: 10\nstatus: active\nenter: {segment: {entered: regular}}\ngoal: {on: order.completed, within: 60d}\nsteps:\n  - id: mail\n    send: {email: a}\n    if_blocked: drop\n",
		"journeys/sleeping.yaml": "journey: sleeping\ncategory: marketing\npriority: 40\nstatus: draft\nenter: {on: order.completed}\ngoal: {on: order.completed, within: 60d}\nsteps:\n  - id: mail\n    send: {email: a}\n",
	})
}

var first = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// orders are those of a number of people: person n orders every n+1 days, for 90 days.
func orders(people int) []*event.Event {
	var list []*event.Event
	for n := range people {
		for k := range 90 / (n + 1) {
			at := first.Add(time.Duration(k*(n+1))*24*time.Hour + time.Duration(n)*time.Minute)
			data := fmt.Sprintf(`{"order_id":"A%d-%d","total":%d,"products":[{"product_id":"lamp"}]`, n, k, 10+k)
			if k == 0 {
				data += fmt.Sprintf(`,"$profile":{"traits":{"email":"p%d@example.com","phone":"+4915112345678"},"consent":[{"channel":"email","purpose":"marketing","granted":%v},{"channel":"sms","purpose":"marketing","granted":true}]}`, n, n%4 != 3)
			}
			list = append(list, &event.Event{ID: fmt.Sprintf("%d-%d", n, k), Source: "shop", Type: event.OrderCompleted, Subject: fmt.Sprintf("p%02d", n), Time: at, Data: json.RawMessage(data + "}")})
		}
	}
	slices.SortStableFunc(list, func(a, b *event.Event) int { return a.Time.Compare(b.Time) })
	return list
}

func each[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, x := range list {
			if !yield(x, nil) {
				return
			}
		}
	}
}

// witness notes what goes out, by other means than the report's.
type witness struct {
	sent []backtest.Recorded
}

func (w *witness) Happened(h rehearsal.Happening) {
	if m, ok := h.Effect.(journey.Message); ok && m.Reason == "" {
		c := m.Command
		w.sent = append(w.sent, backtest.Recorded{Profile: h.Profile, Journey: c.Journey, Step: c.Step, Channel: c.Channel, At: h.Cause.At})
	}
}

func input(t *testing.T) backtest.Input {
	t.Helper()
	return backtest.Input{
		Events: each(orders(12)), Config: shop(t).Config(time.Time{}, nil), Since: first.Add(20 * 24 * time.Hour), Until: first.Add(110 * 24 * time.Hour),
		Past:  map[string]backtest.Past{"thanks": {Entered: 400, Converted: 100, HeldOut: 40, HeldOutConverted: 8}},
		Notes: []string{"Journeys begin empty."},
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	in := input(t)
	w := &witness{}
	actual := first.Add(40 * 24 * time.Hour)
	in.Recorded = func(yield func(backtest.Recorded, error) bool) {
		for _, m := range w.sent {
			if m.At.After(actual) && !yield(m, nil) {
				return
			}
		}
		yield(backtest.Recorded{Profile: "p00", Journey: "newsletter", Step: "mail", Channel: message.Email, At: actual}, nil)
	}
	live(t, &in, w)
	r, err := backtest.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	r.Source, r.Workspace = "a test", "0123456789abcdef"
	var text, page bytes.Buffer
	if err := errors.Join(r.WriteText(&text), r.WriteHTML(&page)); err != nil {
		t.Fatal(err)
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	goldentest.Compare(t, *update, "report.txt", text.Bytes())
	goldentest.Compare(t, *update, "report.json", append(data, '\n'))
	goldentest.Compare(t, *update, "report.html", page.Bytes())
	for _, never := range []string{"<script", "http:", "https:", "url(", "@import", "ZgotmplZ"} {
		if strings.Contains(page.String(), never) {
			t.Errorf("the page has %q", never)
		}
	}
}

// live runs the same by the stage alone.
func live(t *testing.T, in *backtest.Input, w *witness) {
	t.Helper()
	empty, err := journey.NewSet(journey.Config{Version: "empty"})
	if err != nil {
		t.Fatal(err)
	}
	config := in.Config
	config.Since = in.Since
	set, err := journey.NewSet(config)
	if err != nil {
		t.Fatal(err)
	}
	stage, err := rehearsal.New(rehearsal.Options{Engine: empty, Sink: w})
	if err != nil {
		t.Fatal(err)
	}
	began := false
	for ev := range in.Events {
		if !began && !ev.Time.Before(in.Since) {
			began = true
			if err := stage.Change(set, in.Since); err != nil {
				t.Fatal(err)
			}
		}
		if err := stage.Event(ev); err != nil {
			t.Fatal(err)
		}
	}
	if err := stage.Until(in.Until); err != nil {
		t.Fatal(err)
	}
}

// What would have been sent, compared with itself, is the same: all of it and nothing else.
func TestAgainstItself(t *testing.T) {
	t.Parallel()
	in := input(t)
	w := &witness{}
	live(t, &in, w)
	in.Recorded = each(w.sent)
	r, err := backtest.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	for _, d := range r.Against {
		same += d.Same
		if d.OnlyReal+d.OnlyHere > 0 {
			t.Errorf("differs from itself: %+v", d)
		}
	}
	if same == 0 || same != r.Sent || same != len(w.sent) {
		t.Errorf("%d are the same of %d sent and %d witnessed", same, r.Sent, len(w.sent))
	}
	days, people, capped := 0, 0, 0
	for _, d := range r.Days {
		for _, s := range d.Sends {
			days += s.Count
		}
	}
	for _, b := range r.Messages.Histogram {
		people += b.Messages * b.People
	}
	for _, b := range r.Blocked {
		if b.Reason == message.ReasonCapped {
			capped += b.Count
		}
	}
	if days != r.Sent || people != r.Sent || capped == 0 || capped != r.Capped.Messages {
		t.Errorf("%d by days, %d by people, %d sent; %d kept back by caps, %+v", days, people, r.Sent, capped, r.Capped)
	}
	for _, j := range r.Journeys {
		if j.Entered != j.Finished+j.Inside+sum(j.Left) {
			t.Errorf("people are lost in %+v", j)
		}
	}
}

func sum(list []backtest.Left) int {
	n := 0
	for _, l := range list {
		n += l.Count
	}
	return n
}

// Messages are the same within a day and no longer, whichever comes first.
func TestDifference(t *testing.T) {
	t.Parallel()
	in := input(t)
	w := &witness{}
	live(t, &in, w)
	for shift, want := range map[time.Duration]bool{-25 * time.Hour: false, -23 * time.Hour: true, 0: true, 23 * time.Hour: true, 25 * time.Hour: false} {
		var one []backtest.Recorded
		for _, m := range w.sent {
			if m.Profile == "p08" && m.Journey == "thanks" {
				m.At = m.At.Add(shift)
				one = append(one, m)
				break
			}
		}
		in.Recorded = each(one)
		r, err := backtest.Run(in)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(r.Against, func(d backtest.Difference) bool { return d.Journey == "thanks" })
		if d := r.Against[i]; len(one) != 1 || (d.Same == 1) != want || d.Same+d.OnlyReal != 1 {
			t.Errorf("%v apart: %+v", shift, d)
		}
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	torn := errors.New("torn")
	for name, c := range map[string]struct {
		change func(*backtest.Input)
		want   string
	}{
		"no events":       {func(in *backtest.Input) { in.Events = nil }, "Input.Events is missing"},
		"begins too late": {func(in *backtest.Input) { in.Since, in.Until = first.AddDate(1, 0, 0), time.Time{} }, "begins on 2027-01-05, and the events end on"},
		"unreadable":      {func(in *backtest.Input) { in.Events = func(yield func(*event.Event, error) bool) { yield(nil, torn) } }, "read the events: torn"},
		"no real messages": {func(in *backtest.Input) {
			in.Recorded = func(yield func(backtest.Recorded, error) bool) { yield(backtest.Recorded{}, torn) }
		}, "read the recorded messages: torn"},
	} {
		in := input(t)
		c.change(&in)
		if _, err := backtest.Run(in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The interval has the values of Wilson's formula, and stays within 0 and 1.
func TestWilson(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		hits, of  int
		low, high float64
	}{{10, 100, 0.0552, 0.1744}, {0, 10, 0, 0.2775}, {10, 10, 0.7225, 1}, {1, 1, 0.2065, 1}, {0, 0, 0, 1}} {
		low, high := backtest.Wilson(c.hits, c.of)
		if math.Abs(low-c.low) > 5e-5 || math.Abs(high-c.high) > 5e-5 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", c.hits, c.of, low, high, c.low, c.high)
		}
	}
}
