package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

const mebibyte = 1 << 20

// memory measures what a real `rapport up` has resident.
func (b *bench) memory(ctx context.Context, row *Row) error {
	rest, load, err := b.residentOn(ctx, b.empty, 1000)
	if err != nil {
		return err
	}
	row.Figures = append(row.Figures,
		figure("resident at rest", rest.own, "MiB").atMost(80),
		figure("most at full load", load.own, "MiB").atMost(300))
	_, many, err := b.residentOn(ctx, func(ctx context.Context) (place, func() error, error) { return b.seeded(ctx, b.o.Profiles) }, b.o.Profiles)
	if err != nil {
		return err
	}
	row.Figures = append(row.Figures, figure(fmt.Sprintf("most at full load, %s profiles", count(b.o.Profiles)), many.own, "MiB").atMost(400))
	row.Notes = append(row.Notes, fmt.Sprintf("VmRSS of the one process (broker, services, catcher, and the store where it is embedded): at rest %s after it was ready; "+
		"at full load the most of %s in which %d clients post as fast as it accepts while it applies and sends", b.rests(), b.loads(), clients))
	if b.engine.kind() != SQLite {
		if load.store > 0 {
			row.Notes = append(row.Notes, fmt.Sprintf("besides, the database server's processes (proportional set size, its shared buffers included): %s MiB at rest, at most %s at full load, %s with %s profiles",
				number(rest.store), number(load.store), number(many.store), count(b.o.Profiles)))
		} else {
			row.Notes = append(row.Notes, errElsewhere.Error())
		}
	}
	return nil
}

// held is memory in MiB: of `rapport up`, and of the database server.
type held struct{ own, store float64 }

func (b *bench) rests() time.Duration { return time.Duration(b.o.pick(10_000, 300)) * time.Millisecond }

func (b *bench) loads() time.Duration {
	return time.Duration(b.o.pick(30_000, 1000)) * time.Millisecond
}

// residentOn runs `rapport up` on a place, at rest and then at full load of so many customers.
func (b *bench) residentOn(ctx context.Context, on func(context.Context) (place, func() error, error), customers int) (rest, load held, err error) {
	m, err := startSink(ctx, &b.o)
	if err != nil {
		return rest, load, err
	}
	defer m.stop()
	p, release, err := on(ctx)
	if err != nil {
		return rest, load, err
	}
	defer func() { err = errors.Join(err, release()) }()
	c, err := b.startUp(ctx, p, m)
	if err != nil {
		return rest, load, err
	}
	// What it has accepted is of no use to anybody, so that nobody waits until it is sent.
	defer func() { err = errors.Join(err, c.kill()) }()
	if !until(ctx, time.Now().Add(b.rests())) {
		return rest, load, context.Cause(ctx)
	}
	if rest, err = b.look(c); err != nil {
		return rest, load, err
	}
	posting, stop := context.WithTimeout(ctx, b.loads())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- b.press(posting, c.url, customers) }()
	for posting.Err() == nil {
		if !until(posting, time.Now().Add(100*time.Millisecond)) {
			break
		}
		now, err := b.look(c)
		if err != nil {
			stop()
			return rest, load, errors.Join(err, <-done)
		}
		load = held{max(load.own, now.own), max(load.store, now.store)}
	}
	if err := <-done; err != nil {
		return rest, load, err
	}
	if b.o.ProfileDir != "" {
		if err := c.heap(ctx, filepath.Join(b.o.ProfileDir, fmt.Sprintf("memory-%s-%d.heap.pprof", b.engine.kind(), customers))); err != nil {
			return rest, load, err
		}
	}
	if all, _ := m.count(); all == 0 {
		return rest, load, errors.New("no mail was sent under load: " + c.complained())
	}
	return rest, load, ctx.Err()
}

// look is what the processes hold now.
func (b *bench) look(c *child) (held, error) {
	own, _, err := resident(c.cmd.Process.Pid)
	if err != nil {
		return held{}, err
	}
	theirs, err := b.engine.memory()
	if err != nil && !errors.Is(err, errElsewhere) {
		return held{}, err
	}
	return held{float64(own) / mebibyte, float64(theirs) / mebibyte}, nil
}

// press posts orders as fast as they are accepted until ctx ends.
func (b *bench) press(ctx context.Context, url string, customers int) error {
	for ctx.Err() == nil {
		bodies, err := b.bodies(customers, 20*perBatch)
		if err != nil {
			return err
		}
		if err := b.post(ctx, url, bodies, clients); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// start measures how long a real `rapport up` takes to be ready on a full store.
func (b *bench) start(ctx context.Context, row *Row) (err error) {
	m, err := startSink(ctx, &b.o)
	if err != nil {
		return err
	}
	defer m.stop()
	p, release, err := b.seeded(ctx, b.o.Timers)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	var ready, first []float64
	for range b.o.repeat(3) {
		began := time.Now()
		c, err := b.startUp(ctx, p, m)
		if err != nil {
			return err
		}
		bodies, err := b.bodies(b.o.Timers, 1)
		if err == nil {
			err = b.post(ctx, c.url, bodies, 1)
		}
		var at time.Time
		if err == nil {
			at, err = m.awaitOf(ctx, b.serial)
		}
		if err = errors.Join(err, c.stop()); err != nil {
			return err
		}
		ready, first = append(ready, c.ready.Seconds()), append(first, at.Sub(began).Seconds())
	}
	row.Figures = append(row.Figures,
		figure("to ready", median(ready), "s").atMost(3),
		figure("to the mail of the first order", median(first), "s"))
	row.Notes = append(row.Notes, fmt.Sprintf("%d starts of the process on %s profiles, each with one pending timer, after a graceful stop; ready is when it says so and /readyz answers 200; "+
		"the stream of events, which the recommender reads at a start, holds what the runs of this bench left in it", len(ready), count(b.o.Timers)))
	return nil
}
