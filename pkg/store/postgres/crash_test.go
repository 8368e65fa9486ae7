package postgres_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/pkg/store"
	"rapport/pkg/store/postgres"
	"rapport/pkg/store/postgres/pgtest"
)

// TestServerKilled kills the server with SIGKILL while several partitions commit, and
// starts it again: the store goes on by itself, nothing that was acknowledged is lost, and
// each batch is there whole or not at all.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, map[string]string{"shared_buffers": "32MB"})
	url, err := server.Database(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, url)
	const partitions, kills = 3, 4
	var stop atomic.Bool
	var commits atomic.Int64
	var all sync.WaitGroup
	var lost atomic.Int64
	for p := range partitions {
		acquire(t, s, p, 1)
		all.Go(func() {
			if err := runUntil(t, s, p, &stop, &commits, &lost); err != nil {
				t.Errorf("partition %d: %v", p, err)
			}
		})
	}
	for range kills {
		await(t, &commits, commits.Load()+60)
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	await(t, &commits, commits.Load()+60)
	stop.Store(true)
	all.Wait()
	for p := range partitions {
		checkRun(t, s, p, acquire(t, s, p, 1))
	}
	t.Logf("%d commits acknowledged, %d answers lost to %d kills", commits.Load(), lost.Load(), kills)
}

// runUntil commits step by step. After an error only Acquire says how far it came, and it
// must be neither behind what was acknowledged nor beyond what was sent.
func runUntil(t *testing.T, s *postgres.Store, partition int, stop *atomic.Bool, commits, lost *atomic.Int64) error {
	var at store.Position
	for !stop.Load() {
		b := step(partition, 1, at)
		err := s.Commit(t.Context(), b)
		if err == nil {
			at = b.To
			commits.Add(1)
			continue
		}
		lost.Add(1)
		if errors.Is(err, store.ErrFenced) || errors.Is(err, store.ErrPosition) || errors.Is(err, store.ErrExists) {
			return err
		}
		now, err := s.Acquire(t.Context(), partition, 1)
		for err != nil && !stop.Load() {
			now, err = s.Acquire(t.Context(), partition, 1)
		}
		if err == nil && now != at && now != b.To {
			return errors.New("the position is neither before nor after the batch that was on its way")
		}
		at = now
	}
	return nil
}

// await returns when a counter has come to a number.
func await(t *testing.T, counter *atomic.Int64, n int64) {
	t.Helper()
	deadline := time.NewTimer(60 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for counter.Load() < n {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("it stays at %d, want %d", counter.Load(), n)
		}
	}
}
