package natslocal_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"rapport/pkg/bus/natslocal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is for elections on a busy machine.
const patience = 90 * time.Second

// within is a context that ends after a time, in which nobody has to build the server any more.
func within(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	if _, err := natslocal.Binary(t.Context()); err != nil {
		t.Fatal(err)
	}
	return context.WithTimeout(t.Context(), d)
}

// A stream of three replicas outlives the node that leads it, and the node comes back with
// what it missed.
func TestStreamOutlivesItsLeader(t *testing.T) {
	t.Parallel()
	ctx, cancel := within(t, patience)
	defer cancel()
	c, err := natslocal.Start(ctx, natslocal.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	nc, err := nats.Connect(strings.Join(c.URLs(), ","), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}, Replicas: 3}); err != nil {
		t.Fatal(err)
	}
	store(ctx, t, js, 1)
	leader, err := c.Leader(ctx, "S")
	if err != nil {
		t.Fatal(err)
	}
	if err := leader.Kill(); err != nil {
		t.Fatal(err)
	}
	if leader.PID() != 0 {
		t.Fatalf("%s still has a process", leader.Name())
	}
	killed := time.Now()
	store(ctx, t, js, 2)
	t.Logf("the stream takes messages again %s after its leader was killed", time.Since(killed).Round(time.Millisecond))
	if err := leader.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := c.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(ctx, "S")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.CachedInfo().State.Msgs; got != 2 {
		t.Fatalf("%d messages, want 2", got)
	}
}

// store publishes until the stream has it.
func store(ctx context.Context, t *testing.T, js jetstream.JetStream, n int) {
	t.Helper()
	for {
		try, cancel := context.WithTimeout(ctx, time.Second)
		_, err := js.Publish(try, "s", nil, jetstream.WithMsgID(fmt.Sprint(n)))
		cancel()
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("message %d: %v", n, err)
		}
	}
}

// One node is no cluster, and says what is wrong with its configuration.
func TestOneNode(t *testing.T) {
	t.Parallel()
	ctx, cancel := within(t, patience)
	defer cancel()
	c, err := natslocal.Start(ctx, natslocal.Options{Dir: t.TempDir(), Nodes: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	_, err = natslocal.Start(ctx, natslocal.Options{Dir: t.TempDir(), Nodes: 1, Extra: "no_such_setting: 1\n"})
	if err == nil || !strings.Contains(err.Error(), "no_such_setting") {
		t.Fatalf("a wrong configuration: %v", err)
	}
}
