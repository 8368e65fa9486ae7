package orchestrator_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/bus/natslocal"
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
	dial   func(...nats.Option) (*nats.Conn, error)
	ledger *ledger
}

// newTeam has a broker in this process.
func newTeam(t *testing.T) *team {
	t.Helper()
	srv := must(embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t), SyncInterval: time.Minute, MaxStore: 1 << 30}))(t)
	t.Cleanup(func() { _ = srv.Shutdown(context.Background()) })
	return teamOn(t, srv.Connect, 1)
}

// newClusterTeam has three brokers, which are processes of their own.
func newClusterTeam(t *testing.T) (*team, *natslocal.Cluster) {
	t.Helper()
	must(natslocal.Binary(t.Context()))(t) // A first build takes its time.
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := must(natslocal.Start(ctx, natslocal.Options{Dir: t.TempDir()}))(t)
	t.Cleanup(func() { _ = c.Close() })
	return teamOn(t, func(opts ...nats.Option) (*nats.Conn, error) {
		return nats.Connect(strings.Join(c.URLs(), ","), opts...)
	}, 3), c
}

func teamOn(t *testing.T, dial func(...nats.Option) (*nats.Conn, error), replicas int) *team {
	t.Helper()
	tm := &team{dial: dial, rig: &rig{t: t, set: must(journey.NewSet(journey.Config{Journeys: []*journey.Definition{thankYou()}, Policy: patient()}))(t)}}
	tm.conn = tm.connect()
	tm.js = must(bus.JetStream(tm.conn))(t)
	if err := bus.Provision(t.Context(), tm.js, bus.Layout{Partitions: teamPartitions, Replicas: replicas, MaxBytes: 512 << 20}); err != nil {
		t.Fatal(err)
	}
	tm.store = must(sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()}))(t)
	t.Cleanup(func() { _ = tm.store.Close() })
	tm.ledger = &ledger{Store: tm.store, events: map[string][]string{}}
	return tm
}

func (tm *team) connect() *nats.Conn {
	tm.t.Helper()
	conn := must(tm.dial(bus.ConnOptions("test", nil)...))(tm.t)
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
		o.Logger = slog.New(slog.NewTextHandler(tm.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})).With("holder", name)
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
			for _, m := range members {
				works, should := m.Share()
				tm.t.Logf("works on %d, should on %d, positions %v", works, should, slices.Sorted(maps.Keys(m.Positions())))
			}
			stacks := make([]byte, 4<<20)
			tm.t.Fatalf("the partitions are not shared evenly: %v\n%s", has, stacks[:runtime.Stack(stacks, true)])
		case <-time.After(5 * time.Millisecond): // What is given up moves no position.
		}
	}
}

// ahead is how many orders are published before the first of them is applied: without a bound
// those of a minute fill the streams.
const ahead = 5000

// near waits until all but some of the orders are applied; false: it was told to stop.
func (tm *team) near(published int, quit <-chan struct{}) bool {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for published%1000 == 0 && tm.applied() < published-ahead {
		select {
		case <-quit:
			return false
		case <-tick.C:
		}
	}
	return true
}

// pace lies between twenty orders and the next twenty. Nobody reads SEND here: as fast as the engine went it was full when
// a broker took long to come back, and then nobody went on.
const pace = 30 * time.Millisecond

// feed publishes orders of some customers until it is told to stop, and returns how many
// each of them made.
func (tm *team) feed() (stop func() map[string]int) {
	quit, done := make(chan struct{}), make(chan map[string]int, 1)
	js := must(bus.JetStream(tm.connect()))(tm.t)
	go func() {
		made := map[string]int{}
		defer func() { done <- made }()
		tick := time.NewTicker(pace)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-quit:
				return
			case <-tick.C:
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
			if !tm.near((i+1)*len(msgs), quit) {
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
		got := tm.applied()
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
	// The ledger knows of a commit before the relay is told of it.
	for tm.relayed(members) < want {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-deadline.C:
			tm.t.Fatalf("%d messages for %d orders", len(tm.sends()), want)
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

// relayed waits for the relays and returns how many messages are in the stream.
func (tm *team) relayed(members []*one) int {
	tm.t.Helper()
	for _, m := range members {
		if err := m.Relayed(tm.t.Context()); err != nil {
			tm.t.Fatal(err)
		}
	}
	return int(must(bus.LastSeq(tm.t.Context(), tm.js, bus.StreamSend))(tm.t)) //nolint:gosec // Far below 2^63.
}

// flows waits until so many more events are applied.
func (tm *team) flows(n int) {
	tm.t.Helper()
	deadline, tick := time.NewTimer(time.Minute), time.NewTicker(5*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for want := tm.applied() + n; tm.applied() < want; {
		select {
		case <-tick.C:
		case <-deadline.C:
			tm.t.Fatalf("%d events are applied, want %d", tm.applied(), want)
		}
	}
}

// applied is how many events the ledger has.
func (tm *team) applied() int {
	tm.ledger.mu.Lock()
	defer tm.ledger.mu.Unlock()
	n := 0
	for _, ids := range tm.ledger.events {
		n += len(ids)
	}
	return n
}
