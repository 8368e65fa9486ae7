//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/services/rapport/chaos/audit"
	"rapport/services/rapport/chaos/journal"
	"rapport/services/rapport/chaos/ledger"
	"rapport/services/rapport/chaos/load"
	"rapport/services/rapport/chaos/plan"
	"rapport/services/rapport/chaos/site"
)

// run is one run.
type run struct {
	options
	out   io.Writer
	began time.Time

	mu   sync.Mutex // of out
	site *site.Site
	book *ledger.Book
	shop *load.Shop

	faults []plan.Fault
}

const (
	partitions = 8
	producers  = 4
	writeKey   = "chaos-write-key"
	// openWithin bounds the start of everything on a busy machine.
	openWithin = 5 * time.Minute
)

// say prints a line with the time since the start.
func (r *run) say(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.out, "%7.1fs  %s\n", time.Since(r.began).Seconds(), fmt.Sprintf(format, args...)) //nolint:errcheck // Progress.
}

// run does everything and returns the report; an error says that there is none.
func (r *run) run(ctx context.Context) (_ *report, err error) {
	if err := r.directory(); err != nil {
		return nil, err
	}
	r.say("seed %d, %s of faults, %d events per second of %d customers; everything is in %s", r.seed, r.length, r.rate, r.customers, r.dir)
	if err := r.build(ctx); err != nil {
		return nil, err
	}
	opening, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	r.site, err = site.Open(opening, site.Options{
		Dir: r.dir, Binary: r.binary, Seed: r.seed, Partitions: partitions, Key: writeKey, Source: load.Source, Log: r.say,
	})
	if err != nil {
		return nil, fmt.Errorf("start everything: %w", err)
	}
	keep := true
	defer func() {
		err = errors.Join(err, r.site.Close(keep))
		if !keep {
			err = errors.Join(err, os.RemoveAll(r.dir))
		}
	}()
	r.say("three brokers, a database and seven processes are up")
	report, err := r.endure(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w; see %s", err, r.dir)
	}
	keep = r.keep || len(report.Violations) > 0
	report.Kept = keep
	return report, nil
}

func (r *run) directory() (err error) {
	if r.dir == "" {
		r.dir, err = os.MkdirTemp("", "rapport-chaos-")
	} else if r.dir, err = filepath.Abs(r.dir); err == nil {
		err = os.MkdirAll(r.dir, 0o755)
	}
	if err != nil {
		return fmt.Errorf("make the run's directory: %w", err)
	}
	return nil
}

// endure runs the load and the faults, waits until everything has arrived, and judges.
func (r *run) endure(ctx context.Context) (_ *report, err error) {
	nc, err := nats.Connect(r.site.NATS()[0], nats.MaxReconnects(-1), nats.ReconnectWait(200*time.Millisecond), withServers(r.site.NATS()))
	if err != nil {
		return nil, fmt.Errorf("connect the ledger to the brokers: %w", err)
	}
	defer nc.Close()
	told := filepath.Join(r.dir, "load.jsonl")
	r.book, err = ledger.Open(ledger.Sources{
		NATS: nc, Postgres: r.site.Postgres(), Load: told, Mails: r.site.MailJournal(), Texts: r.site.TextJournal(),
	})
	if err != nil {
		return nil, err
	}
	tape, err := journal.Open[load.Entry](told)
	if err != nil {
		return nil, err
	}
	defer tape.Close() //nolint:errcheck // Every entry was synced.
	r.shop = load.NewShop(load.Options{
		Seed: r.seed, Customers: r.customers, Producers: producers, Rate: r.rate, Doors: r.site.Doors(), Key: writeKey, Journal: tape,
	})
	if r.faults, err = plan.Make(r.seed, r.length, r.site.Cast()); err != nil {
		return nil, err
	}
	following, unfollow := context.WithCancel(ctx)
	var reading sync.WaitGroup
	reading.Go(func() { r.book.Follow(following) })
	defer reading.Wait()
	defer unfollow()
	if err := r.storm(ctx); err != nil {
		return nil, err
	}
	settled, err := r.settled(ctx)
	if err != nil {
		return nil, err
	}
	return r.judge(ctx, settled)
}

func withServers(urls []string) nats.Option {
	return func(o *nats.Options) error { o.Servers = urls; return nil }
}

// calm is how long the load goes on after the last fault has been dealt.
const calm = 5 * time.Second

// storm tells the load and strikes, until both are done.
func (r *run) storm(ctx context.Context) error {
	loading, stop := context.WithCancel(ctx)
	defer stop()
	patience, giveUp := context.WithTimeout(ctx, r.length+calm+r.settle)
	defer giveUp()
	var working sync.WaitGroup
	var told error
	working.Go(func() { told = r.shop.Run(loading, patience) })
	began := time.Now()
	struck := make([]error, len(r.faults))
	for i, f := range r.faults {
		if !until(ctx, began.Add(f.At)) {
			break
		}
		r.say("%s", f)
		working.Go(func() { struck[i] = r.site.Strike(ctx, f) })
	}
	until(ctx, began.Add(r.length+calm))
	stop()
	working.Wait()
	if err := errors.Join(errors.Join(struck...), told, ctx.Err()); err != nil {
		return err
	}
	r.say("%d faults are over, and the load: %d events accepted, %d batches repeated, %d told again on purpose; %d processes ended by themselves",
		len(r.faults), r.shop.Accepted(), r.shop.Retries(), r.shop.Copies(), r.site.Exits())
	return nil
}

// until waits; false when ctx ended first.
func until(ctx context.Context, at time.Time) bool {
	t := time.NewTimer(time.Until(at))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// settled waits until nothing is on its way, and returns how long that took; when the time is
// over the audit says what was left.
func (r *run) settled(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	var said time.Time
	for time.Since(began) < r.settle {
		asking, cancel := context.WithTimeout(ctx, time.Minute)
		p, err := r.book.Progress(asking)
		cancel()
		if err == nil && p.Done() {
			r.say("everything has arrived")
			return time.Since(began), nil
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if time.Since(said) > 3*time.Second {
			said = time.Now()
			if err != nil {
				r.say("still broken: %v", err)
			} else {
				r.say("on their way: %s", p)
			}
		}
		until(ctx, time.Now().Add(300*time.Millisecond))
	}
	r.say("not everything has arrived within %s", r.settle)
	return time.Since(began), nil
}

// expected is what the journeys of the workspace in package site have to decide.
func expected() []audit.Expectation {
	return []audit.Expectation{
		{Type: load.Completed, Journey: "thanks", Ordered: true},
		{Type: load.Completed, Journey: "followup"},
		{Type: load.Refunded, Journey: "refund", Ordered: true},
		{Type: load.Viewed, Journey: "picks", Ordered: true},
	}
}

// judge stops the program, collects the ledger and has it judged.
func (r *run) judge(ctx context.Context, settled time.Duration) (*report, error) {
	if err := r.site.Quiet(); err != nil {
		return nil, fmt.Errorf("stop the program: %w", err)
	}
	l, err := r.book.Ledger(ctx)
	if err != nil {
		return nil, err
	}
	l.Broken, l.Shared, l.Expected = r.site.Broken(), r.site.Shared(), expected()
	v := audit.Judge(l)
	return &report{
		Seed: r.seed, Minutes: r.length.Minutes(), Dir: r.dir, PlantedBug: r.planted,
		Faults: r.faults, Broken: l.Broken, Exits: r.site.Exits(),
		Accepted: r.shop.Accepted(), Retries: r.shop.Retries(), Copies: r.shop.Copies(),
		Settled: settled.Seconds(), Took: time.Since(r.began).Seconds(), Counts: v.Counts, Violations: v.Violations,
	}, nil
}
