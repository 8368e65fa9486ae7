package orchestrator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/schedule"
	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
	"rapport/services/orchestrator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	day        = 24 * time.Hour
	partitions = 4
	patience   = 60 * time.Second
)

func start() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

// rig is a broker, a store and the journeys under test.
type rig struct {
	t     testing.TB
	conn  *nats.Conn
	js    jetstream.JetStream
	store *sqlite.Store
	set   *journey.Set
	n     int // events published, for ids
}

func newRig(t testing.TB, defs ...*journey.Definition) *rig {
	t.Helper()
	srv := must(embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t), SyncInterval: time.Second, MaxStore: 1 << 30}))(t)
	t.Cleanup(func() { _ = srv.Shutdown(context.Background()) })
	conn := must(srv.Connect())(t)
	t.Cleanup(conn.Close)
	js := must(bus.JetStream(conn))(t)
	if err := bus.Provision(t.Context(), js, bus.Layout{Partitions: partitions, MaxBytes: 512 << 20}); err != nil {
		t.Fatal(err)
	}
	st := must(sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()}))(t)
	t.Cleanup(func() { _ = st.Close() })
	return &rig{t: t, conn: conn, js: js, store: st, set: must(journey.NewSet(journey.Config{Journeys: defs, Policy: patient()}))(t)}
}

// patient is a policy by which no event is late: those of these tests are of another year than the
// wall's clock.
func patient() *policy.Policy { return &policy.Policy{LateAfter: 200 * 365 * day} }

// must unwraps a result, or fails the test.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// run starts an orchestrator and returns a function that stops it.
func (r *rig) run(change func(*orchestrator.Options)) (*orchestrator.Orchestrator, func()) {
	r.t.Helper()
	opts := orchestrator.Options{
		Conn: r.conn, Store: r.store, Clock: orchestrator.EventClock, Holder: "test",
		Journeys: func() *journey.Set { return r.set },
	}
	if change != nil {
		change(&opts)
	}
	o := must(orchestrator.New(opts))(r.t)
	ctx, cancel := context.WithCancel(context.Background())
	relaying, stopRelay := context.WithCancel(context.Background())
	done, relayed := make(chan error, 1), make(chan error, 1)
	go func() { done <- o.Run(ctx) }()
	go func() { relayed <- o.Relay().Run(relaying) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("orchestrator: %v", err)
		}
		stopRelay()
		if err := <-relayed; err != nil {
			r.t.Errorf("relay: %v", err)
		}
	}
	r.t.Cleanup(stop)
	return o, stop
}

// order is an order of a known customer.
func (r *rig) order(customer string, at time.Time, id string, products ...string) event.Event {
	lines := make([]map[string]any, 0, len(products))
	for _, p := range products {
		lines = append(lines, map[string]any{"product_id": p, "name": "The " + p, "price": 2.5, "quantity": 1})
	}
	return r.event(event.OrderCompleted, customer, at, map[string]any{
		"order_id": id, "total": 12.34, "products": lines,
		event.ProfileProperty: map[string]any{
			"traits": map[string]any{"email": customer + "@example.com", "phone": "+447700900001"},
			"consent": []map[string]any{
				{"channel": "email", "purpose": "marketing", "granted": true, "source": "test"},
				{"channel": "sms", "purpose": "marketing", "granted": true, "source": "test"},
			},
		},
	})
}

func (r *rig) event(typ, subject string, at time.Time, data map[string]any) event.Event {
	r.n++
	return event.Event{
		ID: fmt.Sprintf("e%d", r.n), Source: "test", Type: typ, Subject: subject, Time: at,
		Data: must(json.Marshal(data))(r.t),
	}
}

// publish stores events as a producer over NATS does.
func (r *rig) publish(events ...event.Event) {
	r.t.Helper()
	for i := range events {
		body := must(event.Encode(&events[i]))(r.t)
		r.raw(bus.EventSubject(events[i].Key()), body)
	}
}

func (r *rig) raw(subject string, body []byte) {
	r.t.Helper()
	must(r.js.Publish(r.t.Context(), subject, body))(r.t)
}

// runOn lets the events' clock run to a time in every partition.
func (r *rig) runOn(until time.Time) {
	for p := range partitions {
		e := event.Event{ID: fmt.Sprintf("until-%d-%d", p, until.Unix()), Source: "test", Type: event.ClockAdvanced, Subject: "clock", Time: until}
		r.raw(bus.ClockSubject(p), must(event.Encode(&e))(r.t))
	}
}

// settled waits until the orchestrator has applied everything in the stream, also what it
// put there itself meanwhile.
func (r *rig) settled(o *orchestrator.Orchestrator) {
	r.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	// Positions lists the partitions that have been acquired: all of them, or one that has
	// everything yet to do would not be missed.
	select {
	case <-o.Ready():
	case <-deadline.C:
		r.t.Fatal("not all partitions were acquired")
	}
	for {
		moved := o.Moved()
		last, top := must(bus.LastSeq(r.t.Context(), r.js, bus.StreamEvents))(r.t), uint64(0)
		for _, p := range o.Positions() {
			top = max(top, p.Seq)
		}
		if top == last && r.caughtUp(o) {
			if err := o.Relayed(r.t.Context()); err != nil {
				r.t.Fatal(err)
			}
			if must(bus.LastSeq(r.t.Context(), r.js, bus.StreamEvents))(r.t) == last {
				return
			}
			continue
		}
		select {
		case <-moved:
		case <-deadline.C:
			r.t.Fatalf("positions %v, the stream is at %d", o.Positions(), last)
		}
	}
}

// caughtUp reports whether each partition has applied its own last message.
func (r *rig) caughtUp(o *orchestrator.Orchestrator) bool {
	stream := must(r.js.Stream(r.t.Context(), bus.StreamEvents))(r.t)
	for p, pos := range o.Positions() {
		info := must(stream.Info(r.t.Context(), jetstream.WithSubjectFilter(fmt.Sprintf("evp.%d.>", p))))(r.t)
		for subject := range info.State.Subjects {
			if m := must(stream.GetLastMsgForSubject(r.t.Context(), subject))(r.t); m.Sequence > pos.Seq {
				return false
			}
		}
	}
	return true
}

// sends are the commands on the SEND stream, in its order.
func (r *rig) sends() []message.Command {
	r.t.Helper()
	var out []message.Command
	last := must(bus.LastSeq(r.t.Context(), r.js, bus.StreamSend))(r.t)
	stream := must(r.js.Stream(r.t.Context(), bus.StreamSend))(r.t)
	for seq := uint64(1); seq <= last; seq++ {
		m := must(stream.GetMsg(r.t.Context(), seq))(r.t)
		var c message.Command
		if err := json.Unmarshal(m.Data, &c); err != nil {
			r.t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func (r *rig) counts() store.Counts { return must(r.store.Counts(r.t.Context()))(r.t) }

// when is a condition written in Go.
type when func(*journey.Scope) bool

func (w when) Eval(s *journey.Scope) (bool, error) { return w(s), nil }
func (w when) String() string                      { return "a condition of the test" }

// property is a value read from the event at hand.
type property string

func (p property) Text(s *journey.Scope) (string, error) {
	return fmt.Sprint(s.EventProperty(string(p))), nil
}
func (p property) String() string { return "event." + string(p) }

func thankYou() *journey.Definition {
	return &journey.Definition{
		Name: "thank-you", Version: "1", Status: journey.Active, Category: message.Transactional,
		Enter: journey.Entry{On: event.OrderCompleted, Key: property("order_id")},
		Steps: []journey.Step{{ID: "thanks", Send: &journey.Send{Channel: message.Email, Template: "thank-you"}}},
	}
}

func winBack() *journey.Definition {
	return &journey.Definition{
		Name: "win-back", Version: "1", Status: journey.Active, Category: message.Marketing,
		Enter: journey.Entry{On: event.OrderCompleted, Again: journey.Again{Always: true}, Meanwhile: journey.Restart},
		Leave: []journey.LeaveRule{
			{On: event.OrderCompleted, If: when(func(s *journey.Scope) bool { return s.Sent()["first"] != nil }), As: "won back"},
			{On: event.OrderCompleted, As: "restarted"},
		},
		Steps: []journey.Step{
			{ID: "settle", Wait: &journey.Wait{Pause: &schedule.Wait{For: 60 * day}}},
			{ID: "first", Send: &journey.Send{Channel: message.Email, Template: "win-back"}},
			{ID: "patience", Wait: &journey.Wait{Pause: &schedule.Wait{For: 30 * day}}},
			{ID: "second", Send: &journey.Send{Channel: message.SMS, Template: "win-back"}},
		},
	}
}

func related() *journey.Definition {
	return &journey.Definition{
		Name: "related-products", Version: "1", Status: journey.Active, Category: message.Marketing,
		Enter: journey.Entry{On: event.OrderCompleted, Again: journey.Again{After: 30 * day}, Meanwhile: journey.Ignore},
		Leave: []journey.LeaveRule{{On: event.OrderRefunded, As: "refunded", If: when(func(s *journey.Scope) bool {
			return s.EventProperty("order_id") == s.TriggerProperty("order_id")
		})}},
		Steps: []journey.Step{
			{ID: "settle", Wait: &journey.Wait{Pause: &schedule.Wait{For: 3 * day}}},
			{ID: "picks", Recommend: &journey.Recommend{
				From: []string{"bought_together"}, Min: 2, Max: 4,
				Otherwise: []journey.Step{{ID: "none", Exit: &journey.Exit{Reason: "too few to recommend"}}},
			}},
			{ID: "offer", Send: &journey.Send{Channel: message.Email, Template: "related-products"}},
		},
	}
}
