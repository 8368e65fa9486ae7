package sqlite_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
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
				Profile: profile, At: s.at, ID: s.id(), Kind: store.KindConverted, Name: "thank-you",
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
// events at the same time, and what share that is of the ceiling: the same rows by plain
// database/sql on one connection, 16 batches a transaction, with nothing else. It reports
// the whole cycle too: with the load before each commit and the clearing of the outbox after.
func BenchmarkCommit(b *testing.B) {
	batches := make([][]*store.Batch, benchPartitions)
	for p := range batches {
		gen, at := newShop(uint64(p)), store.Position{}
		for range 40 {
			batch := gen.batch(p, at, benchEvents)
			batches[p], at = append(batches[p], batch), batch.To
		}
	}
	var commits, cycles, most float64
	for b.Loop() {
		commits += measureStore(b, batches, false)
		cycles += measureStore(b, batches, true)
		most += measureCeiling(b, batches)
	}
	b.ReportMetric(commits/float64(b.N), "events/s")
	b.ReportMetric(cycles/float64(b.N), "cycle-events/s")
	b.ReportMetric(most/float64(b.N), "ceiling-events/s")
	b.ReportMetric(commits/most, "of-ceiling")
}

func measureStore(b *testing.B, batches [][]*store.Batch, cycle bool) float64 {
	s := openBench(b)
	for p := range batches {
		if _, err := s.Acquire(b.Context(), p, 1); err != nil {
			b.Fatal(err)
		}
	}
	start := time.Now()
	var all sync.WaitGroup
	for p := range batches {
		all.Go(func() {
			for i, batch := range batches[p] {
				if cycle {
					if _, err := s.Load(b.Context(), p, wants(batch)); err != nil {
						b.Error(err)
					}
				}
				if err := s.Commit(b.Context(), batch); err != nil {
					b.Error(err)
				}
				if cycle {
					if err := s.OutboxDone(b.Context(), p, uint64(i)); err != nil {
						b.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	return float64(len(batches)*len(batches[0])*benchEvents) / time.Since(start).Seconds()
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

// BenchmarkCounts reports the milliseconds of counting over 50,000 timeline rows and
// 25,000 messages.
func BenchmarkCounts(b *testing.B) {
	s := openBench(b)
	gen, at := newShop(7), store.Position{}
	if _, err := s.Acquire(b.Context(), 1, 1); err != nil {
		b.Fatal(err)
	}
	for range 50 {
		batch := gen.batch(1, at, 500)
		if at = batch.To; s.Commit(b.Context(), batch) != nil {
			b.Fatal("commit failed")
		}
	}
	for b.Loop() {
		c, err := s.Counts(b.Context())
		if err != nil || c.Events["order.completed"] != 25_000 {
			b.Fatal(c, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/count")
}

// BenchmarkLoad reports microseconds a profile, with one event each to look for.
func BenchmarkLoad(b *testing.B) {
	s := openBench(b)
	gen, at := newShop(7), store.Position{}
	if _, err := s.Acquire(b.Context(), 1, 1); err != nil {
		b.Fatal(err)
	}
	var last *store.Batch
	for range 40 {
		last = gen.batch(1, at, 500)
		at = last.To
		if err := s.Commit(b.Context(), last); err != nil {
			b.Fatal(err)
		}
	}
	for _, size := range []int{1, 50, 500} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			w := wants(last)[:size]
			for b.Loop() {
				if _, err := s.Load(b.Context(), 1, w); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*size), "us/profile")
		})
	}
}
