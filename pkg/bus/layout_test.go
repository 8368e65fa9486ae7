package bus_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"

	"rapport/pkg/bus"
)

func TestProvisionTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	publish(t, js, bus.EventSubject("ada"), "1", "x")
	if err := bus.Provision(deadline(t), js, layout()); err != nil {
		t.Fatal(err)
	}
	seq, err := bus.LastSeq(deadline(t), js, bus.StreamEvents)
	if err != nil || seq != 1 {
		t.Fatalf("last sequence %d, %v; want 1", seq, err)
	}
	if n, err := bus.Partitions(deadline(t), js); err != nil || n != partitions {
		t.Fatalf("partitions %d, %v; want %d", n, err, partitions)
	}
}

func TestProvisionRefusesAnotherNumberOfPartitions(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	l := layout()
	l.Partitions = 8
	err := bus.Provision(deadline(t), js, l)
	if err == nil || !strings.Contains(err.Error(), "has 4 partitions and 8 are asked for") {
		t.Fatalf("got %v, want a refusal that names both numbers", err)
	}
}

func TestProvisionSaysWhatToDoAboutSpace(t *testing.T) {
	t.Parallel()
	js := connect(t, startServer(t, t.TempDir(), 0))
	l := layout()
	l.MaxBytes = 1 << 40
	err := bus.Provision(deadline(t), js, l)
	if err == nil || !strings.Contains(err.Error(), "lower Layout.MaxBytes") {
		t.Fatalf("got %v, want a remedy", err)
	}
}

func TestStreamsRefuseRatherThanDrop(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	for _, name := range []string{bus.StreamEvents, bus.StreamSend, bus.StreamDead} {
		s, err := js.Stream(deadline(t), name)
		if err != nil {
			t.Fatal(err)
		}
		cfg := s.CachedInfo().Config
		if cfg.Retention != jetstream.LimitsPolicy || cfg.MaxBytes <= 0 || cfg.MaxAge != 0 {
			t.Errorf("%s: retention %v, max bytes %d, max age %v", name, cfg.Retention, cfg.MaxBytes, cfg.MaxAge)
		}
		if name != bus.StreamDead && (cfg.Discard != jetstream.DiscardNew || !cfg.AllowAtomicPublish) {
			t.Errorf("%s: discard %v, atomic %v", name, cfg.Discard, cfg.AllowAtomicPublish)
		}
	}
}

func TestFullStreamRefuses(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	body := make([]byte, 512<<10)
	for i := range 100 {
		_, err := js.PublishMsg(deadline(t), bus.NewMsg(bus.SendSubject("email", "ada"), fmt.Sprint(i), body))
		if err != nil {
			if !bus.IsFull(err) || bus.IsTooLarge(err) || i == 0 {
				t.Fatalf("message %d: %v", i, err)
			}
			return
		}
	}
	t.Fatal("the stream took 50 MiB of its 13")
}

// The server and Partition must agree, or the store would look for a profile
// on a partition where its events are not.
func TestPartitionIsTheServers(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	ctx := deadline(t)
	key := rapid.OneOf(rapid.StringMatching(`[a-z0-9_-]{1,40}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		k := key.Draw(t, "key")
		ack, err := js.Publish(ctx, bus.EventSubject(k), []byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		s, err := js.Stream(ctx, bus.StreamEvents)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := s.GetMsg(ctx, ack.Sequence)
		if err != nil {
			t.Fatal(err)
		}
		placing := bus.Placing{Partitions: partitions}
		if at := fmt.Sprintf("evp.%d.", bus.Partition(k, partitions)); !strings.HasPrefix(stored.Subject, at) || !placing.Holds(stored.Subject, k) {
			t.Fatalf("stored under %s, want it in the slot of %q on %s", stored.Subject, k, at)
		}
		if !placing.Holds(placing.Receipt(k), k) || !placing.Holds(at(k), k) {
			t.Fatalf("no place for receipts of %q, or for what an earlier version stored", k)
		}
		if other := k + "?"; placing.Receipt(other) != placing.Receipt(k) && placing.Holds(stored.Subject, other) {
			t.Fatalf("%q would be taken from %s", other, stored.Subject)
		}
	})
}

func holds(d bus.Delivery, key string) bool {
	return bus.Placing{Partitions: partitions}.Holds(d.Subject, key)
}

// at is where an earlier version stored a profile's events.
func at(key string) string {
	return fmt.Sprintf("evp.%d.%s", bus.Partition(key, partitions), bus.Token(key))
}

func TestTokenKeepsKeysApart(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"42", "Ada_L-1", strings.Repeat("x", 128)} {
		if got := bus.Token(key); got != key {
			t.Errorf("Token(%q) = %q, want it unchanged", key, got)
		}
	}
	for _, key := range []string{"", "ada@example.com", "a.b", "*", ">", "=42", strings.Repeat("x", 129)} {
		if got := bus.Token(key); !strings.HasPrefix(got, "=") {
			t.Errorf("Token(%q) = %q, want it encoded", key, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.String().Draw(t, "key")
		token := bus.Token(k)
		if got := bus.Key(token); got != k {
			t.Fatalf("Key(Token(%q)) = %q", k, got)
		}
		if token == "" || strings.ContainsAny(token, ".*> \t\r\n") {
			t.Fatalf("Token(%q) = %q is not one subject token", k, token)
		}
	})
}

// The clock's ticks share the stream with the events but not their transform.
func TestClockIsNotTransformed(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	ack := publish(t, js, bus.ClockSubject(3), "", "tick")
	s, err := js.Stream(deadline(t), bus.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := s.GetMsg(deadline(t), ack.Sequence)
	if err != nil || stored.Subject != "evp.3.clock.tick" {
		t.Fatalf("stored under %v, %v; want evp.3.clock.tick", stored, err)
	}
}

// A work-queue stream drops acknowledged messages and, at a restart, their ids
// with them. Ours keep both, so a message repeated after a restart is
// still a duplicate.
func TestIDsSurviveRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	queue := jetstream.StreamConfig{Name: "QUEUE", Subjects: []string{"queue.*"}, Retention: jetstream.WorkQueuePolicy}

	srv := startServer(t, dir, 0)
	js := connect(t, srv)
	if err := bus.Provision(deadline(t), js, layout()); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(deadline(t), queue); err != nil {
		t.Fatal(err)
	}
	consumeOne(t, js, bus.StreamSend, bus.SendSubject("email", "ada"))
	consumeOne(t, js, queue.Name, "queue.ada")
	shutdown(t, srv)

	js = connect(t, startServer(t, dir, 0))
	if ack := publish(t, js, bus.SendSubject("email", "ada"), "same", "again"); !ack.Duplicate {
		t.Error("SEND took a message it had already seen")
	}
	if ack := publish(t, js, "queue.ada", "same", "again"); ack.Duplicate {
		t.Error("work-queue streams remember ids now; the reason for limits retention is gone")
	}
}

func consumeOne(t *testing.T, js jetstream.JetStream, stream, subject string) {
	t.Helper()
	cons, err := js.CreateConsumer(deadline(t), stream, jetstream.ConsumerConfig{Durable: "one", AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatal(err)
	}
	publish(t, js, subject, "same", "first")
	msg, err := cons.Next(jetstream.FetchMaxWait(patience))
	if err != nil {
		t.Fatal(err)
	}
	if err := msg.DoubleAck(deadline(t)); err != nil {
		t.Fatal(err)
	}
}

// What a layout leaves open stays as it is, and what it does not know is the operator's.
func TestProvisionLeavesTheRestAlone(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	s, err := js.Stream(deadline(t), bus.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	cfg.Metadata = map[string]string{"owner": "operations"}
	cfg.MaxConsumers = 77
	cfg.Description = "changed by hand"
	if _, err := js.UpdateStream(deadline(t), cfg); err != nil {
		t.Fatal(err)
	}
	if err := bus.Provision(deadline(t), js, bus.Layout{Partitions: partitions}); err != nil {
		t.Fatal(err)
	}
	if s, err = js.Stream(deadline(t), bus.StreamEvents); err != nil {
		t.Fatal(err)
	}
	got := s.CachedInfo().Config
	if got.Metadata["owner"] != "operations" || got.MaxConsumers != 77 || got.MaxBytes != cfg.MaxBytes || got.Duplicates != cfg.Duplicates {
		t.Errorf("changed what it was not asked to: %+v", got)
	}
	if got.Description == cfg.Description {
		t.Error("left alone what is its own")
	}
}

// A receipt lies in its profile's partition, beside its events, and can be told from them.
func TestReceiptsHaveASubjectOfTheirOwn(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	for _, key := range []string{"ada", "ada@example.com", "clock"} {
		from := publish(t, js, bus.EventSubject(key), "", "event").Sequence
		publish(t, js, bus.Placing{Partitions: partitions}.Receipt(key), "", "receipt")
		r, err := bus.ReadPartition(deadline(t), js, bus.Partition(key, partitions), from-1, bus.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var got []bus.Delivery
		for len(got) < 2 {
			next, err := r.Next(deadline(t))
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, next...)
		}
		if got[0].IsReceipt() || !got[1].IsReceipt() || !holds(got[0], key) || !holds(got[1], key) || got[1].IsTick() {
			t.Errorf("%s: %s and %s", key, got[0].Subject, got[1].Subject)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
