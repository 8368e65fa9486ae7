package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"rapport/pkg/store"
)

func (f fixture) history(partition int, profile string, from, to time.Time) []store.TimelineRow {
	f.t.Helper()
	rows, err := f.History(f.t.Context(), partition, profile, from, to)
	if err != nil {
		f.t.Fatalf("history: %v", err)
	}
	return rows
}

func (f fixture) events(partition int, from, to time.Time) (rows []store.TimelineRow) {
	f.t.Helper()
	for row, err := range f.Events(f.t.Context(), partition, from, to) {
		if err != nil {
			f.t.Fatalf("events: %v", err)
		}
		rows = append(rows, row)
	}
	return rows
}

func (f fixture) profiles(partition int, after string, limit int) []store.ProfileRow {
	f.t.Helper()
	rows, err := f.Profiles(f.t.Context(), partition, after, limit)
	if err != nil {
		f.t.Fatalf("profiles: %v", err)
	}
	return rows
}

func oldestFirst(a, b store.TimelineRow) int { return a.At.Compare(b.At) }

// testHistory writes rows of all kinds, several at each time and not in order: rows of one
// time come back as they were written, whatever their ids.
func testHistory(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1)
	var rows []store.TimelineRow
	for i, kind := range kinds {
		for j := range 4 {
			rows = append(rows, store.TimelineRow{
				Profile: "ada", At: at(time.Duration((7*i + j/2) % 5)), ID: fmt.Sprintf("%d-%d", (5*i)%11, 9-j), Kind: kind, Name: "n" + string(kind),
				Detail: "because", Trace: "0123456789abcdef0123456789abcdef", Data: []byte(long),
			})
		}
	}
	rows[0].Detail, rows[0].Trace, rows[0].Data = "", "", nil
	for page := range slices.Chunk(rows, 3) {
		other := store.TimelineRow{Profile: "bob", At: at(1), ID: page[0].ID, Kind: store.KindEvent, Name: "n"}
		f.commit(&store.Batch{Partition: 1, Epoch: 1, Timeline: append(slices.Clone(page), other)})
	}
	slices.SortStableFunc(rows, oldestFirst)
	equal(t, "history", f.history(1, "ada", time.Time{}, time.Time{}), rows)
	for from := range 6 {
		for to := range 6 {
			var want []store.TimelineRow
			for _, row := range rows {
				if !row.At.Before(at(time.Duration(from))) && row.At.Before(at(time.Duration(to))) {
					want = append(want, row)
				}
			}
			equal(t, fmt.Sprintf("from %d to %d", from, to), f.history(1, "ada", at(time.Duration(from)), at(time.Duration(to))), want)
		}
	}
	equal(t, "of nobody", len(f.history(1, "eve", time.Time{}, time.Time{})), 0)
	equal(t, "of another partition", len(f.history(2, "ada", time.Time{}, time.Time{})), 0)
	far := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	equal(t, "from the year 1 to 9999", len(f.history(1, "ada", time.Time{}.Add(1), far)), len(rows))
}

// testEvents reads more events than an implementation would read at a time, of which many
// share a time, and stops, cancels and starts over on the way.
func testEvents(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1)
	f.acquire(2, 1)
	var want []store.TimelineRow
	for i := range 40 {
		b := &store.Batch{Partition: 1, Epoch: 1}
		for j := range 50 {
			row := store.TimelineRow{
				Profile: fmt.Sprint("profile-", j%7), At: at(time.Duration((i * 7) % 40 / 13)), ID: fmt.Sprintf("%d-%d", i, 99-j),
				Kind: store.KindEvent, Name: "order.completed", Trace: "0123456789abcdef0123456789abcdef", Data: []byte(`{"total":"1.00"}`),
			}
			if j%10 == 3 {
				row.Kind = kinds[1+i%(len(kinds)-1)]
			} else {
				want = append(want, row)
			}
			b.Timeline = append(b.Timeline, row)
		}
		f.commit(b)
	}
	f.commit(&store.Batch{Partition: 2, Epoch: 1, Timeline: []store.TimelineRow{{Profile: "x", At: day, ID: "x", Kind: store.KindEvent, Name: "x"}}})
	slices.SortStableFunc(want, oldestFirst)
	equal(t, "events", f.events(1, time.Time{}, time.Time{}), want)
	middle := slices.IndexFunc(want, func(t store.TimelineRow) bool { return !t.At.Before(at(1)) })
	end := slices.IndexFunc(want, func(t store.TimelineRow) bool { return !t.At.Before(at(2)) })
	equal(t, "from a time", f.events(1, at(1), time.Time{}), want[middle:])
	equal(t, "between times", f.events(1, at(1), at(2)), want[middle:end])
	equal(t, "of no time", len(f.events(1, at(1), at(1))), 0)
	equal(t, "of an empty partition", len(f.events(3, time.Time{}, time.Time{})), 0)

	events := f.Events(t.Context(), 1, time.Time{}, time.Time{})
	for range 2 { // what is ranged over twice begins again
		n := 0
		for row, err := range events {
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "event", row, want[n])
			if n++; n == 700 {
				break
			}
			if n%100 == 0 { // nothing is held meanwhile: the store can be written to
				f.commit(&store.Batch{Partition: 2, Epoch: 1})
			}
		}
		equal(t, "events before the break", n, 700)
	}
	testEventsCanceled(t, f)
}

func testEventsCanceled(t *testing.T, f fixture) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	n := 0
	for _, err := range f.Events(ctx, 1, time.Time{}, time.Time{}) {
		cancel()
		if last != nil {
			t.Error("it went on after an error")
		}
		if last = err; err == nil {
			n++
		}
	}
	if !errors.Is(last, ctx.Err()) || n >= 1600 {
		t.Errorf("canceled: %v after %d events", last, n)
	}
}

func testProfiles(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1)
	f.acquire(2, 1)
	var want []store.ProfileRow
	for i := range 30 {
		want = append(want, store.ProfileRow{
			ID: fmt.Sprint("profile-", (i*7)%30), State: fmt.Appendf(nil, "state %d%.*s", i, 20*i, long), Known: i%2 == 0, Orders: i,
			LastOrderAt: at(time.Duration(i)), UpdatedAt: at(time.Duration(-i)), Wake: at(time.Hour), Snapshot: fmt.Sprint("w", i%3),
		})
	}
	want[4] = store.ProfileRow{ID: "profile-é", State: []byte{}}
	f.commit(&store.Batch{Partition: 1, Epoch: 1, Profiles: want})
	// Each row replaces a former one, all of it, under the same snapshot and another.
	want[5] = store.ProfileRow{ID: want[5].ID, State: []byte{0, 255}, Snapshot: want[5].Snapshot}
	want[6] = store.ProfileRow{ID: want[6].ID, State: []byte("x"), Snapshot: "w9", Orders: 1, Known: true, Wake: at(1)}
	f.commit(&store.Batch{Partition: 1, Epoch: 1, Profiles: want[5:7]})
	f.commit(&store.Batch{Partition: 2, Epoch: 1, Profiles: []store.ProfileRow{{ID: "elsewhere", State: []byte("x")}}})

	for _, row := range want {
		got, err := f.Profile(t.Context(), 1, row.ID)
		if err != nil {
			t.Fatalf("profile: %v", err)
		}
		equal(t, row.ID, got, row)
	}
	for _, id := range []string{"elsewhere", ""} {
		if _, err := f.Profile(t.Context(), 1, id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("unknown profile %q: %v, want ErrNotFound", id, err)
		}
	}
	slices.SortFunc(want, func(a, b store.ProfileRow) int { return slices.Compare([]byte(a.ID), []byte(b.ID)) })
	equal(t, "all", f.profiles(1, "", 100), want)
	equal(t, "a page", f.profiles(1, want[9].ID, 5), want[10:15])
	equal(t, "after an id that is none", f.profiles(1, want[9].ID+"!", 5), want[10:15])
	equal(t, "after the last", len(f.profiles(1, "profile-é", 5)), 0)
	equal(t, "limited to none", len(f.profiles(1, "", 0)), 0)
}
