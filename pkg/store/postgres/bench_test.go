package postgres_test

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rapport/pkg/store"
	"rapport/pkg/store/postgres"
	"rapport/pkg/store/postgres/pglocal"
	"rapport/pkg/store/postgres/pgtest"
	"rapport/pkg/store/storetest"
)

const (
	benchPartitions = 8
	benchProfiles   = 2_500 // of a partition
)

// newShop is a shop whose states have 700 bytes.
func newShop(seed uint64) *storetest.Shop {
	return storetest.NewShop(seed, day, 700, benchProfiles)
}

func benchServer(b *testing.B) *pglocal.Server {
	b.Helper()
	return pgtest.Server(b, map[string]string{
		"shared_buffers": "256MB", "max_wal_size": "4GB", "checkpoint_timeout": "30min", "wal_compression": "lz4",
	})
}

func benchURL(b *testing.B, server *pglocal.Server, name string) string {
	b.Helper()
	url, err := server.Database(b.Context(), name)
	if err != nil {
		b.Fatal(err)
	}
	return url
}

func openBench(b *testing.B, url string, partitions int) *postgres.Store {
	b.Helper()
	s := open(b, url)
	for p := range partitions {
		acquire(b, s, p, 1)
	}
	return s
}

// processor returns the CPU seconds that this process and a server have used.
func processor(b *testing.B, server *pglocal.Server) (own, servers float64) {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	own = float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
	pids := []string{strconv.Itoa(server.PID())}
	if list, err := os.ReadFile(fmt.Sprintf("/proc/%s/task/%[1]s/children", pids[0])); err == nil {
		pids = append(pids, strings.Fields(string(list))...)
	}
	for _, pid := range pids {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		for _, ticks := range fields[11:13] { // utime and stime, in hundredths
			n, err := strconv.Atoi(ticks)
			if err != nil {
				b.Fatal(err)
			}
			servers += float64(n) / 100
		}
	}
	return own, servers
}

// BenchmarkCommit reports events per second of 8 partitions that commit batches at the same
// time, what share that is of the ceiling (the same rows by pgx alone, with no checks),
// and CPU seconds for a million events, of this process and of the server.
func BenchmarkCommit(b *testing.B) {
	for _, size := range []int{50, 500} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			server := benchServer(b)
			batches := make([][]*store.Batch, benchPartitions)
			for p := range batches {
				gen, at := newShop(uint64(p)), store.Position{}
				for range 4000 / size {
					batch := gen.Batch(p, at, size)
					batches[p], at = append(batches[p], batch), batch.To
				}
			}
			var commits, most, own, servers float64
			round := 0
			for b.Loop() {
				round++
				s := openBench(b, benchURL(b, server, fmt.Sprint("store", round)), benchPartitions)
				own0, servers0 := processor(b, server)
				commits += measureStore(b, s, batches)
				own1, servers1 := processor(b, server)
				own, servers = own+own1-own0, servers+servers1-servers0
				most += newCeiling(b, benchURL(b, server, fmt.Sprint("ceiling", round))).measure(batches)
			}
			million := float64(round*count(batches)) / 1e6
			b.ReportMetric(commits/float64(round), "events/s")
			b.ReportMetric(most/float64(round), "ceiling-events/s")
			b.ReportMetric(commits/most, "of-ceiling")
			b.ReportMetric(own/million, "client-cpu-s/M")
			b.ReportMetric(servers/million, "server-cpu-s/M")
		})
	}
}

func measureStore(b *testing.B, s *postgres.Store, batches [][]*store.Batch) float64 {
	start := time.Now()
	var all sync.WaitGroup
	for p := range batches {
		all.Go(func() {
			for _, batch := range batches[p] {
				if err := s.Commit(b.Context(), batch); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	return float64(count(batches)) / time.Since(start).Seconds()
}

// BenchmarkClaimRecord reports claims per second of 32 workers, each of which claims one
// message and then records its receipt: two durable writes a message.
func BenchmarkClaimRecord(b *testing.B) {
	server := benchServer(b)
	s := openBench(b, benchURL(b, server, "claims"), 0)
	receipt := []byte(storetest.Order)
	var next atomic.Int64
	b.SetParallelism(16) // times two processors
	own0, servers0 := processor(b, server)
	b.ResetTimer()
	start := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		rnd := newShop(uint64(next.Add(1)))
		for pb.Next() {
			id := rnd.ID()
			priors, err := s.Claim(b.Context(), []store.Claim{{Partition: 3, MessageID: id, Worker: "w", At: day}})
			if err != nil || priors[0].State != store.Fresh {
				b.Error(priors, err)
			}
			if err := s.Record(b.Context(), []store.Result{{Partition: 3, MessageID: id, Worker: "w", Receipt: receipt}}); err != nil {
				b.Error(err)
			}
		}
	})
	own1, servers1 := processor(b, server)
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "claims/s")
	b.ReportMetric((own1-own0+servers1-servers0)*1e6/float64(b.N), "cpu-us/claim")
}

// BenchmarkIdlePoll reports microseconds of asking what is due, and what is next, among a
// million wakes that are pending.
func BenchmarkIdlePoll(b *testing.B) {
	url := benchURL(b, benchServer(b), "wakes")
	s := openBench(b, url, 2)
	pend(b, url, 1, 1_000_000)
	b.Run("due", func(b *testing.B) {
		for b.Loop() {
			if wakes, err := s.Due(b.Context(), 1, day, 500); err != nil || len(wakes) > 0 {
				b.Fatal(wakes, err)
			}
		}
	})
	b.Run("next", func(b *testing.B) {
		for b.Loop() {
			if _, ok, err := s.NextDue(b.Context(), 1); err != nil || !ok {
				b.Fatal(ok, err)
			}
		}
	})
}

// BenchmarkFire reports timers per second that are read as due in pages of 500, and whose
// profiles are then committed with another wake far off, among a million that are pending.
func BenchmarkFire(b *testing.B) {
	url := benchURL(b, benchServer(b), "wakes")
	s := openBench(b, url, 2)
	pend(b, url, 1, 1_000_000)
	state := newShop(1).State
	fired := 0
	b.ResetTimer()
	start := time.Now()
	for b.Loop() {
		wakes, err := s.Due(b.Context(), 1, day.AddDate(1, 0, 0), 500)
		if err != nil || len(wakes) != 500 {
			b.Fatal(len(wakes), err)
		}
		batch := &store.Batch{Partition: 1, Epoch: 1}
		for _, w := range wakes {
			batch.Profiles = append(batch.Profiles, store.ProfileRow{ID: w.Profile, State: state, Wake: w.Due.AddDate(3, 0, 0)})
		}
		commit(b, s, batch)
		fired += len(wakes)
	}
	b.ReportMetric(float64(fired)/time.Since(start).Seconds(), "timers/s")
}

// BenchmarkLoad reports microseconds a profile, with one event each to look for.
func BenchmarkLoad(b *testing.B) {
	s := openBench(b, benchURL(b, benchServer(b), "load"), 2)
	gen, at := newShop(7), store.Position{}
	var last *store.Batch
	for range 40 {
		last = gen.Batch(1, at, 500)
		at = commit(b, s, last)
	}
	for _, size := range []int{1, 50, 500} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			wants := make([]store.Want, size)
			for i := range wants {
				wants[i] = store.Want{Profile: last.Profiles[i].ID, Events: []string{last.Timeline[2*i].ID}}
			}
			for b.Loop() {
				if _, err := s.Load(b.Context(), 1, wants); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*size), "us/profile")
		})
	}
}
