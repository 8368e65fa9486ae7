package bus_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
)

func join(t *testing.T, js jetstream.JetStream, group, name string, ttl time.Duration) *bus.Members {
	t.Helper()
	m, err := bus.Join(deadline(t), js, bus.MembersOptions{Group: group, Name: name, TTL: ttl})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = m.Leave(ctx) // some tests have cut its connection
	})
	return m
}

// sees waits until a member's list is the one that is wanted.
func sees(t *testing.T, m *bus.Members, want ...string) {
	t.Helper()
	after := time.After(patience)
	for {
		changed := m.Changed()
		if slices.Equal(m.Names(), want) {
			return
		}
		select {
		case <-changed:
		case <-after:
			t.Fatalf("sees %v, want %v", m.Names(), want)
		}
	}
}

// Members know each other when they have joined, and hear at once of who leaves; groups are
// apart, and names need not be tokens.
func TestMembersComeAndLeave(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	a := join(t, js, "mailer", "a", time.Hour)
	sees(t, a, "a")
	b := join(t, js, "mailer", "host.example/b", time.Hour)
	if got := b.Names(); !slices.Equal(got, []string{"a", "host.example/b"}) {
		t.Fatalf("the newcomer sees %v", got)
	}
	other := join(t, js, "texter", "x", time.Hour)
	sees(t, a, "a", "host.example/b")
	if other.Count() != 1 {
		t.Fatalf("another group has %d members", other.Count())
	}
	if err := b.Leave(deadline(t)); err != nil {
		t.Fatal(err)
	}
	sees(t, a, "a")
	if b.Count() != 1 || a.Count() != 1 {
		t.Fatalf("after leaving: %d and %d", b.Count(), a.Count())
	}
}

// A member whose connection is cut, as by a kill, is gone after the time to live; one that
// starts again under its name is the same member.
func TestDeadMembersAreGone(t *testing.T) {
	t.Parallel()
	srv := startServer(t, t.TempDir(), 0)
	alive, dying := connect(t, srv), connect(t, srv)
	if err := bus.Provision(deadline(t), alive, layout()); err != nil {
		t.Fatal(err)
	}
	a := join(t, alive, "mailer", "a", time.Second)
	join(t, dying, "mailer", "b", time.Second)
	sees(t, a, "a", "b")
	killed := time.Now()
	dying.Conn().Close()
	sees(t, a, "a")
	t.Logf("gone after %s, with a time to live of 1 s", time.Since(killed).Round(time.Millisecond))
	join(t, alive, "mailer", "b", time.Second)
	join(t, connect(t, srv), "mailer", "b", time.Second)
	sees(t, a, "a", "b")
}

// A member that lost its entry, as one that was stopped for a while, joins again by itself.
func TestLostMembersJoinAgain(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	a := join(t, js, "mailer", "a", time.Second)
	b := join(t, js, "mailer", "b", time.Second)
	sees(t, a, "a", "b")
	kv, err := js.KeyValue(deadline(t), bus.BucketLease)
	if err != nil {
		t.Fatal(err)
	}
	if err := kv.Delete(deadline(t), "member.mailer.b"); err != nil {
		t.Fatal(err)
	}
	sees(t, a, "a")
	if !slices.Contains(b.Names(), "b") {
		t.Fatalf("b does not count itself: %v", b.Names())
	}
	sees(t, a, "a", "b")
}

func TestMembersOptions(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	for _, o := range []bus.MembersOptions{{Name: "a"}, {Group: "a.b", Name: "a"}, {Group: "a"}, {Group: "a", Name: "b c"}, {Group: "a", Name: "b", TTL: 1}} {
		if _, err := bus.Join(deadline(t), js, o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

// A watch that hears nothing is begun anew: whoever joined meanwhile is seen.
func TestHoldersThatHearNothing(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	h, err := bus.DeafHolders(deadline(t), js, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	leases, err := bus.OpenLeases(deadline(t), js, bus.LeaseOptions{Holder: "a"})
	if err != nil {
		t.Fatal(err)
	}
	lease, err := leases.Wait(deadline(t), "7")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lease.Release(context.WithoutCancel(t.Context())) })
	for after := time.After(patience); h.Of()["7"] != "a"; {
		changed := h.Changed()
		if h.Of()["7"] == "a" {
			break
		}
		select {
		case <-changed:
		case <-after:
			t.Fatal("the lease is never seen")
		}
	}
}
