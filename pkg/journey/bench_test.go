package journey_test

import (
	"fmt"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/schedule"
)

// crowd is a workspace with so many journeys that do not listen to the events of the
// benchmark, and one that does. Each listens to a type of its own, leaves by an event of
// its own, and is measured.
func crowd(b *testing.B, silent int) *journey.Set {
	b.Helper()
	c := journey.Config{Version: "bench"}
	listen := func(name, on string) {
		c.Journeys = append(c.Journeys, &journey.Definition{
			Name: name, Version: "v1", Status: journey.Active, Category: message.Transactional,
			Enter: journey.Entry{On: on, Again: journey.Again{Always: true}, Meanwhile: journey.Restart},
			Leave: []journey.LeaveRule{{On: on + ".cancelled", As: "cancelled"}},
			Goal:  &journey.Goal{On: on + ".reached", Within: day},
			Steps: []journey.Step{{ID: "rest", Wait: &journey.Wait{Pause: &schedule.Wait{For: 3 * day}}}, email("mail", "x")},
		})
	}
	listen("listens", event.OrderCompleted)
	for i := range silent {
		listen(fmt.Sprintf("silent-%d", i), fmt.Sprintf("silent_%d.happened", i))
	}
	set, err := journey.NewSet(c)
	if err != nil {
		b.Fatal(err)
	}
	return set
}

// BenchmarkEvent applies an order to a profile that is inside the one journey that listens,
// beside journeys that do not: the cost of an event must not grow with those.
func BenchmarkEvent(b *testing.B) {
	for _, journeys := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("journeys=%d", journeys), func(b *testing.B) {
			set := crowd(b, journeys-1)
			st := journey.NewState("ada", start())
			now := start()
			data := []byte(`{"order_id":"A1","total":45.5,"products":[{"product_id":"lamp","price":45.5,"quantity":1}]}`)
			b.ReportAllocs()
			for b.Loop() {
				now = now.Add(time.Second)
				ev := event.Event{ID: "e", Source: "bench", Type: event.OrderCompleted, Subject: "ada", Time: now, Data: data}
				set.Event(st, &ev, now, "")
				st.Goals = st.Goals[:0] // or they would pile up, as no customer's do in a day
			}
		})
	}
}

// BenchmarkSilence applies an event that no journey listens to.
func BenchmarkSilence(b *testing.B) {
	for _, journeys := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("journeys=%d", journeys), func(b *testing.B) {
			set := crowd(b, journeys-1)
			st := journey.NewState("ada", start())
			now := start()
			b.ReportAllocs()
			for b.Loop() {
				now = now.Add(time.Second)
				ev := event.Event{ID: "e", Source: "bench", Type: "page.viewed", Subject: "ada", Time: now}
				set.Event(st, &ev, now, "")
			}
		})
	}
}

// BenchmarkFire wakes an instance, which sends and comes to its end.
func BenchmarkFire(b *testing.B) {
	for _, journeys := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("journeys=%d", journeys), func(b *testing.B) {
			set := crowd(b, journeys-1)
			entered := journey.NewState("ada", start())
			set.Event(entered, &event.Event{ID: "e", Source: "bench", Type: event.OrderCompleted, Subject: "ada", Time: start(), Data: []byte(`{"order_id":"A1","total":1}`)}, start(), "")
			b.ReportAllocs()
			for b.Loop() {
				st := *entered
				st.Instances = append([]journey.Instance(nil), entered.Instances...)
				st.Triggers = append([]journey.Trigger(nil), entered.Triggers...)
				if len(set.Fire(&st, start().Add(4*day))) == 0 {
					b.Fatal("nobody woke")
				}
			}
		})
	}
}
