package rehearsal_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/rehearsal"
	"rapport/pkg/workspace"
)

// world is a workspace with something of everything that has an order: timers, suggestions,
// events that journeys publish, receipts that they wait for, segments that time changes.
func world(t testing.TB) *journey.Set {
	t.Helper()
	files := fstest.MapFS{
		"segments/quiet.yaml": {Data: []byte("segment: quiet\nif: profile.orders.count > 0 && orders.count(last = 20d) == 0\n")},
		"journeys/thanks.yaml": {Data: []byte(`journey: thanks
category: transactional
status: active
enter: {on: order.completed, key: event.order_id}
steps:
  - {id: thanks, send: {email: thanks}}
  - {id: told, wait: {for_event: [{on: message.sent, match: event.message_id == sent.thanks.id}], at_most: 1d}}
  - {award: {points: 10, reason: order}}
  - {emit: {type: thanks.done, data: {order: trigger.order_id}}}
`)},
		"journeys/related.yaml": {Data: []byte(`journey: related
category: transactional
status: active
enter: {on: thanks.done, again: {after: 5d}}
leave: [{on: order.refunded}]
steps:
  - {id: settle, wait: {for: 3d, then_at: "10:00"}}
  - {id: picks, recommend: {from: [bought_together], min: 1, max: 2}, otherwise: leave}
  - {id: offer, send: {email: offer}}
`)},
		"journeys/back.yaml": {Data: []byte(`journey: back
category: transactional
status: active
enter: {segment: {entered: quiet}, again: always}
steps:
  - {id: miss, send: {email: miss}}
  - {tag: missed}
`)},
	}
	complete(files)
	snap, err := workspace.Load(files, "the world")
	if err != nil {
		t.Fatal(err)
	}
	set, err := journey.NewSet(snap.Config(start(), nil))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// happening is one event of a history.
type happening struct {
	who   string
	typ   string
	order int
	after time.Duration
}

func histories() *rapid.Generator[[]happening] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) happening {
		return happening{
			who:   rapid.SampledFrom([]string{"ada", "bob", "cy"}).Draw(t, "who"),
			typ:   rapid.SampledFrom([]string{event.OrderCompleted, event.OrderCompleted, event.OrderRefunded, "page.viewed"}).Draw(t, "type"),
			order: rapid.IntRange(0, 4).Draw(t, "order"),
			after: time.Duration(rapid.IntRange(0, 60).Draw(t, "half days")) * 12 * time.Hour,
		}
	}), 1, 25)
}

func events(history []happening) []*event.Event {
	var out []*event.Event
	at := time.Duration(0)
	for i, h := range history {
		at += h.after
		out = append(out, ev(fmt.Sprint("e", i), h.who, h.typ, at, map[string]any{
			"order_id": fmt.Sprint("O", h.order), "total": 10, "products": []map[string]any{{"product_id": fmt.Sprint("p", h.order)}},
			event.ProfileProperty: map[string]any{"traits": map[string]any{"email": h.who + "@example.com"}},
		}))
	}
	return out
}

func suggestions(_ string, q journey.Query) []journey.Suggestion {
	if q.AsOf.Day()%2 == 0 {
		return nil
	}
	return []journey.Suggestion{{ID: "bulb"}, {ID: "shade"}}
}

// diary writes down everything about each profile.
type diary map[string][]string

func (d diary) Happened(h rehearsal.Happening) {
	if h.Effect == nil {
		d.add(h.Profile, h.Cause.At, h.Cause.Event.UID())
		return
	}
	d.add(h.Profile, h.Cause.At, h.Effect)
}

func (d diary) add(who string, at time.Time, what any) {
	b, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	d[who] = append(d[who], fmt.Sprintf("%s %T %s", at.Format(time.RFC3339), what, b))
}

// alone is one person with the engine and nothing between: the meaning of a stage, for a
// single profile, written as plainly as it can be.
type alone struct {
	set   *journey.Set
	who   string
	state *journey.State
	diary diary
}

func (a *alone) until(t time.Time, inclusive bool) {
	for a.state != nil {
		due := a.state.NextDue()
		if due.IsZero() || due.After(t) || due.Equal(t) && !inclusive {
			return
		}
		a.follow(a.set.Fire(a.state, due), due)
	}
}

func (a *alone) apply(e *event.Event, now time.Time) {
	if a.state == nil {
		a.state = journey.NewState(e.Subject, e.Time)
	}
	a.diary.add(a.who, now, e.UID())
	a.follow(a.set.Event(a.state, e, now, ""), now)
}

// follow deals with effects; what comes back is applied after all of them.
func (a *alone) follow(effects []journey.Effect, now time.Time) {
	var back []event.Event
	var tell func([]journey.Effect)
	tell = func(effects []journey.Effect) {
		for _, e := range effects {
			a.diary.add(a.who, now, e)
			switch e := e.(type) {
			case journey.Ask:
				tell(a.set.Answer(a.state, e.Instance, suggestions(a.who, e.Query), now))
			case journey.Published:
				back = append(back, e.Event)
			case journey.Message:
				if e.Reason == "" {
					r := message.ReceiptFor(&e.Command, message.Sent, "", now)
					r.Provider = "rehearsal"
					receipt, err := r.Event("rapport/mailer", a.who)
					if err != nil {
						panic(err)
					}
					back = append(back, receipt)
				}
			}
		}
	}
	tell(effects)
	// Depth first would be another order: what follows from the first comes after the second.
	for len(back) > 0 {
		queue := back
		back = nil
		for i := range queue {
			e := &queue[i]
			a.diary.add(a.who, now, e.UID())
			tell(a.set.Event(a.state, e, now, ""))
		}
	}
}

// A stage decides for each of many people what the engine decides for that one alone, with
// the same identifiers, and twice the same.
func TestAStageIsTheEngine(t *testing.T) {
	t.Parallel()
	set := world(t)
	sent := 0
	rapid.Check(t, func(rt *rapid.T) {
		history := histories().Draw(rt, "history")
		end := start().Add(1000 * 24 * time.Hour)
		staged := func() diary {
			d := diary{}
			s := stage(t, rehearsal.Options{Engine: set, Sink: d, Suggest: rehearsal.Func(suggestions)})
			for _, e := range events(history) {
				if err := s.Event(e); err != nil {
					rt.Fatal(err)
				}
			}
			if err := s.Until(end); err != nil {
				rt.Fatal(err)
			}
			return d
		}
		one, two := staged(), staged()
		for _, who := range []string{"ada", "bob", "cy"} {
			a := &alone{set: set, who: who, diary: diary{}}
			for _, e := range events(history) {
				a.until(e.Time, false)
				if e.Subject == who {
					a.apply(e, e.Time)
				}
			}
			a.until(end, true)
			if !slices.Equal(one[who], two[who]) {
				rt.Fatalf("%s: once\n%v\nand once\n%v", who, one[who], two[who])
			}
			if want := a.diary[who]; !slices.Equal(one[who], want) {
				rt.Fatalf("%s: on stage\n%s\nalone\n%s", who, firstOther(one[who], want), firstOther(want, one[who]))
			}
			sent += len(one[who])
		}
	})
	if sent == 0 {
		t.Error("nothing ever happens in this world")
	}
}

// firstOther is the first line of a that b does not have there.
func firstOther(a, b []string) string {
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return fmt.Sprintf("%d: %s", i, a[i])
		}
	}
	return "nothing more"
}

// What one order costs, with all that follows from it.
func BenchmarkStage(b *testing.B) {
	set := world(b)
	s, err := rehearsal.New(rehearsal.Options{Engine: set, Distinct: true, Suggest: rehearsal.Func(suggestions)})
	if err != nil {
		b.Fatal(err)
	}
	var list []*event.Event
	for i := range b.N {
		list = append(list, ev(fmt.Sprint("e", i), fmt.Sprint("p", i%1000), event.OrderCompleted, time.Duration(i)*time.Minute, map[string]any{
			"order_id": fmt.Sprint("O", i), "total": 10, "products": []map[string]any{{"product_id": fmt.Sprint("p", i%50)}},
		}))
	}
	b.ReportAllocs()
	b.ResetTimer()
	for _, e := range list {
		if err := s.Event(e); err != nil {
			b.Fatal(err)
		}
	}
}
