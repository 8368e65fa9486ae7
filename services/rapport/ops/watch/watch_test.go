package watch_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/goleak"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
	"rapport/services/rapport/ops/watch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const partitions = 4

// rig is a broker with streams, a store, and a reader of metrics.
type rig struct {
	broker *embedded.Server
	js     jetstream.JetStream
	store  *sqlite.Store
	meters *sdkmetric.MeterProvider
	reader *sdkmetric.ManualReader
}

func newRig(t *testing.T) *rig {
	t.Helper()
	broker, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t)})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := broker.Connect()
	if err != nil {
		t.Fatal(err)
	}
	js, err := bus.JetStream(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Provision(t.Context(), js, bus.Layout{Partitions: partitions}); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{broker: broker, js: js, store: db, reader: sdkmetric.NewManualReader()}
	r.meters = sdkmetric.NewMeterProvider(sdkmetric.WithReader(r.reader))
	t.Cleanup(func() {
		conn.Close()
		_ = db.Close() // A test may have closed it.
		closing, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := broker.Shutdown(closing); err != nil {
			t.Errorf("stop the broker: %v", err)
		}
	})
	return r
}

func (r *rig) watch(t *testing.T, o watch.Options) *watch.Watch {
	t.Helper()
	o.JS, o.Meters = r.js, r.meters
	w, err := watch.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// read collects and returns the values by gauge and, where it has one, attribute.
func (r *rig) read(t *testing.T) map[string]float64 {
	t.Helper()
	var got metricdata.ResourceMetrics
	if err := r.reader.Collect(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, scope := range got.ScopeMetrics {
		for _, m := range scope.Metrics {
			for _, p := range m.Data.(metricdata.Gauge[float64]).DataPoints {
				out[m.Name+" "+p.Attributes.Encoded(attribute.DefaultEncoder())] = p.Value
			}
		}
	}
	return out
}

// publish stores an event of a key and returns its sequence and partition.
func (r *rig) publish(t *testing.T, subject string) uint64 {
	t.Helper()
	ack, err := r.js.Publish(t.Context(), subject, []byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	return ack.Sequence
}

func wants(t *testing.T, got map[string]float64, want map[string]float64) {
	t.Helper()
	for name, v := range want {
		if have, ok := got[name]; !ok || have != v {
			t.Errorf("%s is %v (told: %t), want %v", name, have, ok, v)
		}
	}
}

func TestTellsWhatLiesBetweenTheServices(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for p := range partitions {
		if _, err := r.store.Acquire(t.Context(), p, 1); err != nil {
			t.Fatal(err)
		}
	}
	leases, err := bus.OpenLeases(t.Context(), r.js, bus.LeaseOptions{Holder: "test"})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"0", "1"} {
		lease, err := leases.Try(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if key == "0" {
			t.Cleanup(func() { _ = lease.Release(context.Background()) })
			continue
		}
		if err := lease.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	first := r.publish(t, "evp.2.clock.tick")
	r.publish(t, "evp.3.clock.tick")
	last := r.publish(t, "evp.2.clock.tick")
	r.publish(t, "dead.mailer.send.email.x")
	r.publish(t, "dead.mailer.send.email.y")
	r.publish(t, "dead.orchestrator.evp.1.x")
	stream, err := r.js.Stream(t.Context(), bus.StreamSend)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: "mailer", FilterSubject: "send.email.*", AckPolicy: jetstream.AckExplicitPolicy}); err != nil {
		t.Fatal(err)
	}
	r.publish(t, "send.email.a")
	r.publish(t, "send.sms.a")
	commit(t, r.store, 2, 0, first, time.Now().Add(-time.Hour))
	r.watch(t, watch.Options{Store: r.store})

	got := r.read(t)
	wants(t, got, map[string]float64{
		"broker.partition.lag partition=0":           0,
		"broker.partition.lag partition=2":           float64(last - first),
		"broker.partition.lag.age partition=1":       0,
		"broker.partitions ":                         partitions,
		"broker.partitions.leased ":                  1,
		"broker.stream.messages stream=EVENTS":       3,
		"broker.stream.messages stream=DEAD":         3,
		"broker.stream.replicas stream=SEND":         1,
		"broker.stream.replicas.current stream=SEND": 1,
		"broker.dead.letters service=mailer":         2,
		"broker.dead.letters service=orchestrator":   1,
		"broker.consumer.pending consumer=mailer":    1,
		"store.outbox.pending ":                      1,
		"store.messages.open ":                       0,
		"store.timer.overdue partition=0":            0,
		"watch.ok look=lag":                          1,
		"watch.ok look=timers":                       1,
	})
	if late := got["broker.partition.lag.age partition=2"]; late <= 0 || late > 60 {
		t.Errorf("the oldest event waits %v s, want some", late)
	}
	if late := got["store.timer.overdue partition=2"]; late < 3600 || late > 3700 {
		t.Errorf("the timer is %v s late, want an hour", late)
	}
	if size, limit := got["broker.stream.size stream=EVENTS"], got["broker.stream.limit stream=EVENTS"]; size <= 0 || limit < size {
		t.Errorf("EVENTS has %v of %v bytes", size, limit)
	}
}

// commit moves a partition on, with a timer and a message in the outbox.
func commit(t *testing.T, s *sqlite.Store, p int, from, to uint64, wake time.Time) {
	t.Helper()
	err := s.Commit(t.Context(), &store.Batch{
		Partition: p, Epoch: 1, From: store.Position{Seq: from}, To: store.Position{Seq: to},
		Profiles: []store.ProfileRow{{ID: "ada", State: []byte("x"), UpdatedAt: time.Now(), Wake: wake}},
		Outbox:   []store.Outgoing{{Subject: "send.email.ada", ID: "m1", Data: []byte("{}")}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsNotKnownIsNotTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if _, err := r.store.Acquire(t.Context(), 0, 1); err != nil {
		t.Fatal(err)
	}
	r.watch(t, watch.Options{Store: r.store, Fresh: time.Nanosecond, Within: time.Second})
	wants(t, r.read(t), map[string]float64{"watch.ok look=lag": 1, "watch.ok look=streams": 1, "store.messages.open ": 0})
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	got := r.read(t)
	wants(t, got, map[string]float64{"watch.ok look=lag": 0, "watch.ok look=unfinished": 0, "watch.ok look=streams": 1})
	if _, told := got["store.messages.open "]; told {
		t.Error("a closed store still tells how many messages are open")
	}
	closing, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := r.broker.Shutdown(closing); err != nil {
		t.Fatal(err)
	}
	got = r.read(t)
	wants(t, got, map[string]float64{"watch.ok look=streams": 0, "watch.ok look=workers": 0, "watch.ok look=leases": 0, "watch.ok look=letters": 0})
	if _, told := got["broker.stream.size stream=EVENTS"]; told {
		t.Error("the broker is gone, and its streams' size is told")
	}
}

// counting counts the questions, and hangs when it is told to.
type counting struct {
	watch.Store
	asked atomic.Int32
	hang  chan struct{}
}

func (c *counting) Unfinished(ctx context.Context) (store.Unfinished, error) {
	c.asked.Add(1)
	if c.hang != nil {
		<-c.hang
		return store.Unfinished{}, errors.New("late")
	}
	return c.Store.Unfinished(ctx)
}

func TestAsksSeldomAndWaitsForNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	often := &counting{Store: r.store}
	w := r.watch(t, watch.Options{Store: often, Fresh: time.Hour})
	for range 20 {
		r.read(t)
	}
	if n := often.asked.Load(); n != 1 {
		t.Errorf("twenty readers asked the store %d times, want once", n)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := r.read(t); len(got) != 0 {
		t.Errorf("after Close it tells %v", got)
	}
	hangs := &counting{Store: r.store, hang: make(chan struct{})}
	t.Cleanup(func() { close(hangs.hang) })
	r.watch(t, watch.Options{Store: hangs, Fresh: time.Nanosecond, Within: 300 * time.Millisecond})
	for range 3 {
		began := time.Now()
		wants(t, r.read(t), map[string]float64{"watch.ok look=unfinished": 0, "watch.ok look=timers": 1})
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("a reader waited %s for a store that hangs", took)
		}
	}
	if n := hangs.asked.Load(); n != 1 {
		t.Errorf("the hanging store was asked %d times; it had not answered the first", n)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	if _, err := watch.New(watch.Options{}); err == nil {
		t.Error("a watch without a broker is made")
	}
}
