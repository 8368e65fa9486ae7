package orchestrator_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
	"rapport/services/orchestrator"
)

// teamPartitions is how many partitions the orchestrators of these tests share.
const teamPartitions = 16

// ledger writes down, for each profile, which events were committed, in which order. It is
// what several orchestrators have for a store.
type ledger struct {
	*sqlite.Store

	mu     sync.Mutex
	events map[string][]string // by profile
}

func (l *ledger) Commit(ctx context.Context, b *store.Batch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.Store.Commit(ctx, b); err != nil {
		return err
	}
	for _, row := range b.Timeline {
		if row.Kind == store.KindEvent {
			l.events[row.Profile] = append(l.events[row.Profile], row.ID)
		}
	}
	return nil
}

// team is a broker and a store with several orchestrators, each on a connection of its own.
type team struct {
	*rig
	srv    *embedded.Server
	ledger *ledger
}

func newTeam(t *testing.T) *team {
	t.Helper()
	srv := must(embedded.Start(embedded.Options{StoreDir: t.TempDir(), SyncInterval: time.Minute, MaxStore: 1 << 30}))(t)
	t.Cleanup(func() { _ = srv.Shutdown(context.Background()) })
	tm := &team{srv: srv, rig: &rig{t: t, set: must(journey.NewSet(journey.Config{Journeys: []*journey.Definition{thankYou()}}))(t)}}
	tm.conn = tm.connect()
	tm.js = must(bus.JetStream(tm.conn))(t)
	if err := bus.Provision(t.Context(), tm.js, bus.Layout{Partitions: teamPartitions, MaxBytes: 512 << 20}); err != nil {
		t.Fatal(err)
	}
	tm.store = must(sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()}))(t)
	t.Cleanup(func() { _ = tm.store.Close() })
	tm.ledger = &ledger{Store: tm.store, events: map[string][]string{}}
	return tm
}

func (tm *team) connect() *nats.Conn {
	tm.t.Helper()
	conn := must(tm.srv.Connect(bus.ConnOptions("test", nil)...))(tm.t)
	tm.t.Cleanup(conn.Close)
	return conn
}

// one is an orchestrator of the team.
type one struct {
	*orchestrator.Orchestrator
	conn *nats.Conn
	stop func() // gracefully; calling it again does nothing
}

func (tm *team) start(name string, change func(*orchestrator.Options)) *one {
	tm.t.Helper()
	conn := tm.connect()
	o, stop := tm.run(func(o *orchestrator.Options) {
		o.Conn, o.Store, o.Holder, o.Clock = conn, tm.ledger, name, orchestrator.WallClock
		if change != nil {
			change(o)
		}
	})
	return &one{Orchestrator: o, conn: conn, stop: stop}
}

// shared waits until the members work on all partitions between them, evenly.
func (tm *team) shared(members ...*one) {
	tm.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		has, total := make([]int, len(members)), 0
		moved := make([]<-chan struct{}, len(members))
		for i, m := range members {
			moved[i] = m.Moved()
			works, should := m.Share()
			if works != should || works != len(m.Positions()) {
				works = -teamPartitions
			}
			has[i] = works
			total += works
		}
		if total == teamPartitions && slices.Max(has)-slices.Min(has) <= 1 {
			return
		}
		select {
		case <-deadline.C:
			tm.t.Fatalf("the partitions are not shared evenly: %v", has)
		case <-time.After(5 * time.Millisecond): // What is given up moves no position.
		}
	}
}

// feed publishes orders of some customers until it is told to stop, and returns how many
// each of them made.
func (tm *team) feed() (stop func() map[string]int) {
	quit, done := make(chan struct{}), make(chan map[string]int, 1)
	js := must(bus.JetStream(tm.connect()))(tm.t)
	go func() {
		made := map[string]int{}
		defer func() { done <- made }()
		for i := 0; ; i++ {
			select {
			case <-quit:
				return
			default:
			}
			var msgs []*nats.Msg
			for c := range 20 {
				customer := fmt.Sprintf("c%d", (i*20+c)%100)
				n := made[customer] + 1
				e := tm.order(customer, time.Now(), fmt.Sprintf("%s-%d", customer, n), "soap")
				e.ID = fmt.Sprintf("%s-%04d", customer, n)
				body, err := event.Encode(&e)
				if err != nil {
					tm.t.Error(err)
					return
				}
				msgs = append(msgs, bus.NewMsg(bus.EventSubject(e.Key()), e.UID(), body))
				made[customer] = n
			}
			if _, err := bus.PublishBatch(context.Background(), js, msgs); err != nil {
				tm.t.Error(err)
				return
			}
		}
	}()
	return sync.OnceValue(func() map[string]int { close(quit); return <-done })
}

// audit waits until everything is applied, and compares: each order once, in order, and one
// message for each.
func (tm *team) audit(made map[string]int, members ...*one) {
	tm.t.Helper()
	want := 0
	for _, n := range made {
		want += n
	}
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		tm.ledger.mu.Lock()
		got := 0
		for _, ids := range tm.ledger.events {
			got += len(ids)
		}
		tm.ledger.mu.Unlock()
		if got >= want {
			break
		}
		select {
		case <-members[0].Moved():
		case <-time.After(50 * time.Millisecond): // Another one may have the last.
		case <-deadline.C:
			tm.t.Fatalf("%d of %d orders are applied", got, want)
		}
	}
	for _, m := range members {
		if err := m.Relayed(tm.t.Context()); err != nil {
			tm.t.Fatal(err)
		}
	}
	for customer, n := range made {
		ids := tm.ledger.events[customer]
		if len(ids) != n || !slices.IsSorted(ids) {
			tm.t.Errorf("%s made %d orders, %d are applied: %v", customer, n, len(ids), ids)
		}
	}
	ids := map[string]bool{}
	for _, c := range tm.sends() {
		if ids[c.ID] {
			tm.t.Errorf("message %s is decided twice", c.ID)
		}
		ids[c.ID] = true
	}
	if len(ids) != want {
		tm.t.Errorf("%d messages for %d orders", len(ids), want)
	}
}

// Orchestrators join, leave and die under load: the partitions are shared evenly after each,
// and no event is lost, applied twice, or out of its profile's order.
func TestOrchestratorsJoinLeaveAndDie(t *testing.T) {
	t.Parallel()
	tm := newTeam(t)
	stop := tm.feed()
	defer stop()
	a := tm.start("a", nil)
	tm.shared(a)
	b := tm.start("b", nil)
	tm.shared(a, b)
	c := tm.start("c", nil)
	tm.shared(a, b, c)
	a.stop()
	tm.shared(b, c)
	b.conn.Close() // as a kill does
	tm.shared(c)
	a = tm.start("a", nil)
	tm.shared(a, c)
	tm.audit(stop(), a, c)
}

// takeOver measures, for each partition that one works on, how long it takes until another works on it after
// one is ended by end.
func (tm *team) takeOver(gone, next *one, end func()) []time.Duration {
	tm.t.Helper()
	missing := gone.Positions()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	began := time.Now()
	ended := make(chan struct{})
	go func() { end(); close(ended) }()
	var took []time.Duration
	for len(missing) > 0 {
		moved := next.Moved()
		for p := range next.Positions() {
			if _, ok := missing[p]; ok {
				delete(missing, p)
				took = append(took, time.Since(began))
			}
		}
		if len(missing) == 0 {
			break
		}
		select {
		case <-moved:
		case <-deadline.C:
			tm.t.Fatalf("partitions %v were not taken over", missing)
		}
	}
	<-ended
	return took
}

func quantile(took []time.Duration, q float64) time.Duration {
	slices.Sort(took)
	return took[int(math.Ceil(q*float64(len(took))))-1].Round(time.Millisecond)
}

// What a killed orchestrator worked on is taken over within 5 s, and what a stopped one did within half
// a second.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tries int
		limit time.Duration
		end   func(*one)
	}{
		"killed":  {2, 5 * time.Second, func(o *one) { o.conn.Close() }},
		"stopped": {5, 500 * time.Millisecond, func(o *one) { o.stop() }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tm := newTeam(t)
			stays := tm.start("stays", nil)
			var took []time.Duration
			for i := range c.tries {
				goes := tm.start(fmt.Sprint("goes-", i), nil)
				tm.shared(stays, goes)
				took = append(took, tm.takeOver(goes, stays, func() { c.end(goes) })...)
				goes.stop()
				tm.shared(stays)
			}
			t.Logf("%d partitions taken over: p50 %s, p99 %s", len(took), quantile(took, 0.5), quantile(took, 0.99))
			if p99 := quantile(took, 0.99); p99 > c.limit {
				t.Errorf("p99 is %s, more than %s", p99, c.limit)
			}
		})
	}
}

// stalling holds one commit back and tells what became of it.
type stalling struct {
	*ledger
	stalled chan struct{} // closed when a commit is being held back
	resume  chan struct{}
	result  chan error
	once    sync.Once
}

func (s *stalling) Commit(ctx context.Context, b *store.Batch) error {
	stall := false
	if len(b.Timeline) > 0 {
		s.once.Do(func() { stall = true })
	}
	if !stall {
		return s.ledger.Commit(ctx, b)
	}
	close(s.stalled)
	<-s.resume
	err := s.ledger.Commit(context.WithoutCancel(ctx), b)
	s.result <- err
	return err
}

// A worker that stands still in the middle of a commit, as one that is stopped with SIGSTOP,
// until its lease has run out and another has applied the event: its commit is refused, and
// nothing is doubled.
func TestAPausedWorkerIsFenced(t *testing.T) {
	t.Parallel()
	tm := newTeam(t)
	s := &stalling{ledger: tm.ledger, stalled: make(chan struct{}), resume: make(chan struct{}), result: make(chan error, 1)}
	paused := tm.start("paused", func(o *orchestrator.Options) { o.Store = s; o.LeaseTTL = time.Second })
	<-paused.Ready()
	e := tm.order("ada", time.Now(), "o1", "soap")
	tm.publish(e)
	<-s.stalled
	paused.conn.Close() // Nothing of it is heard any more.
	next := tm.start("next", func(o *orchestrator.Options) { o.LeaseTTL = time.Second })
	tm.shared(next)
	tm.audit(map[string]int{"ada": 1}, next)
	close(s.resume)
	select {
	case err := <-s.result:
		if !errors.Is(err, store.ErrFenced) {
			t.Fatalf("the late commit: %v, want it refused as fenced", err)
		}
	case <-time.After(patience):
		t.Fatal("the late commit did not end")
	}
	tm.audit(map[string]int{"ada": 1}, next)
}

// A member that is there and takes nothing, because it sees something else or is broken:
// what should be its own is not left lying.
func TestOrphansAreAdopted(t *testing.T) {
	t.Parallel()
	tm := newTeam(t)
	m, err := bus.Join(t.Context(), tm.js, bus.MembersOptions{Group: "orchestrator", Name: "idle", TTL: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Leave(context.Background()) })
	works := tm.start("works", func(o *orchestrator.Options) { o.LeaseTTL = time.Second })
	deadline := time.After(patience)
	for len(works.Positions()) < teamPartitions {
		select {
		case <-works.Moved():
		case <-deadline:
			t.Fatalf("works on %d partitions, the others are nobody's", len(works.Positions()))
		}
	}
}
