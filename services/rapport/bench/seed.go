package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/store"
)

// A seeded profile is a customer of one to three orders, as the engine left them: traits,
// consent, history, goals, and an instance of win-back that waits, which is the profile's one
// timer. Its last order is on the timeline. States are encoded as the orchestrator encodes
// them and come into the store through store.Commit. Timers lie ten years ahead, at random,
// so that a kept seed never begins to fire by itself.

// seedAhead is how far off seeded timers are, and seedSpread over how long they are spread.
const (
	seedAhead  = 3650 * 24 * time.Hour
	seedSpread = 60 * 24 * time.Hour
	seedBatch  = 500
)

// seedBytes is about what a seeded profile takes on disk while it is seeded. SQLite keeps them packed.
func (b *bench) seedBytes() int64 {
	if b.engine.kind() == SQLite {
		return 1600
	}
	return 3500
}

// seed is the note beside seeded data.
type seed struct {
	Profiles int       `json:"profiles"`
	At       time.Time `json:"at"`
	Seconds  float64   `json:"seconds"`
	Store    string    `json:"store"`
}

// seeded returns data with n profiles to work on: a copy that is gone after release, or a
// large seed itself. Positions are those of the streams beside it.
func (b *bench) seeded(ctx context.Context, n int) (p place, release func() error, err error) {
	kept, err := b.kept(ctx, n)
	if err != nil || n > b.o.CopyAtMost {
		return kept, func() error { return nil }, err
	}
	return b.fresh(func(dir, name string) (place, error) { return b.engine.copy(ctx, kept, dir, name) })
}

// empty returns a shop without profiles.
func (b *bench) empty(ctx context.Context) (place, func() error, error) {
	return b.fresh(func(dir, name string) (place, error) { return b.engine.blank(ctx, dir, name) })
}

// fresh makes a place of this run, which is gone after release.
func (b *bench) fresh(fill func(dir, name string) (place, error)) (p place, release func() error, err error) {
	dir, err := b.dir("data")
	if err != nil {
		return place{}, nil, err
	}
	name := "rapport_run_" + b.run + "_" + strconv.FormatUint(uint64(b.rnd.Uint32()), 36)
	if p, err = fill(dir, name); err != nil {
		return place{}, nil, errors.Join(err, os.RemoveAll(dir))
	}
	return p, func() error {
		ctx, cancel := closing(context.Background())
		defer cancel()
		return errors.Join(b.engine.drop(ctx, p), os.RemoveAll(dir))
	}, nil
}

// sow makes the seeds that a row needs.
func (b *bench) sow(ctx context.Context, row string) error {
	var sizes []int
	switch row {
	case RowApply, RowMail, RowLatency, RowMemory:
		sizes = []int{b.o.Profiles}
	case RowGrowth:
		sizes = b.o.Growth
	case RowTimers, RowStart:
		sizes = []int{b.o.Timers}
	}
	for _, n := range sizes {
		if _, err := b.kept(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// kept is the seed of n profiles, made when there is none.
func (b *bench) kept(ctx context.Context, n int) (place, error) {
	mark, err := b.fingerprint()
	if err != nil {
		return place{}, err
	}
	name := fmt.Sprintf("seed_%s_%d_%s", b.engine.kind(), n, mark)
	dir := filepath.Join(b.o.Dir, name)
	note := filepath.Join(dir, "seed.json")
	switch _, err := os.Stat(note); {
	case err == nil:
		if p, ok, err := b.engine.found(ctx, dir, "rapport_"+name); ok || err != nil {
			return p, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return place{}, fmt.Errorf("look for the seed in %s: %w", dir, err)
	}
	// What has no note was not finished.
	if err := os.RemoveAll(dir); err != nil {
		return place{}, fmt.Errorf("remove an unfinished seed: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return place{}, fmt.Errorf("make the directory of a seed: %w", err)
	}
	if free, need := freeDisk(dir), int64(n)*b.seedBytes(); free > 0 && free < need {
		return place{}, fmt.Errorf("a seed of %s profiles takes about %d GB, and %d are free in %s: make room, or name another directory", count(n), need>>30, free>>30, b.o.Dir)
	}
	began := time.Now()
	p, err := b.engine.blank(ctx, dir, "rapport_"+name)
	if err != nil {
		return place{}, err
	}
	if err := b.plant(ctx, p, n); err != nil {
		stopping, cancel := closing(ctx)
		defer cancel()
		return place{}, errors.Join(fmt.Errorf("seed %d profiles: %w", n, err), b.engine.drop(stopping, p), os.RemoveAll(dir))
	}
	s := seed{Profiles: n, At: began.UTC(), Seconds: time.Since(began).Seconds(), Store: b.engine.describe()}
	b.o.Progress("seeded %d profiles in %.0f s", n, s.Seconds)
	raw, err := json.Marshal(s)
	if err != nil {
		return place{}, fmt.Errorf("note what was seeded: %w", err)
	}
	if err := os.WriteFile(note, append(raw, '\n'), 0o600); err != nil {
		return place{}, fmt.Errorf("note what was seeded: %w", err)
	}
	return p, nil
}

// plant fills an empty store. One goroutine draws who lies in which partition, one for each
// partition makes and commits its profiles, in the order of their ids.
func (b *bench) plant(ctx context.Context, p place, n int) (err error) {
	st, err := b.engine.open(ctx, p, &b.o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	now := time.Now().UTC()
	protos, err := b.prototypes(now)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	var queues [partitions]chan []int
	for i := range queues {
		queues[i] = make(chan []int, 4)
		g := planter{b: b, partition: i, st: st, protos: protos, now: now, rnd: rand.New(rand.NewPCG(uint64(i), 1))}
		group.Go(func() error { return g.run(ctx, queues[i]) })
	}
	group.Go(func() error {
		defer func() {
			for _, q := range queues {
				close(q)
			}
		}()
		var open [partitions][]int
		for i := range n {
			q := bus.Partition(event.Key(customer(i)), partitions)
			if open[q] = append(open[q], i); len(open[q]) < seedBatch && i < n-1 {
				continue
			}
			if err := hand(ctx, queues[:], open[:], q); err != nil {
				return err
			}
			if (i+1)%1_000_000 == 0 {
				b.o.Progress("%d of %d profiles seeded", i+1, n)
			}
		}
		for q := range open {
			if err := hand(ctx, queues[:], open[:], q); err != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}

// hand gives the q-th partition what was drawn for it.
func hand(ctx context.Context, queues []chan []int, open [][]int, q int) error {
	if len(open[q]) == 0 {
		return nil
	}
	select {
	case queues[q] <- open[q]:
		open[q] = nil
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// planter fills one partition.
type planter struct {
	b         *bench
	partition int
	st        store.Store
	protos    []prototype
	now       time.Time
	rnd       *rand.Rand
}

func (g *planter) run(ctx context.Context, numbers <-chan []int) error {
	if _, err := g.st.Acquire(ctx, g.partition, 1); err != nil {
		return err
	}
	for list := range numbers {
		batch, err := g.batch(list)
		if err != nil {
			return err
		}
		if err := g.st.Commit(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

func (g *planter) batch(numbers []int) (*store.Batch, error) {
	out := &store.Batch{Partition: g.partition, Epoch: 1}
	sums := map[store.RestingDelta]int{}
	for _, n := range numbers {
		proto := &g.protos[n%len(g.protos)]
		s := proto.as(n, g.now.Add(seedAhead+time.Duration(g.rnd.Int64N(int64(seedSpread)))))
		row, err := g.b.profileRow(s, g.now)
		if err != nil {
			return nil, err
		}
		restingAt(sums, s)
		out.Profiles = append(out.Profiles, row)
		out.Timeline = append(out.Timeline, store.TimelineRow{
			Profile: row.ID, At: proto.last.Time, ID: proto.last.UID(), Kind: store.KindEvent, Name: proto.last.Type, Data: proto.last.Data,
		})
	}
	for d, k := range sums {
		d.Delta = k
		out.Resting = append(out.Resting, d)
	}
	return out, nil
}
