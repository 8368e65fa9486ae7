package orchestrator_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/store"
	"rapport/services/orchestrator"
)

// picky is a store that does not take some things, or anything for a while.
type picky struct {
	orchestrator.Store
	mu       sync.Mutex
	refuse   func(*store.Batch) error // of one commit; nil: takes all
	away     error                    // of every call
	attempts int
	turned   chan struct{} // told of each refusal, when there is room
}

func newPicky(s orchestrator.Store) *picky { return &picky{Store: s, turned: make(chan struct{}, 1)} }

func (p *picky) set(away error, refuse func(*store.Batch) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away, p.refuse = away, refuse
}

func (p *picky) answer(b *store.Batch) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.away
	if b != nil {
		p.attempts++
		if err == nil && p.refuse != nil {
			err = p.refuse(b)
		}
	}
	if err != nil {
		select {
		case p.turned <- struct{}{}:
		default:
		}
	}
	return err
}

func (p *picky) Acquire(ctx context.Context, partition int, epoch uint64) (store.Position, error) {
	if err := p.answer(nil); err != nil {
		return store.Position{}, err
	}
	return p.Store.Acquire(ctx, partition, epoch)
}

func (p *picky) Load(ctx context.Context, partition int, wants []store.Want) ([]store.Loaded, error) {
	if err := p.answer(nil); err != nil {
		return nil, err
	}
	return p.Store.Load(ctx, partition, wants)
}

func (p *picky) Commit(ctx context.Context, b *store.Batch) error {
	if err := p.answer(b); err != nil {
		return err
	}
	return p.Store.Commit(ctx, b)
}

// refused waits until something was refused.
func (p *picky) refused(t *testing.T, times int) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for range times {
		select {
		case <-p.turned:
		case <-deadline.C:
			t.Fatal("nothing was refused")
		}
	}
}

// events refuses batches that record an event of one of the ids.
func refuseEvents(err error, ids ...string) func(*store.Batch) error {
	return func(b *store.Batch) error {
		for i := range b.Timeline {
			row := &b.Timeline[i]
			if row.Kind != store.KindEvent {
				continue
			}
			for _, id := range ids {
				if row.ID == id {
					return err
				}
			}
		}
		return nil
	}
}

// letters are the dead letters, by the uid of the event in them.
func (r *rig) letters() map[string]bus.Dead {
	r.t.Helper()
	out := map[string]bus.Dead{}
	stream := must(r.js.Stream(r.t.Context(), bus.StreamDead))(r.t)
	for seq := stream.CachedInfo().State.FirstSeq; seq <= stream.CachedInfo().State.LastSeq && seq > 0; seq++ {
		m, err := stream.GetMsg(r.t.Context(), seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			r.t.Fatal(err)
		}
		dead := must(bus.ReadDead(m.Header))(r.t)
		e, err := event.Decode(m.Data)
		if err != nil {
			r.t.Fatalf("a dead letter without its body: %v", err)
		}
		if _, twice := out[e.UID()]; twice {
			r.t.Errorf("two dead letters of %s", e.UID())
		}
		out[e.UID()] = dead
	}
	return out
}

// applied are the ids of the events in a profile's history, in order.
func (r *rig) applied(profile string) []string {
	r.t.Helper()
	rows := must(r.store.Timeline(r.t.Context(), bus.Partition(event.Key(profile), partitions), profile, 10_000))(r.t)
	var ids []string
	for i := range rows {
		if rows[i].Kind == store.KindEvent {
			ids = append(ids, rows[i].ID)
		}
	}
	slices.Reverse(ids)
	return ids
}

func uid(e event.Event) string { return e.UID() }

// until waits for a condition that a commit makes true.
func (r *rig) until(o *orchestrator.Orchestrator, is func() bool) {
	r.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	look := time.NewTicker(20 * time.Millisecond) // What the relay publishes moves nothing.
	defer look.Stop()
	for {
		moved := o.Moved()
		if is() {
			return
		}
		select {
		case <-moved:
		case <-look.C:
		case <-deadline.C:
			r.t.Fatalf("it did not come to that: counts %+v, positions %v, %d dead letters", r.counts(), o.Positions(), len(r.letters()))
		}
	}
}
