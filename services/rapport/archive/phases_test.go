package archive

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rapport/pkg/explain"
	"rapport/pkg/journey"
	"rapport/pkg/store"
)

func on(day int) time.Time { return time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC) }

func TestBetween(t *testing.T) {
	t.Parallel()
	all := []store.Application{{Version: "a", At: on(5)}, {Version: "b", At: on(10)}, {Version: "c", At: on(15)}}
	for _, c := range []struct {
		from, to time.Time
		want     string
	}{
		{on(1), on(2), "a"}, // older than all: what a replay was made with
		{on(1), on(12), "ab"}, {on(6), on(8), "a"}, {on(10), time.Time{}, "bc"}, {on(11), on(20), "bc"}, {on(20), on(30), "c"}, {on(1), time.Time{}, "abc"},
	} {
		got := ""
		for _, a := range between(all, c.from, c.to) {
			got += a.Version
		}
		if got != c.want {
			t.Errorf("from %s to %s: %s, want %s", c.from, c.to, got, c.want)
		}
	}
}

func TestCrowned(t *testing.T) {
	t.Parallel()
	phases := []explain.Phase{{From: on(5), Config: journey.Config{Version: "a"}}, {From: on(10), Config: journey.Config{Version: "b"}}}
	winner := func(step string, day int) store.Winner {
		return store.Winner{Journey: "j", Version: "1", Step: step, Arm: "x", At: on(day)}
	}
	var got []string
	for _, p := range crowned(phases, []store.Winner{winner("one", 4), winner("two", 7), winner("three", 12)}) {
		got = append(got, fmt.Sprintf("%s from %d knows %d", p.Config.Version, p.From.Day(), len(p.Config.Winners)))
	}
	if want := "a from 5 knows 1, a from 7 knows 2, b from 10 knows 2, b from 12 knows 3"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}
