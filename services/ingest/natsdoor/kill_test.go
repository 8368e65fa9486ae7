package natsdoor_test

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/event"
)

// A door that is killed, again and again and in the middle of its work, loses nothing, doubles nothing,
// and keeps the order.
func TestKilled(t *testing.T) {
	t.Parallel()
	for name, env := range map[string][]string{"acknowledges": nil, "purges": {asPurger + "=1"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killed(t, env)
		})
	}
}

func killed(t *testing.T, env []string) {
	t.Helper()
	b := start(t, embedded.Options{Port: -1}, layout())
	const events, kills = 3000, 4
	go func() {
		for i := range events {
			body := viewed(fmt.Sprint(i), fmt.Sprintf("p%d", i%7))
			if i%100 == 50 {
				body = fmt.Sprintf(`{"number":%d}`, i)
			}
			if _, err := b.js.Publish(b.t.Context(), "in.shop", []byte(body)); err != nil {
				t.Errorf("event %d: %v", i, err)
				return
			}
		}
	}()
	const bad, good = events / 100, events - events/100
	for kill := range kills + 1 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(append(os.Environ(), asDoor+"="+b.ClientURL()), env...)
		cmd.Stderr = t.Output()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last := kill == kills
		want := uint64(good * (kill + 1) / (kills + 2))
		if last {
			want = good
		}
		b.grows(bus.StreamEvents, want)
		if last {
			b.grows(bus.StreamDead, bad)
			b.empty(bus.StreamIn)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // It was killed.
	}
	inOrder(t, b.events(good))
	for stream, want := range map[string]uint64{bus.StreamEvents: good, bus.StreamDead: bad} {
		if n, err := bus.LastSeq(b.deadline(), b.js, stream); err != nil || n != want {
			t.Errorf("%d messages in %s, want %d (%v)", n, stream, want, err)
		}
	}
}

// inOrder checks that each person's events are in order. Those of different people may pass each
// other where a few are published at a time, and a kill comes between.
func inOrder(t *testing.T, events []event.Event) {
	t.Helper()
	last := map[string]int{}
	for i := range events {
		e := &events[i]
		n, err := strconv.Atoi(e.ID)
		if before, some := last[e.Subject]; err != nil || some && n <= before {
			t.Fatalf("event %s of %s comes after %d", e.ID, e.Subject, before)
		}
		last[e.Subject] = n
	}
}

// grows waits until a stream has so many messages.
func (b *broker) grows(stream string, n uint64) {
	b.t.Helper()
	ctx := b.deadline()
	for {
		s, err := b.js.Stream(ctx, stream)
		if err != nil {
			b.t.Fatal(err)
		}
		if s.CachedInfo().State.LastSeq >= n {
			return
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			in, err := b.js.Stream(b.t.Context(), bus.StreamIn)
			state := jetstream.StreamState{}
			if err == nil {
				state = in.CachedInfo().State
			}
			b.t.Fatalf("%s has %d messages, want %d; IN: %+v", stream, s.CachedInfo().State.LastSeq, n, state)
		}
	}
}
