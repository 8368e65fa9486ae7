package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 5, "rounds; medians over them are printed")
	events := flag.Int("n", 10000, "events per variant and round")
	clients := flag.Int("clients", 8, "clients at a time")
	flag.Parse()
	b := bench{events: *events, clients: *clients}
	if err := b.run(context.Background(), *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "benchdoor:", err)
		os.Exit(1)
	}
}

// target is the share of raw publishing that batches of a hundred are to reach.
const target = 0.6

// size is how many events a request has, and what was measured with it.
type size struct {
	per       int
	raw, door measured
}

// measured are the rounds of one variant.
type measured struct {
	rates []float64 // events per second, one per round
	took  []time.Duration
}

func (m *measured) add(events int, all time.Duration, took []time.Duration) {
	m.rates = append(m.rates, float64(events)/all.Seconds())
	m.took = append(m.took, took...)
}

// p99 is the time within which 99 of 100 requests were answered.
func (m *measured) p99() time.Duration {
	if len(m.took) == 0 {
		return 0
	}
	slices.Sort(m.took)
	return m.took[(len(m.took)-1)*99/100]
}

func (s *size) print(events int) {
	n := min(s.per, events)
	raw, door := median(s.raw.rates), median(s.door.rates)
	mark := ""
	if s.per == 100 {
		mark = fmt.Sprintf("  target %.0f %%: %s", target*100, map[bool]string{true: "kept", false: "missed"}[door >= target*raw])
	}
	fmt.Printf("%6d %12.0f %12.0f %12.0f %7.0f %% %10s %10s%s\n", n, raw, door, door/float64(n), 100*door/raw,
		s.raw.p99().Round(10*time.Microsecond), s.door.p99().Round(10*time.Microsecond), mark)
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	if len(s) == 0 {
		return 0
	}
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

func (b *bench) run(ctx context.Context, rounds int) error {
	sizes := []*size{{per: 1}, {per: 10}, {per: 100}, {per: 1000}}
	for range rounds {
		for _, s := range sizes {
			if err := b.round(ctx, s); err != nil {
				return err
			}
		}
	}
	if b.bytes == 0 {
		return errors.New("nothing was measured")
	}
	fmt.Printf("%d events a round, of %d bytes as stored, %d clients, medians of %d rounds, every batch synced\n\n", b.events, b.bytes, b.clients, rounds)
	fmt.Printf("%6s %12s %12s %12s %9s %10s %10s\n", "batch", "raw ev/s", "door ev/s", "door req/s", "ratio", "raw p99", "door p99")
	for _, s := range sizes {
		s.print(b.events)
	}
	return nil
}
