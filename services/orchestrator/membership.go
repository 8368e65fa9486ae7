package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"rapport/pkg/bus"
	"rapport/pkg/store"
)

// group is the name under which orchestrators know each other.
const group = "orchestrator"

// team is this orchestrator among the others that work on the same stream.
type team struct {
	o       *Orchestrator
	placing bus.Placing
	leases  *bus.Leases
	members *bus.Members
	holders *bus.Holders

	working errgroup.Group
	failed  chan struct{}     // closed when a partition failed for good
	hands   map[int]hand      // partitions that this one holds, waits for, or is giving up
	idle    map[int]time.Time // since when nobody is seen to hold a partition
	adopted time.Time         // until when nothing is handed over; see adopt
}

// hand is this one's hand on a partition.
type hand struct {
	release context.CancelFunc
	ended   chan struct{} // closed when the lease is given back
}

// join enters the group of orchestrators.
func (o *Orchestrator) join(ctx context.Context) (*team, error) {
	t := &team{o: o, failed: make(chan struct{}), hands: map[int]hand{}, idle: map[int]time.Time{}}
	var err error
	if t.placing, err = bus.PlacingOf(ctx, o.js); err != nil {
		return nil, err
	}
	if t.leases, err = bus.OpenLeases(ctx, o.js, bus.LeaseOptions{Holder: o.Holder, TTL: o.LeaseTTL}); err != nil {
		return nil, err
	}
	if t.holders, err = bus.WatchHolders(ctx, o.js, o.Logger, "*"); err != nil {
		return nil, err
	}
	t.members, err = bus.Join(ctx, o.js, bus.MembersOptions{Group: group, Name: o.Holder, TTL: o.LeaseTTL, Logger: o.Logger})
	if err != nil {
		t.holders.Close()
		return nil, err
	}
	return t, nil
}

// run works on this one's share until ctx ends or a partition fails for good.
func (t *team) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	tick := time.NewTicker(t.o.LeaseTTL / 3)
	defer tick.Stop()
	for ctx.Err() == nil {
		members, holders := t.members.Changed(), t.holders.Changed()
		t.rebalance(ctx)
		select {
		case <-ctx.Done():
		case <-t.failed:
			stop()
		case <-members:
		case <-holders:
		case <-t.o.leasedChanged:
		case <-tick.C:
		}
	}
	// The others hear of it while the commits in hand are finished.
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := t.members.Leave(leaving); err != nil {
		t.o.Logger.Warn("the others are not told of the stop, they will notice", "error", err)
	}
	err := t.working.Wait()
	t.holders.Close()
	return err
}

// rebalance starts work on what became this one's share, and ends it on what no longer is.
func (t *team) rebalance(ctx context.Context) {
	wanted := t.wanted()
	t.o.expect(wanted)
	for p, h := range t.hands {
		select {
		case <-h.ended:
			delete(t.hands, p)
		default:
			if !wanted[p] {
				h.release()
			}
		}
	}
	for p := range wanted {
		// One that is being given up is taken again once that is done: a lease is renewed by its
		// holder, so two hands of one holder would not keep each other out.
		if _, ok := t.hands[p]; !ok {
			t.take(ctx, p)
		}
	}
}

// take starts to work on a partition, or to wait for it.
func (t *team) take(ctx context.Context, p int) {
	holding, release := context.WithCancel(ctx)
	h := hand{release: release, ended: make(chan struct{})}
	t.hands[p] = h
	t.working.Go(func() error {
		err := t.o.partition(holding, t.leases, p, t.placing)
		release()
		close(h.ended)
		if err != nil {
			t.fail()
		}
		t.o.lookAgain()
		return err
	})
}

// fail tells run that a partition failed for good; several may.
func (t *team) fail() {
	t.o.mu.Lock()
	defer t.o.mu.Unlock()
	select {
	case <-t.failed:
	default:
		close(t.failed)
	}
}

// wanted is this one's share: what the members' common rule gives it, and what nobody takes.
func (t *team) wanted() map[int]bool {
	members, seen, own := t.members.Names(), t.holders.Of(), t.o.leases()
	holder := func(p int) string {
		// Of its own leases it knows better than what it has read.
		if own[p] {
			return t.o.Holder
		}
		if h := seen[strconv.Itoa(p)]; h != t.o.Holder {
			return h
		}
		return ""
	}
	wanted := map[int]bool{}
	for p, m := range shares(t.placing.Partitions, members, holder) {
		if members[m] == t.o.Holder {
			wanted[p] = true
		}
	}
	t.adopt(holder, wanted)
	return wanted
}

// adopt takes on what nobody was seen to hold for twice the time to live: whoever should have
// taken it sees something else, or cannot. It then hands nothing over for a while, or the same
// partition would go round for ever.
func (t *team) adopt(holder func(int) string, wanted map[int]bool) {
	now := time.Now()
	for p := range t.placing.Partitions {
		switch since, idle := t.idle[p]; {
		case holder(p) != "":
			delete(t.idle, p)
		case !idle:
			t.idle[p] = now
		case !wanted[p] && now.Sub(since) > 2*t.o.LeaseTTL:
			t.o.Logger.Warn("partition adopted: nobody works on it", "partition", p)
			wanted[p] = true
			t.adopted = now.Add(10 * t.o.LeaseTTL)
		}
	}
	if now.After(t.adopted) {
		return
	}
	for p := range t.hands {
		if holder(p) == t.o.Holder || holder(p) == "" {
			wanted[p] = true
		}
	}
}

// partition works on one partition whenever it can have its lease, until ctx ends.
func (o *Orchestrator) partition(ctx context.Context, leases *bus.Leases, p int, placing bus.Placing) error {
	for ctx.Err() == nil {
		lease, err := leases.Wait(ctx, strconv.Itoa(p))
		if err != nil {
			// A bucket without a leader has one again in a while.
			if ctx.Err() == nil {
				o.Logger.Warn("lease not to be had, trying again", "partition", p, "error", err)
			}
			pause(ctx, time.Second)
			continue
		}
		o.hold(p, true)
		w := o.worker(p, placing, lease)
		err = w.run(ctx, lease)
		o.forget(p)
		if lease.Err() == nil {
			o.release(ctx, lease, w)
		}
		o.hold(p, false)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, bus.ErrAhead), errors.Is(err, store.ErrPosition):
			return fmt.Errorf("partition %d: %w", p, err)
		case err != nil:
			w.log.Warn("partition given up, trying again", "error", err)
			pause(ctx, time.Second)
		}
	}
	return nil
}

func (o *Orchestrator) release(ctx context.Context, lease *bus.Lease, w *worker) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := lease.Release(ctx); err != nil {
		w.log.Warn("lease not released, it will run out", "error", err)
	}
}

// hold notes whose lease this process has, and tells the team.
func (o *Orchestrator) hold(p int, holds bool) {
	o.mu.Lock()
	if holds {
		o.leased[p] = true
	} else {
		delete(o.leased, p)
	}
	o.mu.Unlock()
	o.lookAgain()
}

// lookAgain has the team look again at who works on what.
func (o *Orchestrator) lookAgain() {
	select {
	case o.leasedChanged <- struct{}{}:
	default:
	}
}

func (o *Orchestrator) leases() map[int]bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	own := make(map[int]bool, len(o.leased))
	for p := range o.leased {
		own[p] = true
	}
	return own
}
