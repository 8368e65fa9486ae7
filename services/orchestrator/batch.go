package orchestrator

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/store"
)

// maxWakes bounds how many profiles one batch wakes.
const maxWakes = 1000

// batch is one transaction in the making: the profiles it concerns, and what follows.
type batch struct {
	w        *worker
	set      *journey.Set
	people   map[string]*person
	timers   timers
	cut      *store.Wake // timers behind it were not loaded; nil: all were
	through  uint64      // sequence that the recommender must have read
	silent   bool        // the recommender did not answer
	arms     arms
	out      store.Batch
	earliest time.Time // of the timers that the loaded profiles had; zero: none
	small    bool
	renewing bool            // it brings people under a workspace
	leaving  map[string]bool // who asks to be forgotten
	ids      authority
	// yield gives back the batch's turn, however often it is called. A small batch keeps its turn
	// until it is committed.
	yield func()
}

// person is a profile that the batch works on.
type person struct {
	id    string
	state *journey.State // nil until its first event
	seen  map[string]bool
	dirty bool
	rests []place // where its instances rested when it was loaded
	// unopened is set for a profile of which only receipts are at hand that no journey hears:
	// its state is not decoded. Under load that is half of all events.
	unopened bool
	touched  bool      // the batch has rows of it
	erased   time.Time // see store.Loaded
	phones   []string  // its numbers when it was loaded
}

// prepare loads every profile that the inputs or the timers due by horizon concern.
// horizon is exclusive. A large batch waits for its turn, which ends with finish, or when
// something fails.
func (w *worker) prepare(ctx context.Context, ins []input, horizon time.Time) (*batch, error) {
	b := &batch{w: w, set: w.o.Journeys(), people: map[string]*person{}, through: w.position.Seq, arms: arms{}, yield: func() {}}
	ready := false
	defer func() {
		if !ready { // Also when a state makes the codec panic.
			b.yield()
		}
	}()
	if err := b.gather(ctx, ins, horizon); err != nil {
		return nil, err
	}
	ready = true
	return b, nil
}

// gather finds whom the batch concerns, and makes room for what comes of it.
func (b *batch) gather(ctx context.Context, ins []input, horizon time.Time) error {
	w := b.w
	b.out = store.Batch{
		Partition: w.partition, Epoch: w.epoch, From: w.position, To: w.position, Timeline: make([]store.TimelineRow, 0, w.rows),
		Messages: make([]store.MessageRow, 0, w.messages), Outbox: make([]store.Outgoing, 0, w.messages),
	}
	wakes, cut, err := w.wakes(ctx, horizon, len(ins))
	if err != nil {
		return err
	}
	b.cut = cut
	turns := w.o.turns
	if b.small = len(ins)+len(wakes) < crowd; b.small {
		turns = w.o.smallTurns
	}
	if b.yield, err = turns.take(ctx); err != nil {
		return err
	}
	b.leaving = leaving(ins)
	if err := b.load(ctx, wants(ins, wakes), b.concerned(ins, wakes)); err != nil {
		return err
	}
	for _, p := range b.people {
		b.schedule(p)
	}
	return nil
}

// wants lists the profiles of inputs and timers, sorted, with the uids to look for.
func wants(ins []input, wakes []store.Wake) []store.Want {
	at := map[string]int{}
	var list []store.Want
	want := func(profile string) *store.Want {
		i, ok := at[profile]
		if !ok {
			i = len(list)
			at[profile] = i
			list = append(list, store.Want{Profile: profile})
		}
		return &list[i]
	}
	for i := range ins {
		if in := &ins[i]; in.broken == nil && !in.tick && !in.toAuthority() {
			k := want(in.event.Subject)
			k.Events = append(k.Events, rowID(in.event))
		}
	}
	for _, k := range wakes {
		want(k.Profile)
	}
	slices.SortFunc(list, func(a, b store.Want) int { return compare(a.Profile, b.Profile) })
	return list
}

// concerned are the profiles whose state anything may change or read.
func (b *batch) concerned(ins []input, wakes []store.Wake) map[string]bool {
	m := make(map[string]bool, len(ins)+len(wakes))
	for i := range ins {
		if in := &ins[i]; in.broken == nil && !in.tick && (in.event.Type != event.MessageSent || b.set.Hears(event.MessageSent)) {
			m[in.event.Subject] = true
		}
	}
	for _, k := range wakes {
		m[k.Profile] = true
	}
	return m
}

// load reads profiles, and opens the states of those concerned.
func (b *batch) load(ctx context.Context, list []store.Want, concerned map[string]bool) error {
	if len(list) == 0 {
		return nil
	}
	loaded, err := b.w.o.Store.Load(ctx, b.w.partition, list)
	if err != nil {
		return fmt.Errorf("load %d profiles: %w", len(list), err)
	}
	for i, l := range loaded {
		p := &person{id: list[i].Profile, seen: make(map[string]bool, len(l.Seen)), erased: l.Erased}
		for _, uid := range l.Seen {
			p.seen[uid] = true
		}
		switch {
		case l.State != nil && !concerned[p.id]:
			p.unopened = true
		case l.State != nil:
			if p.state, err = b.w.o.codec.Decode(l.State); err != nil && b.leaving[p.id] {
				p.unopened = true // Whoever asks to be forgotten is, also when their state cannot be read.
				break
			}
			if err != nil {
				return fmt.Errorf("profile %s: %w", p.id, err)
			}
			p.rests = places(p.state)
			if p.phones, err = p.numbers(); err != nil {
				return err
			}
			if due := p.state.NextDue(); !due.IsZero() && (b.earliest.IsZero() || due.Before(b.earliest)) {
				b.earliest = due
			}
		}
		b.people[p.id] = p
	}
	return nil
}

// schedule notes when the person's earliest timer is due.
func (b *batch) schedule(p *person) {
	if p.state == nil || b.w.resting(p.id) {
		return
	}
	if due := p.state.NextDue(); !due.IsZero() {
		b.timers.push(store.Wake{Profile: p.id, Due: due})
	}
}

// apply deals with the inputs in order, timers in between, and returns how many inputs it
// got through: by the events' clock fewer than all when more timers were due than one batch
// takes.
func (b *batch) apply(ctx context.Context, ins []input, horizon time.Time) (done int, err error) {
	whole := false
	defer func() {
		if !whole {
			b.yield() // Nobody finishes such a batch.
		}
	}()
	done, err = b.inputs(ctx, ins, horizon)
	whole = err == nil
	return done, err
}

func (b *batch) inputs(ctx context.Context, ins []input, horizon time.Time) (int, error) {
	for i := range ins {
		in := &ins[i]
		// Orders from before a timer that fires now lie before this event in the stream, on
		// whatever partition.
		b.through = in.seq - 1
		before := in.now
		if in.tick || b.w.o.Clock == WallClock {
			before = before.Add(1) // inclusively
		}
		if done, err := b.fire(ctx, before); err != nil || !done {
			return i, err
		}
		if !b.untouched(in) {
			return i, nil
		}
		if err := b.input(ctx, in); err != nil {
			return i, err
		}
		b.out.To = store.Position{Seq: in.seq, Clock: later(b.out.To.Clock, in.now)}
	}
	if len(ins) == 0 {
		_, err := b.fire(ctx, horizon)
		return 0, err
	}
	return len(ins), nil
}

// fire wakes everybody whose timer is due before the given time, in order. It returns
// false when it came to timers that this batch did not load. By the wall's clock those keep
// nobody waiting: whoever an event concerns is loaded, with the timer, and what other
// profiles are late with is no part of the order of its events.
func (b *batch) fire(ctx context.Context, before time.Time) (bool, error) {
	cut := b.cut
	if b.w.o.Clock == WallClock {
		cut = nil
	}
	for {
		k, ok := b.timers.peek()
		if !ok || !k.Due.Before(before) {
			// Beyond the cut others may be due first.
			return cut == nil || !cut.Due.Before(before), nil
		}
		if cut != nil && compareWakes(*cut, k) < 0 {
			return false, nil
		}
		b.timers.pop()
		p := b.people[k.Profile]
		if p.state == nil || !p.state.NextDue().Equal(k.Due) {
			continue // It has moved since, and a later entry knows; or its person was erased.
		}
		now := k.Due
		if b.w.o.Clock == WallClock {
			now = before.Add(-1)
		}
		p.dirty = true
		err := b.effects(ctx, p, b.set.Fire(p.state, now), now, cause{})
		if err != nil {
			return false, err
		}
		b.schedule(p)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// finish encodes the changed profiles, sorted, so that the transaction touches rows in one
// order everywhere.
func (b *batch) finish() (*store.Batch, error) {
	if !b.small {
		defer b.yield()
	}
	moves := moves{}
	for _, p := range b.people {
		if p.dirty || p.state == nil {
			moves.add(p.rests, -1)
		}
		if !p.dirty || p.state == nil {
			continue
		}
		if err := b.callable(p); err != nil {
			return nil, err
		}
		moves.add(places(p.state), 1)
		state, err := b.w.o.codec.Encode(p.state)
		if err != nil {
			return nil, fmt.Errorf("profile %s: %w", p.id, err)
		}
		b.out.Profiles = append(b.out.Profiles, b.row(p, state))
	}
	b.people = nil // What the transaction needs of them is in its rows.
	b.out.Resting, b.out.Arms = moves.deltas(), b.arms.deltas()
	var err error
	if b.out.Identities, err = b.identities(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(b.out.Phones, func(x, y store.PhoneRow) int { return compare(x.Profile, y.Profile) })
	slices.SortFunc(b.out.Profiles, func(x, y store.ProfileRow) int { return compare(x.ID, y.ID) })
	return &b.out, nil
}

// row is a profile's row. An id that another one acts for is no customer by itself, and has met
// every workspace.
func (b *batch) row(p *person, state []byte) store.ProfileRow {
	prof := &p.state.Profile
	if p.follows() {
		return store.ProfileRow{ID: p.id, State: state, LastOrderAt: prof.Orders.LastAt, UpdatedAt: b.out.To.Clock, Wake: p.state.NextDue(), Snapshot: b.set.Version()}
	}
	return store.ProfileRow{
		ID: p.id, State: state, Known: prof.Known, Orders: prof.Orders.Count,
		LastOrderAt: prof.Orders.LastAt, UpdatedAt: b.out.To.Clock, Wake: p.state.NextDue(), Snapshot: p.state.Snapshot,
	}
}
