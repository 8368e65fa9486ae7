package plan_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"testing"

	"rapport/pkg/goldentest"
	"rapport/pkg/journey"
	"rapport/pkg/plan"
)

var update = flag.Bool("update", false, "write the golden files anew")

func wait(ids ...string) []plan.Step {
	var list []plan.Step
	for _, id := range ids {
		list = append(list, plan.Step{ID: id, Kind: "wait"})
	}
	return list
}

func active(name, version string, steps ...plan.Step) plan.Journey {
	return plan.Journey{Name: name, Version: version, Status: journey.Active, OnChange: journey.Drain, Steps: steps}
}

// change is a workspace with something of everything, and what it becomes.
func change() plan.Input {
	related := active("related-products", "bbbbbbbb22222222", append(wait("settle"), plan.Step{ID: "choice", Kind: "branch"}, plan.Step{ID: "nudge", Kind: "wait"})...)
	related.OnChange, related.Moves = journey.Migrate, map[string]string{"pick": "choice", "remind": "nudge"}
	paused := active("win-back", "4444444444444444", wait("quiet", "patience")...)
	paused.Status = journey.Paused
	cancelled := active("welcome", "7777777200000000", wait("first-day")...)
	cancelled.OnChange = journey.Cancel
	resumed := active("birthday", "8888888800000000", wait("morning")...)
	dormant := resumed
	dormant.Status = journey.Paused
	drained := active("review", "5555555200000000", wait("parcel")...)
	return plan.Input{
		Now: plan.Workspace{
			Version: "1111111111111111",
			Journeys: []plan.Journey{
				active("related-products", "aaaaaaaa11111111", append(wait("settle", "pick"), wait("remind")...)...),
				active("win-back", "4444444444444444", wait("quiet", "patience")...),
				active("welcome", "7777777100000000", wait("first-day")...),
				active("summer-sale", "6666666600000000", wait("teaser")...),
				active("review", "5555555100000000", wait("parcel", "reminder")...),
				active("thank-you", "9999999900000000"), dormant,
			},
			Segments: []plan.Segment{{"vip", "1"}, {"lapsed", "1"}, {"new", "1"}},
			Policy:   []string{"at most 4 marketing messages in any 7 days", "text messages rest from 20:00 to 09:00"},
			Files:    map[string]string{"rapport.yaml": "1", "email/a.html.liquid": "1", "segments/new.yaml": "1"},
		},
		Next: plan.Workspace{
			Version:  "2222222222222222",
			Journeys: []plan.Journey{related, paused, cancelled, drained, active("thank-you", "9999999900000000"), active("browse", "3333333300000000", wait("hour")...), resumed},
			Segments: []plan.Segment{{"vip", "2"}, {"lapsed", "1"}, {"big-spenders", "1"}},
			Policy:   []string{"at most 3 marketing messages in any 7 days", "text messages rest from 20:00 to 09:00"},
			Files:    map[string]string{"rapport.yaml": "1", "email/a.html.liquid": "2", "segments/big-spenders.yaml": "1"},
		},
		People: []plan.Place{
			{"related-products", "aaaaaaaa11111111", "pick", 3},
			{"related-products", "aaaaaaaa11111111", "settle", 1240},
			{"related-products", "aaaaaaaa11111111", "remind", 77},
			{"related-products", "aaaaaaaa11111111", "", 9},
			{"review", "5555555100000000", "reminder", 4},
			{"review", "5555555100000000", "parcel", 12},
			{"summer-sale", "6666666600000000", "teaser", 40},
			{"thank-you", "9999999900000000", "", 6},
			{"birthday", "8888888800000000", "morning", 1},
			{"welcome", "7777777100000000", "first-day", 1},
			{"win-back", "4444444444444444", "patience", 310},
			{"win-back", "4444444444444444", "quiet", 2150},
			{"gone-before", "0000000011111111", "wait", 2},
			{"gone-before", "0000000011111111", "negative", -1},
		},
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	refused := change()
	refused.Next.Journeys[0].Moves = map[string]string{"remind": "nowhere", "never": "neither"}
	first := change()
	first.Now, first.People = plan.Workspace{}, nil
	same := change()
	same.Next = same.Now
	for name, in := range map[string]plan.Input{"change": change(), "refused": refused, "first": first, "same": same} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan.Make(in)
			var text bytes.Buffer
			if err := p.WriteText(&text); err != nil {
				t.Fatal(err)
			}
			goldentest.Compare(t, *update, name+".txt", text.Bytes())
			data, err := json.MarshalIndent(p, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			goldentest.Compare(t, *update, name+".json", append(data, '\n'))
		})
	}
}

// The same input makes the same plan, though it holds maps.
func TestSame(t *testing.T) {
	t.Parallel()
	want, err := json.Marshal(plan.Make(change()))
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		got, err := json.Marshal(plan.Make(change()))
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%s (%v), want %s", got, err, want)
		}
	}
}
