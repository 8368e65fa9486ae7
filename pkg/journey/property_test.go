package journey_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/event"
)

// step is one thing that happens in a generated history.
type step struct {
	after  time.Duration // since the last
	refund bool
	order  int
}

func histories() *rapid.Generator[[]step] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{
			after:  time.Duration(rapid.IntRange(0, 100*24).Draw(t, "hours")) * time.Hour,
			refund: rapid.IntRange(0, 4).Draw(t, "refund") == 0,
			order:  rapid.IntRange(0, 5).Draw(t, "order"),
		}
	}), 1, 12)
}

// play runs a history, firing timers at the given stops too.
func play(t *testing.T, history []step, stops ...time.Duration) *person {
	t.Helper()
	p := newPerson(t, "ada", thankYou(), winBack(), related())
	at := time.Duration(0)
	for i, s := range history {
		for _, stop := range stops {
			if stop > at && stop <= at+s.after {
				p.until(stop)
			}
		}
		at += s.after
		id := fmt.Sprintf("O%d", s.order)
		if s.refund {
			p.happens(at, fmt.Sprintf("e%d", i), event.OrderRefunded, map[string]any{"order_id": id, "total": 1})
		} else {
			p.tells(at, fmt.Sprintf("e%d", i), id, "lamp", fmt.Sprintf("p%d", s.order))
		}
	}
	p.until(at + 400*day)
	return p
}

// The same history gives the same effects with the same ids, however often the clock
// stopped on the way, and ends with nobody left waiting for a timer of the past.
func TestHistoriesDecideAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		history := histories().Draw(rt, "history")
		stops := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 12*100*24), func(h int) time.Duration { return time.Duration(h) * time.Hour }), 0, 6).Draw(rt, "stops")
		slices.Sort(stops)
		a, b := play(t, history), play(t, history, stops...)
		if !slices.Equal(a.log, b.log) {
			rt.Fatalf("once\n%v\nand once\n%v", a.log, b.log)
		}
		ids := map[string]bool{}
		for i := range a.sent {
			if a.sent[i].Command.ID != b.sent[i].Command.ID {
				rt.Fatalf("message %d has the ids %s and %s", i, a.sent[i].Command.ID, b.sent[i].Command.ID)
			}
			if ids[a.sent[i].Command.ID] {
				rt.Fatalf("two messages have the id %s", a.sent[i].Command.ID)
			}
			ids[a.sent[i].Command.ID] = true
		}
		if n := len(a.state.Instances); n != 0 {
			rt.Fatalf("%d instances rest after all time has run out: %+v", n, a.state.Instances)
		}
	})
}

// Nobody has two win-backs at a time, and every thank-you is for another order.
func TestEntriesKeepTheirRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		history := histories().Draw(rt, "history")
		p := play(t, history)
		running := map[string]int{}
		thanked := map[int]bool{}
		for _, line := range p.log {
			var d float64
			var name, what string
			if _, err := fmt.Sscanf(line, "day %g: %s %s", &d, &name, &what); err != nil {
				rt.Fatal(err)
			}
			switch what {
			case "entered":
				running[name]++
			case "left:", "finished":
				running[name]--
			}
			if running[name] < 0 || running[name] > 1 {
				rt.Fatalf("%d instances of %s at %q", running[name], name, line)
			}
		}
		orders := 0
		for _, s := range history {
			if !s.refund && !thanked[s.order] {
				thanked[s.order] = true
				orders++
			}
		}
		got := 0
		for _, m := range p.sent {
			if m.Command.Journey == "thank-you" {
				got++
			}
		}
		if got != orders {
			rt.Fatalf("%d thank-yous for %d orders", got, orders)
		}
	})
}
