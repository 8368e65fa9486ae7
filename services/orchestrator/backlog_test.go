package orchestrator

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/schedule"
	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
)

// script are deliveries that arrive when the test says so.
type script struct{ list []bus.Delivery }

func (s *script) take() []bus.Delivery {
	list := s.list
	s.list = nil
	return list
}

func (s *script) Next(ctx context.Context) ([]bus.Delivery, error) {
	if list := s.take(); len(list) > 0 {
		return list, nil
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

func (s *script) NextOr(ctx context.Context, other <-chan struct{}) ([]bus.Delivery, error) {
	if list := s.take(); len(list) > 0 {
		return list, nil
	}
	select {
	case <-other:
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// noted is a store that keeps what was committed.
type noted struct {
	Store
	batches []*store.Batch
}

func (n *noted) Commit(ctx context.Context, b *store.Batch) error {
	n.batches = append(n.batches, b)
	return n.Store.Commit(ctx, b)
}

// desk is a worker of one partition, with a store and without a broker.
type desk struct {
	*worker
	t     *testing.T
	from  script
	store *noted
	clock time.Time
	seq   uint64
}

// reminder thanks for each order and reminds of it a day later.
func reminder() *journey.Definition {
	return &journey.Definition{
		Name: "reminder", Version: "1", Status: journey.Active, Category: message.Transactional,
		Enter: journey.Entry{On: event.OrderCompleted, Again: journey.Again{Always: true}, Meanwhile: journey.Restart},
		Leave: []journey.LeaveRule{{On: event.OrderCompleted, As: "ordered again"}},
		Steps: []journey.Step{
			{ID: "thanks", Send: &journey.Send{Channel: message.Email, Template: "thanks"}},
			{ID: "settle", Wait: &journey.Wait{Pause: &schedule.Wait{For: 24 * time.Hour}}},
			{ID: "remind", Send: &journey.Send{Channel: message.Email, Template: "remind"}},
		},
	}
}

func newDesk(t *testing.T, clock Clock) *desk {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	fine(t, err)
	t.Cleanup(func() { _ = st.Close() })
	set, err := journey.NewSet(journey.Config{Journeys: []*journey.Definition{reminder()}})
	fine(t, err)
	codec, err := journey.NewCodec()
	fine(t, err)
	meters, err := newMetrics(metricnoop.NewMeterProvider().Meter("test"), func() (leases, share int) { return 0, 0 })
	fine(t, err)
	d := &desk{t: t, store: &noted{Store: st}, clock: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	o := &Orchestrator{
		codec: codec, metrics: meters, turns: newTurns(), smallTurns: newSmallTurns(), backlog: backlog{places: newPlaces()}, poison: newBudget(10),
		tracer: tracenoop.NewTracerProvider().Tracer("test"), positions: map[int]store.Position{}, moved: make(chan struct{}),
		relay: &Relay{wake: make(chan struct{}, 1), dirty: map[int]bool{}, waiting: map[int]int{}},
	}
	o.Clock, o.Store, o.MaxOutbox = clock, d.store, 1<<20
	o.Now, o.Journeys, o.Changed = func() time.Time { return d.clock }, func() *journey.Set { return set }, func() <-chan struct{} { return nil }
	d.worker = &worker{o: o, epoch: 1, placing: bus.Placing{Partitions: 1}, log: slog.New(slog.DiscardHandler), care: newCaution()}
	d.position, err = st.Acquire(t.Context(), 0, 1)
	fine(t, err)
	return d
}

func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// arrive makes an order of a customer arrive.
func (d *desk) arrive(customer string) {
	d.t.Helper()
	d.seq++
	data, err := json.Marshal(map[string]any{
		"order_id": fmt.Sprint("o", d.seq), "total": 1,
		event.ProfileProperty: map[string]any{"traits": map[string]any{"email": customer + "@shop.example"}},
	})
	fine(d.t, err)
	e := event.Event{ID: fmt.Sprint("e", d.seq), Source: "test", Type: event.OrderCompleted, Subject: customer, Time: d.clock, Data: data}
	body, err := event.Encode(&e)
	fine(d.t, err)
	d.from.list = append(d.from.list, bus.Delivery{Seq: d.seq, Subject: "evp.0." + e.Key(), Data: body, Time: d.clock})
}

// work does one round and returns what it committed. The relay has published all before.
func (d *desk) work() []*store.Batch {
	d.t.Helper()
	clear(d.o.relay.waiting)
	before := len(d.store.batches)
	ctx, cancel := context.WithTimeout(d.t.Context(), time.Minute)
	defer cancel()
	fine(d.t, d.round(ctx, &d.from))
	fine(d.t, ctx.Err())
	return d.store.batches[before:]
}

// regain waits until all places are free.
func (d *desk) regain() {
	d.t.Helper()
	for range sparePlaces {
		select {
		case <-d.o.backlog.places:
		case <-time.After(time.Minute):
			d.t.Fatal("a place is kept")
		}
	}
	d.o.backlog.places = newPlaces()
}

// armed gives so many customers a timer each, and lets all of them come due.
func (d *desk) armed(n int) {
	d.t.Helper()
	for i := range n {
		d.arrive(fmt.Sprintf("c%05d", i))
	}
	for d.work(); len(d.pending) > 0 || len(d.from.list) > 0; {
		d.work()
	}
	d.clock = d.clock.Add(25 * time.Hour)
}

// sent lists whom a batch decided to send the messages of a step to, in order.
func sent(b *store.Batch, step string) (to []string) {
	for i := range b.Messages {
		if b.Messages[i].Step == step {
			to = append(to, b.Messages[i].Profile)
		}
	}
	return to
}

// An event that arrives while thousands of timers are due is in the next commit, which is
// small; and the timers go on, also where an event arrives each time.
func TestEventsDoNotWaitForDueTimers(t *testing.T) {
	t.Parallel()
	const all = 3000
	d := newDesk(t, WallClock)
	d.armed(all)
	left, rounds := all, 0
	for ; left > 0; rounds++ {
		customer := ""
		if rounds%2 == 1 || rounds > 40 {
			customer = fmt.Sprint("new-", rounds)
			d.arrive(customer)
		}
		batches := d.work()
		if len(batches) != 1 {
			t.Fatalf("round %d made %d commits", rounds, len(batches))
		}
		b, limit := batches[0], fewTimers
		if customer != "" {
			limit = besides
			if !slices.Equal(sent(b, "thanks"), []string{customer}) {
				t.Fatalf("round %d thanked %v, %s had ordered", rounds, sent(b, "thanks"), customer)
			}
		}
		fired := len(sent(b, "remind"))
		if fired == 0 || fired > limit {
			t.Fatalf("round %d fired %d timers, want some and at most %d", rounds, fired, limit)
		}
		left -= fired
		d.regain()
	}
	if rounds > 2*all/besides {
		t.Errorf("it took %d rounds", rounds)
	}
}

// While the relay has much before it timers alone wait, until it has published that; and not
// for long when it does not.
func TestTimersWaitForTheRelay(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		waiting   map[int]int
		rest      time.Duration
		published time.Duration // when; 0: never
		want      time.Duration
	}{
		"nothing waits":            {nil, 0, 0, 0},
		"a little waits":           {map[int]int{0: crammed / 2, 1: crammed / 2}, 0, 0, 0},
		"it rests":                 {nil, 30 * time.Millisecond, 0, 30 * time.Millisecond},
		"much waits, then nothing": {map[int]int{0: crammed / 2, 1: crammed}, 0, 10 * time.Millisecond, 10 * time.Millisecond},
		"nothing, before it rests": {map[int]int{1: 2 * crammed}, 30 * time.Millisecond, 10 * time.Millisecond, 30 * time.Millisecond},
		"much waits for ever":      {map[int]int{3: 100 * crammed}, 30 * time.Millisecond, 0, placeRest},
		"the longest of both":      {map[int]int{3: 100 * crammed}, placeRest, 0, placeRest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := backlog{places: make(chan struct{}, sparePlaces)}
				r := &Relay{waiting: tc.waiting}
				began := time.Now()
				if tc.published > 0 {
					time.AfterFunc(tc.published, func() {
						r.mu.Lock()
						defer r.mu.Unlock()
						clear(r.waiting)
					})
				}
				b.free(r, tc.rest, placeRest)
				<-b.places
				if took := time.Since(began); took < tc.want || took >= tc.want+2*placeLook {
					t.Errorf("the place was free after %s, want %s", took, tc.want)
				}
				time.Sleep(2 * placeRest) // Of the bubble's clock.
				if len(b.places) != 0 {
					t.Error("one place became two")
				}
			})
		})
	}
}

// Whoever an event concerns has their own timer fired first, however many of others are due
// before it.
func TestOwnTimerFiresBeforeTheEvent(t *testing.T) {
	t.Parallel()
	const all = 500
	d := newDesk(t, WallClock)
	d.armed(all)
	last := fmt.Sprintf("c%05d", all-1)
	d.arrive(last)
	b := d.work()[0]
	var own []string
	for i := range b.Messages {
		if b.Messages[i].Profile == last {
			own = append(own, b.Messages[i].Step)
		}
	}
	if !slices.Equal(own, []string{"remind", "thanks"}) {
		t.Errorf("%s got %v, want the reminder that was due, then thanks for the order", last, own)
	}
	if n := len(sent(b, "remind")); n != besides+1 {
		t.Errorf("%d timers fired, want that of %s and %d others", n, last, besides)
	}
}

// While nobody comes batches of timers grow; an event makes them small again.
func TestTimersTakeMoreWhenNobodyComes(t *testing.T) {
	t.Parallel()
	var b backlog
	for range 6 * calmBatches {
		b.saw(0)
	}
	if n := b.alone(); n != maxWakes {
		t.Errorf("%d timers after %d calm batches, want %d", n, 6*calmBatches, maxWakes)
	}
	if rest := b.rest(time.Second); rest != 0 {
		t.Errorf("a place rests for %s although nobody comes", rest)
	}
	b.saw(1)
	if n := b.alone(); n != fewTimers {
		t.Errorf("%d timers after an event, want %d", n, fewTimers)
	}
	for took, want := range map[time.Duration]time.Duration{8 * time.Millisecond: 4 * time.Millisecond, time.Hour: placeRest} {
		if rest := b.rest(took); rest != want {
			t.Errorf("after an event a place whose batch took %s rests for %s, want %s", took, rest, want)
		}
	}
}

// A worker that has no place among those who fire timers alone waits for one, or for an
// event.
func TestOnlySoManyFireTimersAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, WallClock)
	d.armed(3 * fewTimers)
	for range sparePlaces {
		<-d.o.backlog.places // Other partitions have them all.
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	fine(t, d.read(stopped, &d.from))
	if d.sparing || len(d.pending) > 0 {
		t.Error("it has a place that nobody gave it")
	}
	d.arrive("ada")
	if b := d.work()[0]; !slices.Equal(sent(b, "thanks"), []string{"ada"}) || len(sent(b, "remind")) != besides {
		t.Errorf("thanked %v and reminded %d, want ada and %d", sent(b, "thanks"), len(sent(b, "remind")), besides)
	}
	d.o.backlog.places <- struct{}{}
	if b := d.work()[0]; len(sent(b, "remind")) != fewTimers {
		t.Errorf("with a place %d timers fire, want %d", len(sent(b, "remind")), fewTimers)
	}
	d.o.relay.flood.is.Store(true)
	d.arrive("ben")
	if b := d.work()[0]; len(sent(b, "remind")) != 1 {
		t.Errorf("%d timers fire beside an event while much is to be sent, want 1", len(sent(b, "remind")))
	}
}

// A worker whose batch failed rests without a place: others may fire theirs meanwhile.
func TestAFailureKeepsNoPlace(t *testing.T) {
	t.Parallel()
	d := newDesk(t, WallClock)
	d.armed(10)
	d.o.Backoff = time.Hour
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	refusing := &refusal{Store: d.store, asked: make(chan struct{}, 1)}
	d.o.Store = refusing
	done := make(chan error, 1)
	go func() { done <- d.round(ctx, &d.from) }()
	<-refusing.asked
	for range sparePlaces {
		select {
		case <-d.o.backlog.places:
		case <-time.After(time.Minute):
			t.Fatal("it rests with a place")
		}
	}
	stop()
	fine(t, <-done)
}

// refusal is a store that is away.
type refusal struct {
	Store
	asked chan struct{}
}

func (r *refusal) Commit(context.Context, *store.Batch) error {
	select {
	case r.asked <- struct{}{}:
	default:
	}
	return outage(errUnreadable)
}

// By the events' clock all timers due before an event fire before it, as ever.
func TestEventClockKeepsTheOrderOfTimers(t *testing.T) {
	t.Parallel()
	const all = 1500
	d := newDesk(t, EventClock)
	d.armed(all)
	d.arrive("ada")
	var order []string
	for len(d.from.list) > 0 || len(d.pending) > 0 {
		for _, b := range d.work() {
			for i := range b.Messages {
				order = append(order, b.Messages[i].Step)
			}
		}
	}
	if len(order) != all+1 || order[all] != "thanks" || slices.Contains(order[:all], "thanks") {
		t.Errorf("%d messages, the thanks at %d, want it behind %d reminders", len(order), slices.Index(order, "thanks"), all)
	}
}
