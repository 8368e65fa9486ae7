package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 5, "rounds; medians over them are printed")
	n := flag.Int("n", 20000, "messages per variant and round")
	size := flag.Int("size", 1024, "bytes per message")
	tcp := flag.Bool("tcp", false, "connect through TCP instead of a pipe in the process")
	flag.Parse()
	b := bench{n: *n, size: *size, tcp: *tcp, rounds: *rounds}
	if err := b.run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "benchbus:", err)
	}
}

// variant is one way to move n messages.
type variant struct {
	name   string
	target int // percent of the group's first variant we want to keep, 0 for none
	run    func(ctx context.Context) error

	rates []float64 // messages per second, one per round
	cpus  []float64 // microseconds of processor time per message
}

func (v *variant) round(ctx context.Context, n int) error {
	wall, cpu := time.Now(), cpuTime()
	if err := v.run(ctx); err != nil {
		return fmt.Errorf("%s: %w", v.name, err)
	}
	v.rates = append(v.rates, float64(n)/time.Since(wall).Seconds())
	v.cpus = append(v.cpus, float64((cpuTime()-cpu).Microseconds())/float64(n))
	return nil
}

// group is variants that are compared with its first.
type group struct {
	title    string
	variants []*variant
}

func (g *group) print() {
	fmt.Printf("\n%-45s %10s %7s %9s\n", g.title, "msg/s", "", "cpu us/op")
	base := g.variants[0]
	for _, v := range g.variants {
		ratio := 100 * median(v.rates) / median(base.rates)
		mark := ""
		if v.target > 0 {
			mark = fmt.Sprintf("  target %d %%: %s", v.target, map[bool]string{true: "kept", false: "missed"}[ratio >= float64(v.target)])
		}
		fmt.Printf("  %-43s %10.0f %5.0f %% %9.1f%s\n", v.name, median(v.rates), ratio, median(v.cpus), mark)
	}
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	if len(s) == 0 {
		return 0
	}
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
