//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are the flags.
type options struct {
	length    time.Duration // of the faults
	seed      uint64
	rate      int
	customers int
	settle    time.Duration
	dir       string
	binary    string
	planted   bool
	json      bool
	keep      bool
}

// The defaults of a short run.
const (
	shortMinutes = 1.25
	defaultRate  = 40
	customers    = 300
	settleWithin = 4 * time.Minute
)

// parse reads the flags; the environment gives their defaults.
func parse(args []string, out io.Writer) (o options, err error) {
	minutes := shortMinutes
	if text := os.Getenv("CHAOS_MINUTES"); text != "" {
		if minutes, err = strconv.ParseFloat(text, 64); err != nil {
			return o, fmt.Errorf("CHAOS_MINUTES is %q: say a number of minutes, such as 30 or 1.5", text)
		}
	}
	seed := uint64(time.Now().UnixNano()) % 1_000_000 //nolint:gosec // Any number will do; a short one is easier to repeat.
	if text := os.Getenv("CHAOS_SEED"); text != "" {
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			return o, fmt.Errorf("CHAOS_SEED is %q: say a whole number", text)
		}
	}
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Float64Var(&minutes, "minutes", minutes, "how long things are broken (CHAOS_MINUTES)")
	flags.Uint64Var(&o.seed, "seed", seed, "of the load, the faults and the servers' moods (CHAOS_SEED); a random one is chosen and printed")
	flags.IntVar(&o.rate, "rate", defaultRate, "events per second")
	flags.IntVar(&o.customers, "customers", customers, "whom the events are about")
	flags.DurationVar(&o.settle, "settle", settleWithin, "how long everything may take to arrive after the last fault")
	flags.StringVar(&o.dir, "dir", "", "directory of the run (default: a new one among the temporary files)")
	flags.StringVar(&o.binary, "binary", "", "a rapport program to run instead of one built from this source")
	flags.BoolVar(&o.planted, "planted-bug", false, "build the program with a bug that the audit has to find")
	flags.BoolVar(&o.json, "json", false, "print the report as JSON, and the progress on standard error")
	flags.BoolVar(&o.keep, "keep", false, "keep the directory although nothing was violated")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.length = time.Duration(minutes * float64(time.Minute))
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("what is %q? There are only flags", flags.Arg(0))
	case o.length <= 0 || o.rate <= 0 || o.customers <= 0 || o.settle <= 0:
		return o, errors.New("minutes, rate, customers and settle have to be more than nothing")
	}
	return o, nil
}

// The exit codes.
const (
	whole    = 0
	violated = 1
	useless  = 2
)

func command(ctx context.Context, args []string, out, errs io.Writer) int {
	o, err := parse(args, errs)
	if errors.Is(err, flag.ErrHelp) {
		return whole
	}
	if err != nil {
		fmt.Fprintln(errs, "chaos:", err) //nolint:errcheck // Nobody is left to tell.
		return useless
	}
	progress := out
	if o.json {
		progress = errs
	}
	r := &run{options: o, out: progress, began: time.Now()}
	report, err := r.run(ctx)
	if err != nil {
		fmt.Fprintf(errs, "chaos: the run proves nothing: %v\n", err) //nolint:errcheck // Nobody is left to tell.
		return useless
	}
	if o.json {
		err = report.json(out)
	} else {
		err = report.text(out)
	}
	switch {
	case err != nil:
		return useless
	case len(report.Violations) > 0:
		return violated
	}
	return whole
}
