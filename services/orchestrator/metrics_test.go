package orchestrator_test

import (
	"maps"
	"testing"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/schedule"
	"rapport/services/orchestrator"
)

// Events are told apart by their type as far as it is one of the catalogue, dead letters by
// the class of their reason. What a sender makes up is no label.
func TestWhatMetricsTellApart(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	meters := newMeters()
	o, _ := r.run(func(o *orchestrator.Options) { o.MeterProvider = meters })
	r.raw(bus.EventSubject(event.Key("ada")), []byte(`{"specversion":"1.0"`))
	r.raw(bus.EventSubject(event.Key("someone else")), must(event.Encode(ptr(r.order("ada", start(), "A1", "lamp"))))(t))
	r.publish(r.order("ada", start(), "A2", "lamp"), r.event("ada@example.com", "ada", start(), map[string]any{}), r.event("plant.watered", "bob", start(), map[string]any{}))
	for name, want := range map[string]map[string]float64{
		"orchestrator_events_applied_total": {event.OrderCompleted: 1, event.Other: 2},
		"orchestrator_dead_letters_total":   {string(bus.Unreadable): 1, string(bus.Refused): 1},
	} {
		label := map[string]string{"orchestrator_events_applied_total": "type", "orchestrator_dead_letters_total": "class"}[name]
		r.until(o, func() bool { return maps.Equal(meters.by(t, name, label), want) })
	}
	r.until(o, func() bool { return meters.last(t, "orchestrator_batch_events") == 5 })
	if n := meters.by(t, "orchestrator_batch_duration", "ok")["true"]; n <= 0 {
		t.Errorf("steps took %v s together", n)
	}
}

// The time of an event goes with the messages that it leads to at once, not with those that
// wait, and with none in a replay.
func TestCommandsSayWhenTheirEventWasStored(t *testing.T) {
	t.Parallel()
	later := &journey.Definition{
		Name: "later", Version: "1", Status: journey.Active, Category: message.Transactional, Enter: journey.Entry{On: event.OrderCompleted, Key: property("order_id")},
		Steps: []journey.Step{
			{ID: "wait", Wait: &journey.Wait{Pause: &schedule.Wait{For: 10 * time.Millisecond}}},
			{ID: "ask", Send: &journey.Send{Channel: message.Email, Template: "ask"}},
		},
	}
	for name, clock := range map[string]orchestrator.Clock{"live": orchestrator.WallClock, "replay": orchestrator.EventClock} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, thankYou(), later)
			o, _ := r.run(func(o *orchestrator.Options) { o.Clock = clock })
			at := time.Now()
			r.publish(r.order("ada", at, "A1", "lamp"))
			r.runOn(at.Add(time.Hour))
			r.until(o, func() bool { return len(r.sends()) == 2 })
			stored := must(must(r.js.Stream(t.Context(), bus.StreamEvents))(t).GetMsg(t.Context(), 1))(t).Time
			for _, c := range r.sends() {
				want := time.Time{}
				if clock == orchestrator.WallClock && c.Journey == "thank-you" {
					want = stored
				}
				if !c.EventAt.Equal(want) {
					t.Errorf("%s says its event was stored at %v, want %v", c.Journey, c.EventAt, want)
				}
			}
		})
	}
}

// Somebody keeps the lease of one partition and does not work on it: that is told, though not
// at once, and no longer than it lasts.
func TestSteadyTellsOfAPartitionThatCannotBeHad(t *testing.T) {
	t.Parallel()
	tm := newTeam(t)
	leases := must(bus.OpenLeases(t.Context(), tm.js, bus.LeaseOptions{Holder: "thief", TTL: time.Second}))(t)
	stolen := must(leases.Try(t.Context(), "3"))(t)
	began, meters := time.Now(), newMeters()
	o := tm.start("works", func(o *orchestrator.Options) { o.LeaseTTL, o.MeterProvider = time.Second, meters })
	says := func(works, should int) func() bool {
		return func() bool { w, s := o.Steady(); return w == works && s == should }
	}
	tm.until(o.Orchestrator, says(teamPartitions-1, teamPartitions))
	if took := time.Since(began); took < 2*time.Second {
		t.Errorf("told after %s, within two lives of a lease", took)
	}
	held, share := meters.last(t, "orchestrator_partitions_held"), meters.last(t, "orchestrator_partitions_share")
	if held != teamPartitions-1 || share != teamPartitions {
		t.Errorf("the meter says %v held of %v", held, share)
	}
	if err := stolen.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	tm.until(o.Orchestrator, says(teamPartitions, teamPartitions))
}
