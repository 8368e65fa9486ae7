package sqlite_test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
	"rapport/pkg/store/storetest"
)

const (
	benchPartitions = 16
	benchEvents     = 50    // of a batch
	benchProfiles   = 1_250 // of a partition
)

// newShop is a shop whose states have 1.5 KB.
func newShop(seed uint64) *storetest.Shop {
	return storetest.NewShop(seed, time.Date(2011, 1, 4, 10, 0, 0, 0, time.UTC), 1500, benchProfiles)
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
			batch := gen.Batch(p, at, benchEvents)
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
	receipt := []byte(storetest.Order)
	var next atomic.Int64
	b.SetParallelism(16) // times two processors
	start := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		rnd := newShop(uint64(next.Add(1)))
		for pb.Next() {
			id := rnd.ID()
			priors, err := s.Claim(b.Context(), []store.Claim{{Partition: 3, MessageID: id, Worker: "w", At: rnd.At}})
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
		batch := gen.Batch(1, at, 500)
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
		last = gen.Batch(1, at, 500)
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
