package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// timers measures how fast many timers that come due at once are drained, and what that does
// to the mails of other people's orders.
func (b *bench) timers(ctx context.Context, row *Row) (err error) {
	limited := b.likeUp()
	defer limited()
	p, release, err := b.seeded(ctx, b.o.Timers)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	for _, agrees := range []bool{false, true} {
		d, err := b.drainInTime(ctx, p, agrees)
		if err != nil {
			return err
		}
		what := "nobody agreed to mail"
		if agrees {
			what = "each sends a mail"
		}
		row.Figures = append(row.Figures,
			figure("timers drained, "+what, d.rate, "timers/s").atLeast(5000),
			figure("p99 of others' mails meanwhile", ms(d.during), "ms").against("without them", ms(d.idle)).ratioAtMost(3))
	}
	row.Notes = append(row.Notes,
		fmt.Sprintf("%s profiles, each with one pending timer, that of its win-back; %s of them, at random, due at one time", count(b.o.Timers), count(b.o.Due)),
		"a timer is drained when what followed from it is committed: a decided message (kept back for want of consent, or in the outbox) and the next timer; from when they were due to when none of them is left",
		fmt.Sprintf("p99: the load of the row latency (%d/s), the same before and during; in the first case what is drained sends nothing, in the second the thank-yous share the mail server with %s other mails", b.usualLoop(0).rate, count(b.o.Due)))
	return nil
}

// drained is what became of timers that came due.
type drained struct {
	rate         float64
	idle, during time.Duration // 99th percentiles
}

// errEarly says that timers came due before everything was ready for them.
var errEarly = errors.New("the timers came due too early: making them due took too long")

// drainInTime drains timers, and tries again with more time to prepare when it took longer
// than was thought.
func (b *bench) drainInTime(ctx context.Context, p place, agrees bool) (d drained, err error) {
	// Arming, and the start.
	ahead := time.Duration(b.o.Due)*time.Second/1500 + time.Duration(b.o.pick(30, 3))*time.Second
	for range 4 {
		if d, err = b.drain(ctx, p, agrees, ahead); !errors.Is(err, errEarly) {
			return d, err
		}
		ahead *= 3
	}
	return d, err
}

// drain arms timers, starts the shop, measures its latency at rest and while they are due.
func (b *bench) drain(ctx context.Context, p place, agrees bool, ahead time.Duration) (d drained, err error) {
	m, err := startSink(ctx, &b.o)
	if err != nil {
		return d, err
	}
	defer m.stop()
	calm := b.usualLoop(warming + latencyOver/3)
	due := now().Add(ahead + calm.over)
	if err := b.arm(ctx, p, b.o.Timers, b.o.Due, due, agrees); err != nil {
		return d, fmt.Errorf("make timers due: %w", err)
	}
	s, err := b.openShop(ctx, p, m)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	// What earlier runs left in a seed that is used again is out of the way first.
	if _, err := s.emptied(ctx, now()); err != nil {
		return d, err
	}
	n, err := armed(ctx, s.st.Store, due, b.o.Due)
	if err != nil {
		return d, err
	}
	if n < b.o.Due && time.Now().After(due) {
		return d, errEarly
	}
	if n < b.o.Due {
		return d, fmt.Errorf("%d timers are to come due, %d should", n, b.o.Due)
	}
	shots, err := s.fire(ctx, calm)
	if err != nil {
		return d, err
	}
	if time.Now().After(due) {
		return d, errEarly
	}
	list, err := s.latencies(ctx, shots, shots[0].due.Add(calm.over/3), due)
	if err != nil {
		return d, err
	}
	d.idle = quantile(list, 0.99)
	busy := b.usualLoop(latencyOver)
	if busy.lead = time.Until(due) - busy.over/10; busy.lead < 0 {
		return d, errEarly
	}
	emptied := make(chan time.Time, 1)
	failed := make(chan error, 1)
	go func() {
		at, err := s.emptied(ctx, due)
		emptied <- at
		failed <- err
	}()
	shots, err = s.fire(ctx, busy)
	at := <-emptied
	if err = errors.Join(err, <-failed); err != nil {
		return d, err
	}
	d.rate = per(n, at.Sub(due))
	// Those that came just behind the timers wait for them too.
	if list, err = s.latencies(ctx, shots, due, at.Add(time.Second)); err != nil {
		return d, err
	}
	d.during = quantile(list, 0.99)
	return d, s.finished(ctx)
}

// emptied waits until no timer is left that was due by a time, and returns when that was.
func (s *shop) emptied(ctx context.Context, due time.Time) (time.Time, error) {
	if !until(ctx, due) {
		return due, context.Cause(ctx)
	}
	deadline := due.Add(10 * time.Minute)
	for {
		n, err := armed(ctx, s.st.Store, due, 1)
		at := time.Now()
		switch {
		case err != nil:
			return at, err
		case n == 0:
			return at, nil
		case at.After(deadline):
			return at, fmt.Errorf("%d partitions still have timers that were due 10 minutes ago", n)
		}
		if !until(ctx, at.Add(50*time.Millisecond)) {
			return at, context.Cause(ctx)
		}
	}
}
