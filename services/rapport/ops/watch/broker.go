package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/attribute"
	"golang.org/x/sync/errgroup"

	"rapport/pkg/bus"
	"rapport/pkg/store"
)

const (
	// beside is how many questions of one look are under way at a time.
	beside = 8
	// manySubjects is how many subjects a stream may have before they are not counted one by
	// one any more.
	manySubjects = 5000
)

// streams looks at the size and the copies of each stream.
func (w *Watch) streams(ctx context.Context) ([]sample, error) {
	var out []sample
	for _, name := range []string{bus.StreamEvents, bus.StreamSend, bus.StreamDead, bus.StreamIn} {
		stream, err := w.o.JS.Stream(ctx, name)
		if errors.Is(err, jetstream.ErrStreamNotFound) && name == bus.StreamIn {
			continue // Of a broker that was provisioned by an earlier version.
		}
		if err != nil {
			return nil, fmt.Errorf("look up %s: %w", name, err)
		}
		info := stream.CachedInfo()
		out = append(out,
			at(streamSize, float64(info.State.Bytes), ofStream(name)),
			at(streamMessages, float64(info.State.Msgs), ofStream(name)),
			at(streamReplicas, float64(max(info.Config.Replicas, 1)), ofStream(name)),
			at(replicasCurrent, float64(current(info)), ofStream(name)))
		if info.Config.MaxBytes > 0 {
			out = append(out, at(streamLimit, float64(info.Config.MaxBytes), ofStream(name)))
		}
	}
	return out, nil
}

// current counts the copies that have everything. A server without a cluster has one.
func current(info *jetstream.StreamInfo) int {
	if info.Cluster == nil {
		return 1
	}
	n := 0
	if info.Cluster.Leader != "" {
		n++
	}
	for _, peer := range info.Cluster.Replicas {
		if peer.Current && !peer.Offline {
			n++
		}
	}
	return n
}

// workers looks at what waits for those who share SEND. Consumers without a durable name
// are somebody's who looks at the stream, not a worker.
func (w *Watch) workers(ctx context.Context) ([]sample, error) {
	stream, err := w.o.JS.Stream(ctx, bus.StreamSend)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", bus.StreamSend, err)
	}
	var out []sample
	list := stream.ListConsumers(ctx)
	for info := range list.Info() {
		if info.Config.Durable == "" {
			continue
		}
		about := attribute.String("consumer", info.Config.Durable)
		out = append(out,
			at(pending, float64(info.NumPending), about),
			at(unacknowledged, float64(info.NumAckPending), about),
			at(redelivered, float64(info.NumRedelivered), about))
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("list the consumers of %s: %w", bus.StreamSend, err)
	}
	return out, nil
}

// letters counts dead letters by the service that gave up: dead.<service>.<subject>.
func (w *Watch) letters(ctx context.Context) ([]sample, error) {
	stream, err := w.o.JS.Stream(ctx, bus.StreamDead)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", bus.StreamDead, err)
	}
	subjects := stream.CachedInfo().State.NumSubjects
	if subjects == 0 || subjects > manySubjects {
		return nil, nil // broker_stream_messages of DEAD says how many there are.
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter("dead.>"))
	if err != nil {
		return nil, fmt.Errorf("count the subjects of %s: %w", bus.StreamDead, err)
	}
	counts, sources := map[string]float64{}, map[string]float64{}
	for subject, n := range info.State.Subjects {
		parts := strings.SplitN(subject, ".", 5)
		if len(parts) < 3 {
			continue
		}
		counts[parts[1]] += float64(n)
		if len(parts) > 3 && (parts[2] == "in" || parts[2] == "body") { // dead.<service>.in.<source>, see bus.Bury
			sources[bus.Key(parts[3])] += float64(n)
		}
	}
	var out []sample
	for service, n := range counts {
		out = append(out, at(deadLetters, n, attribute.String("service", service)))
	}
	for source, n := range most(sources) {
		out = append(out, at(deadOfSource, n, attribute.String("source", source)))
	}
	return out, nil
}

// manySources bounds the series: where the broker knows no keys, anybody may invent sources.
const manySources = 50

// most keeps the counts of the largest, and adds up the rest as "other".
func most(counts map[string]float64) map[string]float64 {
	if len(counts) <= manySources {
		return counts
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	out := map[string]float64{}
	for i, name := range names {
		if i >= manySources {
			name = "other"
		}
		out[name] += counts[names[i]]
	}
	return out
}

// leases counts the partitions and those of them whose lease somebody holds. A lease that
// was given back or has run out leaves a marker for a second, which has no value.
func (w *Watch) leases(ctx context.Context) ([]sample, error) {
	n, err := bus.Partitions(ctx, w.o.JS)
	if err != nil {
		return nil, fmt.Errorf("count the partitions: %w", err)
	}
	bucket, err := w.o.JS.KeyValue(ctx, bus.BucketLease)
	if err != nil {
		return nil, fmt.Errorf("look up bucket %s: %w", bus.BucketLease, err)
	}
	held, group := make([]bool, n), errgroup.Group{}
	group.SetLimit(beside)
	for p := range n {
		group.Go(func() error {
			_, err := bucket.Get(ctx, strconv.Itoa(p))
			if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
				return fmt.Errorf("look up lease %d: %w", p, err)
			}
			held[p] = err == nil
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err //nolint:wrapcheck // It says what it was doing.
	}
	var count float64
	for _, h := range held {
		if h {
			count++
		}
	}
	return []sample{at(partitionsAll, float64(n)), at(leased, count)}, nil
}

// lag looks at how far behind each partition is.
func (w *Watch) lag(ctx context.Context) ([]sample, error) {
	positions, err := w.o.Store.Positions(ctx)
	if err != nil {
		return nil, fmt.Errorf("look up the positions: %w", err)
	}
	stream, err := w.o.JS.Stream(ctx, bus.StreamEvents)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", bus.StreamEvents, err)
	}
	n, err := bus.Partitions(ctx, w.o.JS)
	if err != nil {
		return nil, fmt.Errorf("count the partitions: %w", err)
	}
	var (
		mu    sync.Mutex
		out   []sample
		group errgroup.Group
	)
	group.SetLimit(beside)
	for p := range n {
		group.Go(func() error {
			behind, late, err := w.behind(ctx, stream, p, positions[p])
			if err != nil {
				return fmt.Errorf("partition %d: %w", p, err)
			}
			mu.Lock()
			defer mu.Unlock()
			out = append(out, at(partitionLag, behind, ofPartition(p)), at(partitionLate, late, ofPartition(p)))
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err //nolint:wrapcheck // It says what it was doing.
	}
	return out, nil
}

// behind is by how many sequences, and since how many seconds.
func (w *Watch) behind(ctx context.Context, stream jetstream.Stream, p int, pos store.Position) (sequences, seconds float64, err error) {
	subject := fmt.Sprintf("evp.%d.>", p)
	last, err := stream.GetLastMsgForSubject(ctx, subject)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return 0, 0, nil
	case err != nil:
		return 0, 0, fmt.Errorf("look up its last event: %w", err)
	case last.Sequence <= pos.Seq:
		return 0, 0, nil
	}
	first, err := stream.GetMsg(ctx, pos.Seq+1, jetstream.WithGetMsgSubject(subject))
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return 0, 0, nil // Trimmed between the two questions.
	case err != nil:
		return 0, 0, fmt.Errorf("look up its first event that waits: %w", err)
	}
	return float64(last.Sequence - pos.Seq), max(0, w.o.now().Sub(first.Time).Seconds()), nil
}
