package routing_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/routing"
)

// TestRampByDays walks through a warm-up: a stage that was not filled is there again.
func TestRampByDays(t *testing.T) {
	t.Parallel()
	ramp := routing.Ramp{10, 20, 40}
	var p routing.Progress
	for i, step := range []struct {
		day     string
		send    int
		stage   int
		left    int
		bounded bool
	}{
		{"2026-12-01", 10, 0, 10, true},
		{"2026-12-01", 0, 0, 0, true}, // The same day goes on.
		{"2026-12-02", 19, 1, 20, true},
		{"2026-12-03", 20, 1, 20, true}, // One was missing.
		{"2026-12-09", 40, 2, 40, true}, // Days without mail are no stages.
		{"2026-12-08", 0, 2, 0, true},   // The clock went back.
		{"2026-12-10", 0, 3, 0, false},
		{"2026-12-11", 0, 3, 0, false},
	} {
		p = ramp.On(p, step.day)
		left, bounded := ramp.Left(p)
		if p.Stage != step.stage || left != step.left || bounded != step.bounded {
			t.Fatalf("step %d: %+v, %d left (%v), want %+v", i, p, left, bounded, step)
		}
		p.Sent += step.send
	}
}

// TestRampProperties: whatever is sent on which days, no day has more than its stage allows,
// and no day's stage is more than one above the day before.
func TestRampProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ramp := routing.Ramp(rapid.SliceOfN(rapid.IntRange(1, 50), 1, 6).Draw(t, "ramp"))
		slices.Sort(ramp)
		day := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
		var p routing.Progress
		for range rapid.IntRange(1, 30).Draw(t, "days") {
			day = day.AddDate(0, 0, rapid.IntRange(0, 2).Draw(t, "pause"))
			before := p
			p = ramp.On(p, day.Format(time.DateOnly))
			if p.Stage > before.Stage+1 || p.Stage > before.Stage && before.Sent < ramp[before.Stage] {
				t.Fatalf("%+v became %+v", before, p)
			}
			left, bounded := ramp.Left(p)
			p.Sent += rapid.IntRange(0, left).Draw(t, "sent")
			if bounded && p.Sent > ramp[p.Stage] {
				t.Fatalf("%+v", p)
			}
		}
	})
}

// TestNamedRamps: they grow, and careful never by more than Suped's ceiling of three quarters.
func TestNamedRamps(t *testing.T) {
	t.Parallel()
	for _, name := range routing.RampNames() {
		ramp := routing.NamedRamp(name)
		if len(ramp) < 10 || ramp[len(ramp)-1] != 250_000 {
			t.Errorf("%s: %v", name, ramp)
		}
		for i := 1; i < len(ramp); i++ {
			if ramp[i] <= ramp[i-1] || name == "careful" && float64(ramp[i]) > 1.5*float64(ramp[i-1])+1 {
				t.Errorf("%s: %d after %d", name, ramp[i], ramp[i-1])
			}
		}
	}
	if routing.NamedRamp("hasty") != nil {
		t.Error("there is no such ramp")
	}
}

// TestParts: a group counts under its own ramp, under its share, or among the others.
func TestParts(t *testing.T) {
	t.Parallel()
	w := &routing.WarmUp{Ramp: routing.Ramp{100, 1000}, Parts: map[string]routing.Ramp{"gmail": {7}}}
	c := &routing.Config{Domains: []routing.Domain{
		{Name: "gmail", WarmShare: 0.5}, {Name: "microsoft", WarmShare: 0.3}, {Name: "web.de", Domains: []string{"web.de"}},
	}}
	for group, want := range map[string]struct {
		part string
		ramp routing.Ramp
	}{
		"gmail": {"gmail", routing.Ramp{7}}, "microsoft": {"microsoft", routing.Ramp{30, 300}},
		"web.de": {routing.Other, routing.Ramp{70, 700}}, "x.example": {routing.Other, routing.Ramp{70, 700}},
	} {
		if part, ramp := c.Part(w, group); part != want.part || !slices.Equal(ramp, want.ramp) {
			t.Errorf("%s counts under %s %v, want %+v", group, part, ramp, want)
		}
	}
}

// TestDays: days begin where the shop is, also when clocks change.
func TestDays(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	w := &routing.WarmUp{From: time.Date(2026, 3, 28, 0, 0, 0, 0, berlin)}
	at := time.Date(2026, 3, 28, 23, 30, 0, 0, time.UTC) // Half past midnight in Berlin.
	if got := w.Day(at); got != "2026-03-29" {
		t.Errorf("day %s", got)
	}
	if got := w.Next(at); !got.Equal(time.Date(2026, 3, 29, 22, 0, 0, 0, time.UTC)) { // A day of 23 hours.
		t.Errorf("the next day begins at %v", got)
	}
	if got := w.Next(at.AddDate(0, 0, -9)); !got.Equal(w.From) {
		t.Errorf("it begins at %v", got)
	}
}
