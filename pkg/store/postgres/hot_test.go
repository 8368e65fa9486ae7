package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"rapport/pkg/store"
	"rapport/pkg/store/postgres/pgtest"
)

// TestHOT writes what a shop does most, events that change states and timers, and asks PostgreSQL how many of the updates touched no index.
func TestHOT(t *testing.T) {
	t.Parallel()
	// A server of its own: any open transaction of it, in whatever database, would keep old
	// versions of rows in their places.
	server := pgtest.Server(t, map[string]string{"shared_buffers": "64MB"})
	url, err := server.Database(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	s := openURL(t, url)
	at := acquire(t, s, 1, 1)
	const profiles, rounds = 400, 40
	state := make([]byte, 700)
	for round := range rounds {
		b := &store.Batch{Partition: 1, Epoch: 1, From: at, To: store.Position{Seq: at.Seq + 1, Clock: day}}
		when := day.Add(time.Duration(round) * time.Minute)
		for i := range profiles {
			if round > 0 && (i+round)%2 == 0 {
				continue
			}
			b.Profiles = append(b.Profiles, store.ProfileRow{
				ID: fmt.Sprint("profile-", i), State: state, Known: true, Orders: round, LastOrderAt: when, UpdatedAt: when,
				Wake: when.Add(72 * time.Hour), Snapshot: "w1",
			})
			b.Resting = append(b.Resting, store.RestingDelta{Journey: "j", Version: "v", Step: fmt.Sprint(i % 9), Delta: 1 + i%2})
		}
		at = commit(t, s, b)
	}
	if err := s.Close(); err != nil { // ends the sessions, which report their figures as they go
		t.Fatal(err)
	}
	for table, want := range map[string]int{"profile": (rounds - 1) * profiles / 2, "partition_offset": rounds, "resting": (rounds - 1) * 9} {
		all := updates(t, url, table, want)
		hot := sql[int](t, url, `SELECT n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = $1`, table)
		t.Logf("%s: %d of %d updates touched no index", table, hot, all)
		if hot*10 < all*9 {
			t.Errorf("%s: %d of %d updates touched no index, want 90 %%", table, hot, all)
		}
	}
	if n := sql[int](t, url, `SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'wake'`); n != profiles {
		t.Errorf("%d rows were written to wake, want %d: timers moved only later", n, profiles)
	}
}

// updates returns how many updates of a table there were, once all that are expected were
// reported.
func updates(t *testing.T, url, table string, want int) int {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		n := sql[int](t, url, `SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = $1`, table)
		if n >= want {
			return n
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d updates of %s were reported, want %d", n, table, want)
		}
	}
}
