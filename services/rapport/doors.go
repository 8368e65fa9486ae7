package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"rapport/services/ingest"
)

// doors are the flags about what the door over HTTP takes.
func (f *upFlags) doors(flags *pflag.FlagSet) {
	flags.IntVar(&f.maxEvent, "max-event", number("RAPPORT_MAX_EVENT", 32<<10), "bytes that one event may have over HTTP, at most 524288")
	flags.IntVar(&f.maxBatch, "max-batch", number("RAPPORT_MAX_BATCH", 500<<10), "bytes that one batch may have over HTTP, unfolded")
	flags.IntVar(&f.cfg.Limits.PerSource, "rate", number("RAPPORT_RATE", 0), "events a second that one write key may send over HTTP, unless it says ;rate=N; 0: any number")
}

// most is the largest batch that may be asked for: what is read is held in memory.
const most = 64 << 20

func (f *upFlags) checkDoors() error {
	switch {
	case f.maxEvent < 1024 || f.maxEvent > ingest.MaxEvent:
		return fmt.Errorf("--max-event %d: use 1024 to %d bytes", f.maxEvent, ingest.MaxEvent)
	case f.maxBatch < f.maxEvent || f.maxBatch > most:
		return fmt.Errorf("--max-batch %d: use --max-event to %d bytes", f.maxBatch, most)
	case f.cfg.Limits.PerSource < 0:
		return fmt.Errorf("--rate %d: use 0 or more events a second", f.cfg.Limits.PerSource)
	}
	f.cfg.Limits.Event, f.cfg.Limits.Batch = int64(f.maxEvent), int64(f.maxBatch)
	return nil
}
