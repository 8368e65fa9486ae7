package bus_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
)

func readN(t *testing.T, r *bus.Reader, n int) []bus.Delivery {
	t.Helper()
	var all []bus.Delivery
	for len(all) < n {
		batch, err := r.Next(deadline(t))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, batch...)
	}
	return all
}

// publishEvents publishes n events of 50 profiles, bodies from..from+n-1.
func publishEvents(t *testing.T, js jetstream.JetStream, from, n int) {
	t.Helper()
	var msgs []*nats.Msg
	for i := from; i < from+n; i++ {
		msgs = append(msgs, bus.NewMsg(bus.EventSubject(fmt.Sprint("profile-", i%50)), fmt.Sprint("event-", i), fmt.Append(nil, i)))
	}
	for batch := range bus.Split(msgs, 0) {
		if _, err := bus.PublishBatch(deadline(t), js, batch); err != nil {
			t.Fatal(err)
		}
	}
}

func readPartition(t *testing.T, js jetstream.JetStream, p int, after uint64, o bus.ReadOptions) *bus.Reader {
	t.Helper()
	r, err := bus.ReadPartition(deadline(t), js, p, after, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// Every partition is read in pieces, each by a new reader from the last
// position; together they are the whole stream, once, in order.
func TestReadersResumeExactly(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	const n = 2000
	publishEvents(t, js, 0, n)
	want := make(map[int]int)
	for i := range n {
		want[bus.Partition(fmt.Sprint("profile-", i%50), partitions)]++
	}
	for p := range partitions {
		publish(t, js, bus.ClockSubject(p), "", "tick")
		var position uint64
		for got := 0; got < want[p]+1; {
			r := readPartition(t, js, p, position, bus.ReadOptions{MaxBatch: 64})
			for range 3 {
				if got == want[p]+1 {
					break
				}
				batch, err := r.Next(deadline(t))
				if err != nil {
					t.Fatal(err)
				}
				if len(batch) > 64 {
					t.Fatalf("batch of %d", len(batch))
				}
				for _, d := range batch {
					if d.Seq <= position {
						t.Fatalf("partition %d: %d after %d", p, d.Seq, position)
					}
					if d.Subject != bus.ClockSubject(p) && !strings.HasPrefix(d.Subject, fmt.Sprintf("evp.%d.", p)) {
						t.Fatalf("partition %d got %s", p, d.Subject)
					}
					position = d.Seq
					got++
				}
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if last := position; last < n {
			t.Errorf("partition %d ended at %d, before its clock tick", p, last)
		}
	}
}

func TestReadWholeStreamInOrder(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	publishEvents(t, js, 0, 1500)
	r, err := bus.Read(deadline(t), js, bus.StreamEvents, nil, 500, bus.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for i, d := range readN(t, r, 1000) {
		if d.Seq != uint64(501+i) || string(d.Data) != fmt.Sprint(500+i) || d.Stream != bus.StreamEvents {
			t.Fatalf("message %d: %+v", i, d)
		}
	}
	// What comes later is read as well.
	publishEvents(t, js, 1500, 3)
	if last := readN(t, r, 3)[2]; last.Seq != 1503 || last.Pending != 0 {
		t.Fatalf("%+v", last)
	}
}

func TestPositionAheadOfTheStreamIsRefused(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	publishEvents(t, js, 0, 10)
	if _, err := bus.ReadPartition(deadline(t), js, 0, 11, bus.ReadOptions{}); !errors.Is(err, bus.ErrAhead) {
		t.Fatalf("got %v", err)
	}
	readPartition(t, js, 0, 10, bus.ReadOptions{})
}

func TestNextEnds(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	r := readPartition(t, js, 0, 0, bus.ReadOptions{})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := r.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("with an ended context: %v", err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := r.Next(t.Context())
		done <- err
	}()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := receive(t, done); err == nil {
		t.Fatal("Next went on after Close")
	}
	if err := r.Close(); err != nil {
		t.Fatalf("second close: %v", err)
	}
}

// A closed connection ends Next instead of leaving it to wait for ever.
func TestNextEndsWithTheConnection(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	r := readPartition(t, js, 0, 0, bus.ReadOptions{})
	js.Conn().Close()
	if _, err := r.Next(deadline(t)); !errors.Is(err, jetstream.ErrConnectionClosed) {
		t.Fatalf("got %v", err)
	}
}

// A reader that nobody reads from holds back: it does not buffer the stream.
func TestReaderHoldsBack(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	publishEvents(t, js, 0, 3000)
	r, err := bus.Read(deadline(t), js, bus.StreamEvents, nil, 0, bus.ReadOptions{MaxBatch: 10, Linger: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	first := readN(t, r, 1)
	if len(first) > 10 {
		t.Fatalf("batch of %d", len(first))
	}
	rest := readN(t, r, 3000-len(first))
	if rest[len(rest)-1].Seq != 3000 {
		t.Fatalf("ended at %d", rest[len(rest)-1].Seq)
	}
}

// The server restarts from its files, and the reader goes on after the last
// message it delivered.
func TestReaderSurvivesServerRestart(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	srv := startServer(t, dir, port)
	js := connectTCP(t, srv)
	if err := bus.Provision(deadline(t), js, layout()); err != nil {
		t.Fatal(err)
	}
	publishEvents(t, js, 0, 100)
	r, err := bus.Read(deadline(t), js, bus.StreamEvents, nil, 0, bus.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	readN(t, r, 100)
	shutdown(t, srv)
	js2 := connect(t, startServer(t, dir, port))
	publishEvents(t, js2, 100, 100)
	for i, d := range readN(t, r, 100) {
		if d.Seq != uint64(101+i) {
			t.Fatalf("got %d, want %d", d.Seq, 101+i)
		}
	}
}

// The broker comes back with an empty disk while the reader lives on. Waiting
// for the stream to catch up would skip what is published meanwhile.
func TestReaderNoticesALostDisk(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	srv := startServer(t, t.TempDir(), port)
	js := connectTCP(t, srv)
	if err := bus.Provision(deadline(t), js, layout()); err != nil {
		t.Fatal(err)
	}
	publishEvents(t, js, 0, 100)
	r, err := bus.Read(deadline(t), js, bus.StreamEvents, nil, 0, bus.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	readN(t, r, 100)
	shutdown(t, srv)
	js2 := connect(t, startServer(t, t.TempDir(), port))
	if err := bus.Provision(deadline(t), js2, layout()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(deadline(t)); !errors.Is(err, bus.ErrAhead) {
		t.Fatalf("got %v, want ErrAhead", err)
	}
}

// Sixteen leases and readers, with every write synced, as the all-in-one starts.
func TestSixteenPartitionsStartQuickly(t *testing.T) {
	srv, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t), MaxStore: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, srv) })
	js := connect(t, srv)
	if err := bus.Provision(deadline(t), js, bus.Layout{MaxBytes: 64 << 20}); err != nil {
		t.Fatal(err)
	}
	publishEvents(t, js, 0, 5000)
	start := time.Now()
	leases := openLeases(t, js, "a", 0)
	for p := range 16 {
		acquire(t, leases, fmt.Sprint("p.", p))
		readPartition(t, js, p, 2500, bus.ReadOptions{})
	}
	took := time.Since(start)
	t.Logf("16 leases and readers in %v", took)
	// It takes about 40 ms; the limit leaves room for a busy machine.
	if took > 5*time.Second {
		t.Errorf("16 leases and readers took %v", took)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	srv, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t), Port: -1, SyncInterval: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer shutdown(t, srv)
	var port int
	if _, err := fmt.Sscanf(srv.ClientURL(), "nats://127.0.0.1:%d", &port); err != nil {
		t.Fatalf("%s: %v", srv.ClientURL(), err)
	}
	return port
}

func connectTCP(t *testing.T, srv *embedded.Server) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(srv.ClientURL(), bus.ConnOptions(t.Name(), nil)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := bus.JetStream(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// A reader that lags behind messages of nearly the largest size holds one of them, and reads on.
func TestReaderOfLargeMessages(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	const n = 12
	for i := range n {
		publish(t, js, bus.EventSubject("ada"), fmt.Sprint(i), strings.Repeat("x", 1<<20-1000))
	}
	r, err := bus.Read(deadline(t), js, bus.StreamEvents, nil, 0, bus.ReadOptions{Linger: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for seen := 0; seen < n; {
		batch, err := r.Next(deadline(t))
		if err != nil {
			t.Fatal(err)
		}
		if len(batch) > 1 {
			t.Errorf("%d messages of nearly a MiB waited", len(batch))
		}
		for _, d := range batch {
			if d.ID() != fmt.Sprint(seen) {
				t.Fatalf("got %s, want %d", d.ID(), seen)
			}
			seen++
		}
	}
}
