package replay

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/store"
	"rapport/services/ingest"
	"rapport/services/orchestrator"
	"rapport/services/rapport/invoices"
	"rapport/services/rapport/stack"
)

// Options say what to replay and how. File is required.
type Options struct {
	File string
	// Dir keeps the data; a replay that was interrupted goes on in it. Empty: a fresh
	// directory, removed at the end.
	Dir string
	// Workspace is the directory with journeys and templates; empty: Starter.
	Workspace string
	Starter   fs.FS
	// Until is where time stops: this long after the last event, or at UntilTime.
	Until     time.Duration
	UntilTime time.Time
	// Progress is told what is going on, in words for people.
	Progress func(format string, args ...any)
	// Problem is told each line of the file that could not be read.
	Problem func(invoices.Problem)
	Logger  *slog.Logger
}

// stalled is how long nothing may move before a replay gives up.
const stalled = 2 * time.Minute

// Run replays the file and reports. The report is of the whole file, also when this run
// only finished what another began.
func Run(ctx context.Context, o Options) (_ *Report, err error) {
	began := time.Now()
	raw, err := os.ReadFile(o.File)
	if err != nil {
		return nil, fmt.Errorf("the file to replay cannot be read: %w: name a CSV file of invoice lines, plain or gzip", err)
	}
	sum := sha256.Sum256(raw)
	file, err := invoices.Read(bytes.NewReader(raw), o.File)
	if err != nil {
		return nil, err
	}
	tooLarge := refuse(file, o.File)
	for _, p := range file.Problems {
		o.Problem(p)
	}
	if len(file.Invoices) == 0 {
		return nil, fmt.Errorf("%s: none of its %d lines makes an invoice to replay: %d were refused, %d have nothing bought", o.File, file.Rows, len(file.Problems), file.Dropped)
	}
	end := until(o, file)
	if last := file.Invoices[len(file.Invoices)-1].At; end.Before(last) {
		return nil, fmt.Errorf("--until %s is before the last invoice, of %s: give a later time, or a time after it, such as 90d",
			end.Format(time.DateOnly), last.Format(time.DateTime))
	}
	dir, remove, err := directory(o.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	keys, err := ingest.ParseKeys("replay:" + replayKey)
	if err != nil {
		return nil, fmt.Errorf("make the write key: %w", err)
	}
	st, err := stack.Open(ctx, stack.Config{
		Dir: dir, Workspace: o.Workspace, Starter: o.Starter, Keys: keys, Limits: roomy(), Clock: orchestrator.EventClock, Logger: o.Logger,
		Hold: []string{"orchestrator", "relay", "mailer", "texter", "texter-whatsapp", "caller"},
	})
	if err != nil {
		return nil, err
	}
	r := run{o: o, file: file, stack: st, until: end}
	r.report = Report{Rows: file.Rows, RowsDropped: file.Dropped, RowsRefused: len(file.Problems) + tooLarge}
	r.input()
	report, err := r.all(ctx, dir, hex.EncodeToString(sum[:8]))
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	defer cancel()
	if err := errors.Join(err, st.Close(closing)); err != nil {
		return nil, err
	}
	report.Seconds = time.Since(began).Seconds()
	report.PeakRSSBytes = peakRSS()
	return report, nil
}

// refuse takes out the invoices that the door would not: an event has its bounds, and one
// monster must not keep the rest of the file out. It returns how many lines they have
// beyond one each, which stands among the file's problems.
func refuse(file *invoices.File, name string) int {
	lines := 0
	file.Invoices = slices.DeleteFunc(file.Invoices, func(i invoices.Invoice) bool {
		if len(i.Lines) < harmless {
			return false
		}
		body, err := json.Marshal(i.Call())
		if err == nil && len(body) <= ingest.MaxEvent {
			return false
		}
		lines += len(i.Lines) - 1
		file.Problems = append(file.Problems, invoices.Problem{File: name, Line: i.Row, Col: 1, Message: fmt.Sprintf(
			"invoice %s has %d lines and makes an event of %d bytes, at most %d are taken: split it", i.Number, len(i.Lines), len(body), ingest.MaxEvent)})
		return true
	})
	return lines
}

// harmless is a number of lines that never makes an event too large: a line of an event
// has some hundred bytes.
const harmless = 500

// roomy are the limits of the door of a replay: wholesale invoices have more lines than what a page
// would ever send.
func roomy() ingest.Limits { return ingest.Limits{Event: ingest.MaxEvent, Batch: 8 << 20} }

const (
	replayKey   = "replay"
	closeWithin = 15 * time.Second
)

// directory returns the data directory and what to do with it at the end.
func directory(named string) (string, func() error, error) {
	if named != "" {
		if err := os.MkdirAll(named, 0o700); err != nil {
			return "", nil, fmt.Errorf("the data directory %s cannot be made: %w: choose another with --data", named, err)
		}
		return named, func() error { return nil }, nil
	}
	dir, err := os.MkdirTemp("", "rapport-replay-")
	if err != nil {
		return "", nil, fmt.Errorf("make a data directory: %w", err)
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}

func until(o Options, f *invoices.File) time.Time {
	if !o.UntilTime.IsZero() {
		return o.UntilTime
	}
	return f.Invoices[len(f.Invoices)-1].At.Add(o.Until)
}

// run is one replay on its way.
type run struct {
	o      Options
	file   *invoices.File
	stack  *stack.Stack
	until  time.Time
	report Report
	before int       // events that an earlier run of this replay applied
	began  time.Time // of the present phase
}

func (r *run) all(ctx context.Context, dir, file string) (*Report, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-r.stack.Failed():
			cancel(errors.New("a service ended by itself"))
		case <-ctx.Done():
		}
	}()
	total := len(r.file.Invoices)
	r.began = time.Now()
	f := feed{
		url: "http://" + r.stack.Ingest.Addr(), key: replayKey, client: &http.Client{Timeout: patience},
		note: filepath.Join(dir, "replay.json"), file: file,
		fed: func(n int) {
			if n == total || n/batchCalls%10 == 0 {
				r.o.Progress("%d of %d events accepted", n, total)
			}
		},
	}
	counts, err := r.stack.Store.Counts(ctx)
	if err != nil {
		return nil, err
	}
	r.before = applied(counts)
	if err := f.run(ctx, r.file.Invoices); err != nil {
		return nil, err
	}
	r.file.Invoices = nil // Told and counted; their memory is worth having back.
	if err := r.runOn(ctx); err != nil {
		return nil, err
	}
	accepted := r.lap(&r.report.Phases.Accept)
	r.o.Progress("accepted in %.1f s; applying, and running time on to %s", accepted, r.until.Format(time.DateOnly))
	r.stack.Release("orchestrator")
	if err := r.applied(ctx); err != nil {
		return nil, err
	}
	r.o.Progress("applied in %.1f s; sending", r.lap(&r.report.Phases.Apply))
	r.stack.Release("relay", "mailer", "texter", "texter-whatsapp", "caller")
	if err := r.sent(ctx); err != nil {
		return nil, err
	}
	r.lap(&r.report.Phases.Send)
	return r.count(ctx)
}

// lap notes how long a phase took.
func (r *run) lap(into *float64) float64 {
	now := time.Now()
	*into, r.began = now.Sub(r.began).Seconds(), now
	return *into
}

// runOn tells every partition that time goes on to the end.
func (r *run) runOn(ctx context.Context) error {
	n, err := bus.Partitions(ctx, r.stack.JS)
	if err != nil {
		return fmt.Errorf("run time on: %w", err)
	}
	for p := range n {
		e := event.Event{
			ID: fmt.Sprintf("until-%d-%d", r.until.UnixNano(), p), Source: "replay", Type: event.ClockAdvanced,
			Subject: "clock", Time: r.until, Data: json.RawMessage("{}"),
		}
		body, err := event.Encode(&e)
		if err != nil {
			return fmt.Errorf("run time on: %w", err)
		}
		if _, err := r.stack.JS.PublishMsg(ctx, bus.NewMsg(bus.ClockSubject(p), e.UID(), body)); err != nil {
			return fmt.Errorf("run time on in partition %d: %w", p, err)
		}
	}
	return nil
}

// applied waits until time has come to its end in every partition.
func (r *run) applied(ctx context.Context) error {
	select {
	case <-r.stack.Orchestrator.Ready():
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return r.wait(ctx, r.stack.Orchestrator.Moved, func(context.Context) (string, error) {
		behind, seq := 0, uint64(0)
		for _, pos := range r.stack.Orchestrator.Positions() {
			seq += pos.Seq
			if pos.Clock.Before(r.until) {
				behind++
			}
		}
		if behind == 0 {
			return "", nil
		}
		return fmt.Sprintf("%d partitions have not come to the end (positions add up to %d)", behind, seq), nil
	})
}

// sent waits until every decided message has an outcome.
func (r *run) sent(ctx context.Context) error {
	return r.wait(ctx, nil, func(ctx context.Context) (string, error) {
		u, err := r.stack.Store.Unfinished(ctx)
		if err != nil {
			return "", err
		}
		if u == (store.Unfinished{}) {
			return "", nil
		}
		return fmt.Sprintf("%d messages have no outcome yet, %d wait in the outbox", u.Messages, u.Outbox), nil
	})
}

// wait asks again and again until nothing is left, and fails when what is left has not
// changed for too long. It asks at a steady pace and, with moved, whenever that closes.
func (r *run) wait(ctx context.Context, moved func() <-chan struct{}, left func(context.Context) (string, error)) error {
	const pace = 100 * time.Millisecond
	tick := time.NewTicker(pace)
	defer tick.Stop()
	last, since := "", time.Now()
	for {
		var change <-chan struct{} // Taken before asking, or the last one could be missed.
		if moved != nil {
			change = moved()
		}
		now, err := left(ctx)
		switch {
		case err != nil:
			return err
		case now == "":
			return nil
		case now != last:
			last, since = now, time.Now()
		case time.Since(since) > stalled:
			return fmt.Errorf("nothing moved for %s: %s", stalled, now)
		}
		select {
		case <-tick.C:
		case <-change:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Quiet drops what a progress or problem callback is told.
func Quiet(string, ...any) {}

// Warn writes problems to w, one to a line.
func Warn(w io.Writer) func(invoices.Problem) {
	return func(p invoices.Problem) { fmt.Fprintln(w, p.Error()) } //nolint:errcheck // Nobody is left to tell.
}
