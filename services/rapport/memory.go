package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// memoryLimit is what the process may take before the garbage collector works harder, as long
// as what it keeps is much less: the broker's caches fill what they are given.
const memoryLimit = 158 << 20

// limitMemory limits the process's memory until ctx ends. GOMEMLIMIT overrides it.
//
// A fixed limit would stop a process that has to keep more, such as the broker's index of a
// million people: the collector would run all the time, and did for six tenths of an import when
// the limit was a quarter above what was kept. So beyond what a shop in daily work keeps, it
// grows four times as fast as that, up to twice of it.
func limitMemory(ctx context.Context) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetMemoryLimit(memoryLimit)
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		kept := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		for now := int64(memoryLimit); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			metrics.Read(kept)
			if want := limitFor(int64(kept[0].Value.Uint64())); want != now {
				debug.SetMemoryLimit(want)
				now = want
			}
		}
	}()
}

// limitFor is the limit for a process that keeps so many bytes, in steps of 16 MiB.
func limitFor(kept int64) int64 {
	const step, usual = 16 << 20, 110 << 20
	want := min(2*kept, memoryLimit+4*(kept-usual))
	return max(memoryLimit, (want+step-1)/step*step)
}
