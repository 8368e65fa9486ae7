package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"rapport/pkg/store"
)

func line(id string, at time.Time) store.TimelineRow {
	return store.TimelineRow{Profile: "ada", At: at, ID: id, Kind: store.KindEvent, Name: "n"}
}

const monthsQuery = `SELECT coalesce(array_agg(relname::text ORDER BY relname), '{}') FROM pg_class
	WHERE relname LIKE 'timeline\_2%' AND relkind = 'r'`

// TestMonths writes rows of all times: those of near months get tables of their own, the
// others share one, and an id is taken whatever the time.
func TestMonths(t *testing.T) {
	t.Parallel()
	s, url := fresh(t)
	acquire(t, s, 1, 1)
	now := time.Now().UTC()
	month := func(n int) time.Time {
		return time.Date(now.Year(), now.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	}
	table := func(n int) string { return month(n).Format("timeline_2006_01") }
	if got := sql[[]string](t, url, monthsQuery); !slices.Equal(got, []string{table(0), table(1)}) {
		t.Errorf("partitions at first: %v", got)
	}
	rows := []store.TimelineRow{
		line("first of a month", month(-3)), line("last of a month", month(-3).Add(-1)), line("ahead", month(5)),
		line("long ago", time.Date(1700, 1, 1, 0, 0, 0, 1, time.UTC)), line("far ahead", time.Date(2250, 1, 1, 0, 0, 0, 1, time.UTC)),
	}
	commit(t, s, &store.Batch{Partition: 1, Epoch: 1, Timeline: rows})
	want := []string{table(-4), table(-3), table(0), table(1), table(5)}
	if got := sql[[]string](t, url, monthsQuery); !slices.Equal(got, want) {
		t.Errorf("partitions: %v, want %v", got, want)
	}
	for table, n := range map[string]int{table(-4): 1, table(-3): 1, table(5): 1, "timeline_other": 2} {
		if got := sql[int](t, url, `SELECT count(*)::int FROM `+table); got != n {
			t.Errorf("%s has %d rows, want %d", table, got, n)
		}
	}
	for i, row := range rows {
		again := row
		again.At = month(-i).Add(time.Hour)
		if err := s.Commit(t.Context(), &store.Batch{Partition: 1, Epoch: 1, Timeline: []store.TimelineRow{again}}); !errors.Is(err, store.ErrExists) {
			t.Errorf("%s at another time: %v, want ErrExists", row.ID, err)
		}
	}
	if got, err := s.Timeline(t.Context(), 1, "ada", 10); err != nil || len(got) != 5 || got[0].ID != "far ahead" || got[4].ID != "long ago" {
		t.Errorf("timeline: %v %v", got, err)
	}
}

// TestMonthLater writes rows of a month that has no table, as when it lay too far ahead at
// the time: they move into it when it is made.
func TestMonthLater(t *testing.T) {
	t.Parallel()
	s, url := fresh(t)
	acquire(t, s, 1, 1)
	at := time.Now().UTC().AddDate(0, -8, 0)
	row := line("e1", at)
	commit(t, s, &store.Batch{Partition: 1, Epoch: 1, Timeline: []store.TimelineRow{row}})
	table := at.Format("timeline_2006_01")
	do(t, url, `ALTER TABLE timeline DETACH PARTITION `+table, `INSERT INTO timeline SELECT * FROM `+table, `DROP TABLE `+table)
	if n := sql[int](t, url, `SELECT count(*)::int FROM timeline_other`); n != 1 {
		t.Fatalf("%d rows in the table of other times", n)
	}
	commit(t, s, &store.Batch{Partition: 1, Epoch: 1, Timeline: []store.TimelineRow{line("e2", at)}}) // s believes in the table
	other := open(t, url)
	commit(t, other, &store.Batch{Partition: 1, Epoch: 1, Timeline: []store.TimelineRow{line("e3", at)}})
	if n := sql[int](t, url, `SELECT count(*)::int FROM `+table); n != 3 {
		t.Errorf("%d rows in the month, want 3", n)
	}
	if got, err := other.History(t.Context(), 1, "ada", time.Time{}, time.Time{}); err != nil || len(got) != 3 || got[2].ID != "e3" {
		t.Errorf("history: %v %v", got, err)
	}
}

// TestRetain removes old months: their rows and ids are gone, later ones stay.
func TestRetain(t *testing.T) {
	t.Parallel()
	s, url := fresh(t)
	acquire(t, s, 1, 1)
	acquire(t, s, 2, 1)
	now := time.Now().UTC()
	start := time.Date(now.Year(), now.Month(), 1, 12, 0, 0, 0, time.UTC)
	for p := 1; p <= 2; p++ {
		b := &store.Batch{Partition: p, Epoch: 1, Timeline: []store.TimelineRow{line("ancient", time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC))}}
		for back := range 6 {
			for i := range 40 {
				b.Timeline = append(b.Timeline, line(fmt.Sprintf("e-%d-%d", back, i), start.AddDate(0, -back, 0)))
			}
		}
		commit(t, s, b)
	}
	for range 2 { // once more changes nothing
		if _, err := s.Retain(t.Context(), start.AddDate(0, -2, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if n := sql[int](t, url, `SELECT count(*)::int FROM timeline`); n != 2*3*40 {
		t.Errorf("%d rows stay, want %d", n, 2*3*40)
	}
	if n := sql[int](t, url, `SELECT count(*)::int FROM timeline_id`); n != 2*3*40 {
		t.Errorf("%d ids stay, want %d", n, 2*3*40)
	}
	loaded, err := s.Load(t.Context(), 1, []store.Want{{Profile: "ada", Events: []string{"e-2-0", "e-3-0", "ancient"}}})
	if err != nil || !slices.Equal(loaded[0].Seen, []string{"e-2-0"}) {
		t.Errorf("seen: %v %v", loaded, err)
	}
	// Beyond the horizon an event is new again, and has a place though its month is gone.
	commit(t, s, &store.Batch{Partition: 1, Epoch: 1, Timeline: []store.TimelineRow{line("e-3-0", start.AddDate(0, -3, 0))}})
	if got, err := s.Timeline(t.Context(), 1, "ada", 1000); err != nil || len(got) != 121 {
		t.Errorf("%d lines (%v), want 121", len(got), err)
	}
}
