package plan_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/plan"
	"rapport/pkg/schedule"
)

// rests makes a journey with waits of the given ids, and a branch called fork before the
// last of them.
func rests(version string, status journey.Status, change journey.Change, moves map[string]string, ids ...string) *journey.Definition {
	d := &journey.Definition{
		Name: "walk", Version: version, Category: message.Marketing, Status: status, OnChange: change, Moves: moves,
		Enter: journey.Entry{On: "order.completed", Again: journey.Again{Always: true}},
	}
	for _, id := range ids {
		s := journey.Step{ID: id}
		if id == "fork" {
			s.Branch = &journey.Branch{Cases: []journey.Case{{Steps: nil}}}
		} else {
			s.Wait = &journey.Wait{Pause: &schedule.Wait{For: 48 * time.Hour}}
		}
		d.Steps = append(d.Steps, s)
	}
	return d
}

// What a plan says about somebody is what the engine then does to them.
func TestAsTheEngineDoes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	first := rests("1", journey.Active, journey.Drain, nil, "one", "two")
	for _, status := range []journey.Status{journey.Active, journey.Paused, journey.Draft, journey.Archived} {
		for _, change := range []journey.Change{journey.Drain, journey.Migrate, journey.Cancel} {
			for name, next := range map[string]*journey.Definition{
				"same":    rests("1", status, change, nil, "one", "two"),
				"same id": rests("2", status, change, nil, "zero", "one"),
				"moved":   rests("2", status, change, map[string]string{"one": "other"}, "other", "two"),
				"another": rests("2", status, change, map[string]string{"one": "fork"}, "fork", "after"),
				"removed": nil,
			} {
				t.Run(fmt.Sprintf("%s/%s/%s", status, change, name), func(t *testing.T) {
					t.Parallel()
					in := plan.Input{
						Now:    plan.Workspace{Version: "a", Journeys: []plan.Journey{plan.Of(first)}},
						Next:   plan.Workspace{Version: "b"},
						People: []plan.Place{{Journey: "walk", Version: "1", Step: "one", People: 1}},
					}
					config := journey.Config{Version: "b"}
					if next != nil {
						in.Next.Journeys = []plan.Journey{plan.Of(next)}
						config.Journeys = []*journey.Definition{next}
					}
					config.Old = []*journey.Definition{first}
					p := plan.Make(in)
					if len(p.Refusals) > 0 {
						t.Fatalf("refused: %+v", p.Refusals)
					}
					st, effects := refreshed(t, first, config, at)
					check(t, p.Journeys[0].People[0], st, effects)
				})
			}
		}
	}
}

// refreshed is somebody who rests on the first step of a journey, and then meets another
// workspace.
func refreshed(t *testing.T, first *journey.Definition, next journey.Config, at time.Time) (*journey.State, []journey.Effect) {
	t.Helper()
	before, err := journey.NewSet(journey.Config{Version: "a", Journeys: []*journey.Definition{first}})
	if err != nil {
		t.Fatal(err)
	}
	after, err := journey.NewSet(next)
	if err != nil {
		t.Fatal(err)
	}
	st := journey.NewState("ada", at)
	ev := &event.Event{ID: "1", Source: "shop", Type: "order.completed", Subject: "ada", Time: at, Data: json.RawMessage(`{"order_id":"A","total":1}`)}
	before.Event(st, ev, at, "")
	if len(st.Instances) != 1 || st.Instances[0].Step != "one" {
		t.Fatalf("nobody rests where the test needs them: %+v", st.Instances)
	}
	return st, after.Refresh(st, at.Add(time.Hour))
}

func check(t *testing.T, g plan.Group, st *journey.State, effects []journey.Effect) {
	t.Helper()
	var ended *journey.Ended
	var moved *journey.Moved
	for _, e := range effects {
		switch e := e.(type) {
		case journey.Ended:
			ended = &e
		case journey.Moved:
			moved = &e
		}
	}
	switch g.Fate {
	case plan.Leave:
		if ended == nil || ended.Reason != g.Reason || ended.Finished {
			t.Errorf("planned %+v, but %+v", g, effects)
		}
	case plan.Move:
		if moved == nil || moved.Step != g.To || ended != nil {
			t.Fatalf("planned %+v, but %+v", g, effects)
		}
		// Who walks on at once comes to the step after the fork; who is kept stays on it.
		if walked := st.Instances[0].Step != g.To; walked != (g.Starts && !g.Paused) {
			t.Errorf("planned %+v, but rests on %s", g, st.Instances[0].Step)
		}
	case plan.Stay, plan.Drain:
		if ended != nil || moved != nil || st.Instances[0].Version != g.Version || st.Instances[0].Step != g.Step {
			t.Errorf("planned %+v, but %+v", g, effects)
		}
	default:
		t.Errorf("planned %+v", g)
	}
}
