package bus_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/bus/natslocal"
)

// startCluster runs three real servers with the streams on all of them.
func startCluster(t *testing.T) *natslocal.Cluster {
	t.Helper()
	if _, err := natslocal.Binary(t.Context()); err != nil { // A first build takes its time.
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
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
	return c
}

func dial(t *testing.T, c *natslocal.Cluster) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(strings.Join(c.URLs(), ","), bus.ConnOptions(t.Name(), nil)...)
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

// ordered begins the ids of small batches, of which the readers look at the order in each key.
const ordered = "ordered"

// traffic publishes in every way there is, and reads it again, while servers are killed.
type traffic struct {
	t    *testing.T
	quit chan struct{}
	work sync.WaitGroup
	ways int

	mu      sync.Mutex
	stored  map[string]bool // ids that a publish was acknowledged for
	read    map[string]int  // how often the readers had an id
	handled map[string]bool // ids that the subscriber handled
	acked   map[string]int  // publishes, by way
	slowest time.Duration   // of them
}

// publishing calls publish with fresh ids until the traffic is stopped. It must never fail.
func (tr *traffic) publishing(name string, n int, publish func(ids []string) error) {
	tr.ways++
	tr.work.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-tr.quit:
				return
			default:
			}
			ids := make([]string, n)
			for k := range ids {
				ids[k] = fmt.Sprintf("%s-%d-%d", name, i, k)
			}
			began := time.Now()
			if err := publish(ids); err != nil {
				tr.t.Errorf("%s after %s: %v", name, time.Since(began), err)
				return
			}
			tr.mu.Lock()
			tr.slowest = max(tr.slowest, time.Since(began))
			tr.acked[name]++
			for _, id := range ids {
				tr.stored[id] = true
			}
			tr.mu.Unlock()
		}
	})
}

// flows waits until there were n more publishes in every way, and returns how long the slowest
// of all has taken since it was last called.
func (tr *traffic) flows(n int) time.Duration {
	tr.t.Helper()
	deadline, tick := time.After(time.Minute), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	tr.mu.Lock()
	before := maps.Clone(tr.acked)
	tr.mu.Unlock()
	for {
		fewest := n
		tr.mu.Lock()
		for name, acked := range tr.acked {
			fewest = min(fewest, acked-before[name])
		}
		slowest, all := tr.slowest, len(tr.acked) == tr.ways
		if all && fewest == n {
			tr.slowest = 0
			tr.mu.Unlock()
			return slowest
		}
		tr.mu.Unlock()
		select {
		case <-tick.C:
		case <-deadline:
			tr.t.Fatalf("publishing stands still: %v, before %v", tr.acked, before)
		}
	}
}

// reading reads a partition of EVENTS to the end of the test.
func (tr *traffic) reading(js jetstream.JetStream, partition int) {
	tr.t.Helper()
	r, err := bus.ReadPartition(tr.t.Context(), js, partition, 0, bus.ReadOptions{})
	if err != nil {
		tr.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		last, newest := uint64(0), map[string][2]int{}
		for {
			ds, err := r.Next(ctx)
			if err != nil {
				if ctx.Err() == nil {
					tr.t.Errorf("reader of partition %d: %v", partition, err)
				}
				return
			}
			tr.mu.Lock()
			for _, d := range ds {
				if d.Seq <= last {
					tr.t.Errorf("partition %d: %d after %d", partition, d.Seq, last)
				}
				last = d.Seq
				tr.read[d.ID()]++
				if of, ok := strings.CutPrefix(d.ID(), ordered+"-"); ok {
					var now [2]int
					if _, err := fmt.Sscanf(of, "%d-%d", &now[0], &now[1]); err != nil {
						tr.t.Error(err)
					}
					if before, ok := newest[d.Subject]; ok && slices.Compare(now[:], before[:]) <= 0 {
						tr.t.Errorf("%s: %v lies behind %v", d.Subject, now, before)
					}
					newest[d.Subject] = now
				}
			}
			tr.mu.Unlock()
		}
	})
	tr.t.Cleanup(func() { cancel(); done.Wait(); _ = r.Close() })
}

// start starts all of it.
func (tr *traffic) start(js jetstream.JetStream) {
	for p := range partitions {
		tr.reading(js, p)
	}
	_, msgs := subscribe(tr.t, js, bus.SubscriberOptions{})
	go func() {
		for m := range msgs {
			tr.mu.Lock()
			tr.handled[m.UUID] = true
			tr.mu.Unlock()
			m.Ack()
		}
	}()
	tr.publishing("batch", 20, func(ids []string) error {
		var batch []*nats.Msg
		for _, id := range ids {
			batch = append(batch, bus.NewMsg(bus.EventSubject(id), id, []byte(id)))
		}
		_, err := bus.PublishBatch(context.Background(), js, batch)
		return err
	})
	tr.publishing(ordered, 6, func(ids []string) error {
		var batch []*nats.Msg
		for i, id := range ids { // two of each key
			batch = append(batch, bus.NewMsg(bus.EventSubject(fmt.Sprint(ordered, i%3)), id, []byte(id)))
		}
		_, err := bus.PublishBatch(context.Background(), js, batch)
		return err
	})
	gather := bus.NewGatherer(js, 0)
	for i := range 3 {
		tr.publishing(fmt.Sprint("gathered", i), 1, func(ids []string) error {
			return gather.Publish(bus.EventSubject(ids[0]), message.NewMessage(ids[0], []byte(ids[0])))
		})
	}
	pub := bus.NewPublisher(js)
	tr.publishing("many", 5, func(ids []string) error {
		var ms []*message.Message
		for _, id := range ids {
			ms = append(ms, message.NewMessage(id, []byte(id)))
		}
		return pub.Publish(bus.SendSubject("email", "ada"), ms...)
	})
}

// settle stops publishing, and waits until all that was acknowledged has arrived, once.
func (tr *traffic) settle() {
	tr.t.Helper()
	close(tr.quit)
	tr.work.Wait()
	deadline, tick := time.After(time.Minute), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for {
		missing := 0
		tr.mu.Lock()
		for id := range tr.stored {
			if tr.read[id] == 0 && !tr.handled[id] {
				missing++
			}
		}
		tr.mu.Unlock()
		if missing == 0 {
			break
		}
		select {
		case <-tick.C:
		case <-deadline:
			tr.t.Fatalf("%d of %d messages have not arrived", missing, len(tr.stored))
		}
	}
	for id, n := range tr.read {
		if n != 1 {
			tr.t.Errorf("%s was read %d times", id, n)
		}
	}
}

// The nodes that lead the streams are killed under load. Nobody who publishes gets an
// error, what was acknowledged is there once, and readers and subscribers go on.
func TestClusterLosesLeaders(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	js := dial(t, c)
	l := layout()
	l.Replicas = 3
	if err := bus.Provision(deadline(t), js, l); err != nil {
		t.Fatal(err)
	}
	tr := &traffic{t: t, quit: make(chan struct{}), stored: map[string]bool{}, read: map[string]int{}, handled: map[string]bool{}, acked: map[string]int{}}
	tr.start(js)
	tr.flows(20)
	for _, stream := range []string{bus.StreamEvents, bus.StreamSend} {
		node, err := c.Leader(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		if err := node.Kill(); err != nil {
			t.Fatal(err)
		}
		slowest := tr.flows(20)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if err := node.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if err := c.Ready(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		tr.flows(20)
		t.Logf("the leader of %s was killed: the slowest publish took %s", stream, slowest.Round(time.Millisecond))
	}
	tr.settle()
	t.Logf("%d messages", len(tr.stored))
}

// Streams made on one node grow to three; fewer is refused, and more than there are nodes.
func TestReplicasGrow(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	js := dial(t, c)
	if err := bus.Provision(deadline(t), js, layout()); err != nil {
		t.Fatal(err)
	}
	// A stream that was made this moment may have no leader yet: PublishBatch insists, a plain publish does not.
	if _, err := bus.PublishBatch(deadline(t), js, []*nats.Msg{bus.NewMsg(bus.EventSubject("ada"), "1", []byte("x"))}); err != nil {
		t.Fatal(err)
	}
	l := layout()
	for _, replicas := range []int{3, 0, 3} {
		l.Replicas = replicas
		if err := bus.Provision(deadline(t), js, l); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{bus.StreamEvents, bus.StreamSend, bus.StreamDead, "KV_LEASE"} {
			if got := replicasOf(t, js, name); got != 3 {
				t.Fatalf("%s has %d replicas", name, got)
			}
		}
	}
	for replicas, want := range map[int]string{1: "has 3 replicas and 1 are asked for", 5: "need a cluster", 2: "choose 1"} {
		l.Replicas = replicas
		if err := bus.Provision(deadline(t), js, l); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d replicas: %v", replicas, err)
		}
	}
}

// replicasOf asks until somebody answers: while a stream has no leader, nobody does.
func replicasOf(t *testing.T, js jetstream.JetStream, stream string) int {
	t.Helper()
	whole := deadline(t)
	for {
		ctx, cancel := context.WithTimeout(whole, 2*time.Second)
		s, err := js.Stream(ctx, stream)
		cancel()
		if err == nil {
			return s.CachedInfo().Config.Replicas
		}
		if whole.Err() != nil {
			t.Fatalf("look at %s: %v", stream, err)
		}
	}
}
