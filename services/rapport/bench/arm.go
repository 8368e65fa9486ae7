package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/store"
)

// arm makes the timers of n random seeded profiles due at one time. With agrees their people
// agree to marketing by e-mail, so that win-back writes to them; without, they do not. It
// holds the partitions' leases meanwhile, so that whoever works on them next has a newer
// epoch.
func (b *bench) arm(ctx context.Context, p place, profiles, n int, due time.Time, agrees bool) (err error) {
	k, err := b.startBroker(ctx, p.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.stop(ctx)) }()
	st, err := b.engine.open(ctx, p, &b.o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	leases, err := bus.OpenLeases(ctx, k.js, bus.LeaseOptions{Holder: "bench", TTL: 30 * time.Second})
	if err != nil {
		return err
	}
	seen := make(map[int]bool, n)
	for left := n; left > 0; {
		chosen, err := b.choose(profiles, left, seen)
		if err != nil {
			return err
		}
		var got [partitions]int
		group, gctx := errgroup.WithContext(ctx)
		for part := range partitions {
			group.Go(func() error {
				lease, err := leases.Wait(gctx, strconv.Itoa(part))
				if err != nil {
					return fmt.Errorf("lease partition %d: %w", part, err)
				}
				a := armer{b: b, st: st, partition: part, epoch: lease.Token(), due: due, agrees: agrees}
				got[part], err = a.run(gctx, chosen[part])
				return errors.Join(err, lease.Release(context.WithoutCancel(gctx)))
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		for _, k := range got {
			left -= k
		}
	}
	return nil
}

// choose draws n profiles that were not drawn before, by partition.
func (b *bench) choose(profiles, n int, seen map[int]bool) (out [partitions][]string, err error) {
	if len(seen)+n > profiles {
		return out, errors.New("too few of the seeded profiles still wait in win-back: remove the seed, and another is made")
	}
	for end := len(seen) + n; len(seen) < end; {
		i := b.rnd.IntN(profiles)
		if !seen[i] {
			seen[i] = true
			id := customer(i)
			q := bus.Partition(event.Key(id), partitions)
			out[q] = append(out[q], id)
		}
	}
	for q := range out {
		slices.Sort(out[q])
	}
	return out, nil
}

// armer changes the profiles of one partition.
type armer struct {
	b         *bench
	st        store.Store
	partition int
	epoch     uint64
	due       time.Time
	agrees    bool
}

// run returns how many of the profiles it could arm: those that have not been written to yet.
func (a *armer) run(ctx context.Context, ids []string) (n int, err error) {
	at, err := a.st.Acquire(ctx, a.partition, a.epoch)
	if err != nil {
		return 0, err
	}
	for part := range slices.Chunk(ids, seedBatch) {
		wants := make([]store.Want, len(part))
		for i, id := range part {
			wants[i].Profile = id
		}
		loaded, err := a.st.Load(ctx, a.partition, wants)
		if err != nil {
			return n, err
		}
		out := &store.Batch{Partition: a.partition, Epoch: a.epoch, From: at, To: at}
		for i, l := range loaded {
			s, err := a.b.codec.Decode(l.State)
			if err != nil {
				return n, fmt.Errorf("profile %s: %w", part[i], err)
			}
			if !a.change(s) {
				continue
			}
			row, err := a.b.profileRow(s, now())
			if err != nil {
				return n, err
			}
			out.Profiles = append(out.Profiles, row)
		}
		if err := a.st.Commit(ctx, out); err != nil {
			return n, err
		}
		n += len(out.Profiles)
	}
	return n, nil
}

// change makes the profile's timer due. It reports false for somebody who does not wait for
// the first message any more: a seed that was armed before has such people.
func (a *armer) change(s *journey.State) bool {
	i := resting(s)
	if i < 0 {
		return false
	}
	s.Instances[i].Due = a.due
	for i := range s.Profile.Consent {
		if c := &s.Profile.Consent[i]; c.Channel == message.Email {
			c.Granted = a.agrees
		}
	}
	return true
}

// armed is how many timers are due at or before a time, as far as one question tells.
func armed(ctx context.Context, st store.Store, due time.Time, most int) (int, error) {
	n := 0
	for p := range partitions {
		wakes, err := st.Due(ctx, p, due.Add(1), most)
		if err != nil {
			return 0, err
		}
		n += len(wakes)
	}
	return n, nil
}
