package bus_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
)

func openLeases(t *testing.T, js jetstream.JetStream, holder string, ttl time.Duration) *bus.Leases {
	t.Helper()
	l, err := bus.OpenLeases(deadline(t), js, bus.LeaseOptions{Holder: holder, TTL: ttl})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func acquire(t *testing.T, l *bus.Leases, key string) *bus.Lease {
	t.Helper()
	lease, err := l.Try(deadline(t), key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = lease.Release(ctx) // some tests have stopped its server
	})
	return lease
}

func TestLeaseIsExclusiveAndItsTokensGrow(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	a, b := openLeases(t, js, "a", 0), openLeases(t, js, "b", 0)
	var last uint64
	for i := range 5 {
		mine, other := a, b
		if i%2 == 1 {
			mine, other = b, a
		}
		lease := acquire(t, mine, "p.7")
		if lease.Token() <= last {
			t.Fatalf("token %d after %d", lease.Token(), last)
		}
		last = lease.Token()
		if _, err := other.Try(deadline(t), "p.7"); !errors.Is(err, bus.ErrLeaseHeld) {
			t.Fatalf("second holder: %v", err)
		}
		if err := lease.Release(deadline(t)); err != nil {
			t.Fatal(err)
		}
	}
	if l := acquire(t, b, "p.8"); l.Key() != "p.8" || l.Err() != nil {
		t.Fatalf("another key: %+v", l)
	}
}

// A waiting worker has the lease as soon as it is released, long before its
// time to live ends.
func TestReleaseHandsOver(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	first := acquire(t, openLeases(t, js, "a", time.Hour), "p.1")
	got := make(chan *bus.Lease, 1)
	go func() {
		lease, err := openLeases(t, js, "b", time.Hour).Wait(deadline(t), "p.1")
		if err != nil {
			t.Error(err)
		}
		got <- lease
	}()
	if err := first.Release(deadline(t)); err != nil {
		t.Fatal(err)
	}
	second := receive(t, got)
	if second.Token() <= first.Token() {
		t.Fatalf("token %d after %d", second.Token(), first.Token())
	}
	if err := second.Release(deadline(t)); err != nil {
		t.Fatal(err)
	}
}

// The holder's connection is cut, as by a kill: it notices, and a waiting worker
// takes over after the time to live with a greater token.
func TestDeadHolderIsReplaced(t *testing.T) {
	t.Parallel()
	srv := startServer(t, t.TempDir(), 0)
	alive, dying := connect(t, srv), connect(t, srv)
	if err := bus.Provision(deadline(t), alive, layout()); err != nil {
		t.Fatal(err)
	}
	old, err := openLeases(t, dying, "a", time.Second).Try(deadline(t), "p.1")
	if err != nil {
		t.Fatal(err)
	}
	dying.Conn().Close()
	next, err := openLeases(t, alive, "b", time.Second).Wait(deadline(t), "p.1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = next.Release(context.Background()) }()
	closedInTime(t, old.Lost(), "the dead holder notices")
	if !errors.Is(old.Err(), bus.ErrLeaseLost) || next.Token() <= old.Token() {
		t.Fatalf("old: %v; tokens %d then %d", old.Err(), old.Token(), next.Token())
	}
	if err := old.Release(deadline(t)); err != nil {
		t.Fatalf("releasing a lost lease: %v", err)
	}
}

// Someone else's entry in the holder's place is found at the next renewal.
func TestTakenOverLeaseIsLost(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	lease := acquire(t, openLeases(t, js, "a", time.Second), "p.1")
	if _, err := js.Publish(deadline(t), "$KV.LEASE.p.1", []byte("b x")); err != nil {
		t.Fatal(err)
	}
	closedInTime(t, lease.Lost(), "lost")
	if !errors.Is(lease.Err(), bus.ErrLeaseLost) {
		t.Fatal(lease.Err())
	}
}

// A renewal whose answer was lost is not a take-over: the entry is still word
// for word the holder's own.
func TestRenewalWithLostAnswerIsKept(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	lease := acquire(t, openLeases(t, js, "a", 3*time.Second), "p.1")
	kv, err := js.KeyValue(deadline(t), bus.BucketLease)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := kv.Get(deadline(t), "p.1")
	if err != nil {
		t.Fatal(err)
	}
	again, err := js.Publish(deadline(t), "$KV.LEASE.p.1", entry.Value(), jetstream.WithMsgTTL(3*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	watch, err := kv.Watch(deadline(t), "p.1", jetstream.UpdatesOnly())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = watch.Stop() }()
	for {
		e := receive(t, watch.Updates())
		if e == nil || e.Revision() <= again.Sequence {
			continue
		}
		if e.Operation() != jetstream.KeyValuePut || lease.Err() != nil {
			t.Fatalf("entry %v, lease %v", e.Operation(), lease.Err())
		}
		return
	}
}

// After kill -9 the same data directory starts again: its own entries are taken
// over at once, with a new token, also after the server restarted with it.
func TestOwnLeaseIsTakenOverAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	srv := startServer(t, dir, 0)
	killed := connect(t, srv)
	if err := bus.Provision(deadline(t), killed, layout()); err != nil {
		t.Fatal(err)
	}
	old, err := openLeases(t, killed, "store-1", time.Hour).Try(deadline(t), "p.1")
	if err != nil {
		t.Fatal(err)
	}
	killed.Conn().Close()
	shutdown(t, srv)

	js := connect(t, startServer(t, dir, 0))
	if _, err := openLeases(t, js, "store-2", time.Hour).Try(deadline(t), "p.1"); !errors.Is(err, bus.ErrLeaseHeld) {
		t.Fatalf("another holder: %v", err)
	}
	again := acquire(t, openLeases(t, js, "store-1", time.Hour), "p.1")
	if again.Token() <= old.Token() {
		t.Fatalf("token %d after %d", again.Token(), old.Token())
	}
	if err := old.Release(deadline(t)); err == nil {
		t.Error("a closed connection released a lease")
	}
}

// Tokens must not go back when the bucket was emptied before a restart.
func TestTokensSurviveAnEmptyBucket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	srv := startServer(t, dir, 0)
	js := connect(t, srv)
	if err := bus.Provision(deadline(t), js, layout()); err != nil {
		t.Fatal(err)
	}
	var last uint64
	for i := range 3 {
		lease := acquire(t, openLeases(t, js, "a", time.Hour), fmt.Sprint("p.", i))
		last = lease.Token()
		if err := lease.Release(deadline(t)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := js.Stream(deadline(t), "KV_LEASE")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(deadline(t)); err != nil {
		t.Fatal(err)
	}
	shutdown(t, srv)
	js = connect(t, startServer(t, dir, 0))
	if lease := acquire(t, openLeases(t, js, "a", time.Hour), "p.1"); lease.Token() <= last {
		t.Fatalf("token %d after %d", lease.Token(), last)
	}
}

func TestLeaseOptions(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	for _, o := range []bus.LeaseOptions{{}, {Holder: "a b"}, {Holder: "a", TTL: time.Millisecond}} {
		if _, err := bus.OpenLeases(deadline(t), js, o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}
