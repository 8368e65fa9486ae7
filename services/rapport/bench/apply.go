package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/recommend"
	"rapport/pkg/store"
	"rapport/services/orchestrator"
)

// applying is an orchestrator on a seeded store, which applies a round of events at a time.
type applying struct {
	b        *bench
	place    place
	profiles int
	broker   *broker
	recorder *recorder
	stop     context.CancelFunc
	done     chan error
}

// nobody answers recommendations: the three journeys ask for them days later.
type nobody struct{}

func (nobody) Suggest(context.Context, recommend.Request) ([]recommend.Suggestion, error) {
	return nil, errors.New("the bench has no recommender")
}

// startApplying starts an orchestrator on a place with so many profiles. Nothing relays its
// outbox: what is measured ends with the commit.
func (b *bench) startApplying(ctx context.Context, p place, profiles int, keep bool) (_ *applying, err error) {
	a := &applying{b: b, place: p, profiles: profiles, done: make(chan error, 1)}
	if a.broker, err = b.startBroker(ctx, p.dir); err != nil {
		return nil, err
	}
	st, err := b.engine.open(ctx, p, &b.o)
	if err != nil {
		return nil, errors.Join(err, a.broker.stop(ctx))
	}
	a.recorder = newRecorder(st, keep)
	o, err := orchestrator.New(orchestrator.Options{
		Conn: a.broker.conn, Store: a.recorder, Journeys: func() *journey.Set { return b.set }, Suggester: nobody{}, Holder: "bench", Logger: b.o.Logger,
	})
	if err != nil {
		return nil, errors.Join(err, st.Close(), a.broker.stop(ctx))
	}
	running, stop := context.WithCancel(ctx)
	a.stop = stop
	go func() { a.done <- o.Run(running) }()
	select {
	case <-o.Ready():
	case err = <-a.done:
		a.done <- err
		err = errors.Join(errors.New("the orchestrator has ended by itself"), err)
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err == nil {
		err = a.settle(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, a.close(ctx))
	}
	return a, nil
}

// settle lets everything be applied that an earlier run on the same seed has left, such as the receipt of its last mail:
// it belongs to no round.
func (a *applying) settle(ctx context.Context) error {
	stream, err := a.broker.js.Stream(ctx, bus.StreamEvents)
	if err != nil {
		return fmt.Errorf("look up %s: %w", bus.StreamEvents, err)
	}
	var ends [partitions]uint64
	for p := range ends {
		switch last, err := stream.GetLastMsgForSubject(ctx, fmt.Sprintf("evp.%d.>", p)); {
		case errors.Is(err, jetstream.ErrMsgNotFound):
		case err != nil:
			return fmt.Errorf("look up the last event of partition %d: %w", p, err)
		default:
			ends[p] = last.Sequence
		}
	}
	return a.recorder.reached(ctx, ends)
}

// round publishes n events and returns how long the orchestrator took to apply them.
func (a *applying) round(ctx context.Context, n int) (time.Duration, error) {
	if err := a.b.publish(ctx, a.broker, a.profiles, n); err != nil {
		return 0, err
	}
	began := a.recorder.begin()
	last, err := a.recorder.applied(ctx, n)
	return last.Sub(began), err
}

// close stops everything, and tidies up a seed that is used again.
func (a *applying) close(ctx context.Context) error {
	a.stop()
	err := <-a.done
	if a.profiles > a.b.o.CopyAtMost {
		tidying, cancel := closing(ctx)
		defer cancel()
		for p := range partitions {
			err = errors.Join(err, a.discard(tidying, p))
		}
	}
	return errors.Join(err, a.recorder.Close(), a.broker.stop(ctx))
}

// discard ends what the rounds left in a partition's outbox: nobody will send it, and
// nobody shall wait for it.
func (a *applying) discard(ctx context.Context, p int) error {
	for {
		rows, err := a.recorder.Outbox(ctx, p, 0, 100)
		if err != nil || len(rows) == 0 {
			return err
		}
		at := a.recorder.at[p]
		out := &store.Batch{Partition: p, Epoch: a.recorder.epochs[p], From: at, To: at}
		for _, row := range rows {
			for _, m := range row.Messages {
				out.Outcomes = append(out.Outcomes, store.OutcomeRow{MessageID: m.ID, Outcome: message.Suppressed, Detail: "measured, not sent", At: now()})
			}
		}
		if err := a.recorder.Store.Commit(ctx, out); err != nil {
			return err
		}
		if err := a.recorder.OutboxDone(ctx, p, rows[len(rows)-1].Seq); err != nil {
			return err
		}
	}
}

// apply measures events applied beside the same rows written by nobody's engine.
func (b *bench) apply(ctx context.Context, row *Row) (err error) {
	p, release, err := b.seeded(ctx, b.o.Profiles)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	var twin store.Store
	var dropTwin func() error
	err = ceiling(ctx, func(ctx context.Context) (err error) {
		twin, dropTwin, err = b.twin(ctx)
		return err
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dropTwin()) }()
	a, err := b.startApplying(ctx, p, b.o.Profiles, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close(ctx)) }()
	for part, epoch := range a.recorder.epochs {
		if _, err := twin.Acquire(ctx, part, epoch); err != nil {
			return fmt.Errorf("acquire partition %d of the twin: %w", part, err)
		}
	}
	events := b.o.pick(20_000, 300)
	var rates, ceilings, cpus []float64
	var wrote tally
	for range b.o.repeat(5) {
		cpu, cpuErr := b.cpu()
		took, err := a.round(ctx, events)
		if err != nil {
			return err
		}
		after, _ := b.cpu()
		list, t := a.recorder.take()
		wrote = t
		var most time.Duration
		err = ceiling(ctx, func(ctx context.Context) (err error) {
			most, err = again(ctx, twin, list)
			return err
		})
		if err != nil {
			return fmt.Errorf("write the rows again: %w", err)
		}
		rates, ceilings = append(rates, per(events, took)), append(ceilings, per(events, most))
		if cpuErr == nil {
			cpus = append(cpus, (after-cpu).Seconds()*1000/float64(events))
		}
	}
	if err := sameCounts(ctx, a.recorder.Store, twin); err != nil {
		return err
	}
	row.Figures = append(row.Figures,
		figure(fmt.Sprintf("events applied over %s profiles", count(b.o.Profiles)), median(rates), "events/s").
			against("rows written without an engine", median(ceilings)).ratioAtLeast(0.6))
	if len(cpus) > 0 {
		row.Figures = append(row.Figures, figure("processor time", median(cpus), "CPU s per 1,000"))
	}
	row.Notes = append(row.Notes,
		fmt.Sprintf("%d rounds of %d orders of uniformly random customers; a round wrote %d batches with %d profiles, %d timeline rows, %d messages, %d outgoing",
			len(rates), events, wrote.batches, wrote.profiles, wrote.timeline, wrote.messages, wrote.outbox),
		"from the first batch being begun, with its events at hand, to the last commit: states, timeline, timers, messages and outbox; reading the stream is part of it, relay and recommender are not",
		"ceiling: the store.Batch values that were committed, committed again to an equal store by as many goroutines; both stores end with the same counts")
	return nil
}

// twin opens a second copy of the seed.
func (b *bench) twin(ctx context.Context) (store.Store, func() error, error) {
	if b.o.Profiles > b.o.CopyAtMost {
		return nil, nil, fmt.Errorf("a seed of %d profiles is not copied, and the ceiling needs a second one: choose at most %d", b.o.Profiles, b.o.CopyAtMost)
	}
	p, release, err := b.seeded(ctx, b.o.Profiles)
	if err != nil {
		return nil, nil, err
	}
	st, err := b.engine.open(ctx, p, &b.o)
	if err != nil {
		return nil, nil, errors.Join(err, release())
	}
	return st, func() error { return errors.Join(st.Close(), release()) }, nil
}

// sameCounts fails unless two stores count the same.
func sameCounts(ctx context.Context, one, other store.Store) error {
	a, err := one.Counts(ctx)
	if err != nil {
		return fmt.Errorf("count: %w", err)
	}
	c, err := other.Counts(ctx)
	if err != nil {
		return fmt.Errorf("count: %w", err)
	}
	if !maps.Equal(a.Events, c.Events) || !maps.Equal(a.Journeys, c.Journeys) || a.Open != c.Open || a.Pending != c.Pending {
		return fmt.Errorf("the ceiling's store does not hold what the engine's does: %+v and %+v", a, c)
	}
	return nil
}

// growth measures events applied at several numbers of profiles.
func (b *bench) growth(ctx context.Context, row *Row) error {
	events, first := b.o.pick(10_000, 150), 0.0
	for _, n := range b.o.Growth {
		rate, err := b.growthAt(ctx, n, events)
		if err != nil {
			row.Notes = append(row.Notes, fmt.Sprintf("%s profiles: not measured: %v", count(n), err))
			return err
		}
		f := figure(count(n)+" profiles", rate, "events/s")
		if first == 0 {
			first = rate
		} else {
			f = f.against("the first", first)
		}
		if n == b.o.Growth[len(b.o.Growth)-1] {
			f = f.ratioAtLeast(0.8)
		}
		row.Figures = append(row.Figures, f)
	}
	row.Notes = append(row.Notes,
		fmt.Sprintf("as the row apply, %d rounds of %d orders of uniformly random customers; of the first round nothing is counted", b.o.repeat(5), events),
		"each profile has a state, a pending timer and a row of its last order; the smallest shop has more orders of each customer in a run, so that its states grow most")
	return nil
}

func (b *bench) growthAt(ctx context.Context, n, events int) (rate float64, err error) {
	p, release, err := b.seeded(ctx, n)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, release()) }()
	a, err := b.startApplying(ctx, p, n, false)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, a.close(ctx)) }()
	var rates []float64
	for i := range b.o.repeat(5) + 1 {
		took, err := a.round(ctx, events)
		if err != nil {
			return 0, err
		}
		if i > 0 {
			rates = append(rates, per(events, took))
		}
	}
	return median(rates), nil
}

// cpu is the processor time of this process and of the store's.
func (b *bench) cpu() (time.Duration, error) {
	theirs, err := b.engine.cpu()
	return ownCPU() + theirs, err
}

func per(n int, d time.Duration) float64 { return float64(n) / max(d.Seconds(), 1e-9) }

// count writes a number of profiles for people.
func count(n int) string {
	switch {
	case n >= 1_000_000 && n%100_000 == 0:
		return number(float64(n)/1e6) + " million"
	case n >= 1000 && n%1000 == 0:
		return number(float64(n)/1e3) + " thousand"
	}
	return number(float64(n))
}

func now() time.Time { return time.Now().UTC() }
