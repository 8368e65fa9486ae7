package bench

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Options say what to measure and how. The zero value measures every row on SQLite at the
// sizes of the report, which takes the better part of an hour and some 20 GB of disk (with PostgreSQL 40).
type Options struct {
	// Store is "sqlite" (the default), "postgres" (one is started from this machine's
	// packages), or the URL of a PostgreSQL server (postgres://...) whose user may create
	// databases.
	Store string
	// Rows are the rows to measure, some of Rows(); empty: all.
	Rows []string
	// Quick shrinks every row to a few seconds: to see that it runs, not how fast.
	Quick bool
	// Profiles is how many the store has in the rows accept to latency and memory (1,000,000),
	// Growth at which sizes events are applied (10 thousand, 1 and 10 million), Timers how
	// many are pending (10,000,000) and Due how many of them come due at once (100,000).
	Profiles int
	Growth   []int
	Timers   int
	Due      int
	// CopyAtMost is the number of profiles up to which a run works on a copy of a seed
	// (2,000,000); it works on larger seeds in place.
	CopyAtMost int
	// Repeat is how many repetitions a median is of (5; of the rows mail and start 3).
	Repeat int
	// Dir keeps the seeds for later runs. Empty: rapport-bench in the user's cache directory.
	Dir string
	// ProfileDir keeps a CPU profile of each row. Empty: none.
	ProfileDir string
	// Sink starts the mail server's process, which calls Sink; Up starts `rapport up`. Empty:
	// this program with the arguments "bench sink", and "up".
	Sink, Up []string
	// MemoryLimit is the Go memory limit of `rapport up` in bytes, which the rows that
	// measure the whole way keep too; zero: none.
	MemoryLimit int64
	// Progress is told what is going on, in words for people; nil: nobody.
	Progress func(format string, args ...any)
	Logger   *slog.Logger
}

// The rows there are, in their order.
const (
	RowAccept  = "accept"
	RowApply   = "apply"
	RowMail    = "mail"
	RowLatency = "latency"
	RowGrowth  = "growth"
	RowTimers  = "timers"
	RowMemory  = "memory"
	RowStart   = "start"
)

// Rows are the names of all rows, in the order in which they are measured.
func Rows() []string {
	return []string{RowAccept, RowApply, RowMail, RowLatency, RowGrowth, RowTimers, RowMemory, RowStart}
}

// The kinds of stores.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// partitions are those of `rapport up`.
const partitions = 16

func (o Options) withDefaults() (Options, error) {
	o.Store = cmp.Or(o.Store, SQLite)
	if o.Store != SQLite && o.Store != Postgres && !isURL(o.Store) {
		return o, fmt.Errorf("there is no store %q: use sqlite, postgres or postgres://user:password@host:port/database", o.Store)
	}
	for _, r := range o.Rows {
		if !slices.Contains(Rows(), r) {
			return o, fmt.Errorf("there is no row %q: choose from %s", r, strings.Join(Rows(), ", "))
		}
	}
	size := func(field *int, full, quick int) {
		if *field == 0 && o.Quick {
			*field = quick
		}
		*field = cmp.Or(*field, full)
	}
	size(&o.Profiles, 1_000_000, 500)
	size(&o.Timers, 10_000_000, 4000)
	size(&o.Due, 100_000, 200)
	size(&o.CopyAtMost, 2_000_000, 2_000_000)
	if len(o.Growth) == 0 {
		o.Growth = []int{10_000, 1_000_000, 10_000_000}
		if o.Quick {
			o.Growth = []int{200, 500}
		}
	}
	if o.Profiles < 1 || o.Timers < 1 || slices.Min(o.Growth) < 1 || o.Repeat < 0 {
		return o, errors.New("sizes must be positive")
	}
	if o.Due > o.Timers/2 {
		return o, fmt.Errorf("%d timers cannot come due of %d: choose at most half of them", o.Due, o.Timers)
	}
	if o.Dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return o, fmt.Errorf("find a directory for the seeds: %w: name one with Dir", err)
		}
		o.Dir = filepath.Join(cache, "rapport-bench")
	}
	self, err := os.Executable()
	if err != nil {
		return o, fmt.Errorf("find this program, to start it again: %w", err)
	}
	if len(o.Sink) == 0 {
		o.Sink = []string{self, "bench", "sink"}
	}
	if len(o.Up) == 0 {
		o.Up = []string{self, "up"}
	}
	if o.Progress == nil {
		o.Progress = func(string, ...any) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

// repeat is how many repetitions a median is of.
func (o *Options) repeat(usual int) int {
	if o.Repeat == 0 && o.Quick {
		return 1
	}
	return cmp.Or(o.Repeat, usual)
}

// pick is the full or the quick size of something.
func (o *Options) pick(full, quick int) int {
	if o.Quick {
		return quick
	}
	return full
}

func isURL(s string) bool {
	return strings.HasPrefix(s, "postgres://") || strings.HasPrefix(s, "postgresql://")
}
