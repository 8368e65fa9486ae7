package importing

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"sync"
	"time"

	"rapport/pkg/client"
)

// Sink takes calls. *client.Client is one.
type Sink interface {
	Put(ctx context.Context, c client.Call) error
	Close(ctx context.Context) error
}

// Options say what to import and how.
type Options struct {
	Path    string
	Kind    Kind
	Mapping Mapping
	// At is when happened what the file gives no time of; zero is when the file was written.
	At time.Time
	// DryRun reads and checks everything, and writes and sends nothing.
	DryRun bool
	// State is where the position is kept; "" is StatePath. Restart begins anew.
	State   string
	Restart bool
	// Rejects is the file that refused rows go to; "" is none.
	Rejects string
	// Open makes what takes the calls. report must be told what became of each.
	Open func(report func([]client.Result)) (Sink, error)
	// Told is told of refused rows in their order. Progress is told now and then how far it is, and Note
	// what else there is to know. nil is nobody.
	Told     func(row *Row, why *Refusal)
	Progress func(Progress)
	Note     func(string)
}

// Progress is how far an import is.
type Progress struct {
	Counts
	Read, Size int64 // bytes of the file
	// Resumed is how many of the rows an earlier run had settled.
	Resumed int
	Took    time.Duration
}

// CloseWithin is how long an import that is interrupted waits for what is on its way.
const CloseWithin = 10 * time.Second

// Run imports a file. Its error is about the import as a whole: that rows were refused is in the
// counts. After an error it can be gone on with, by running it again.
func Run(ctx context.Context, o Options) (Counts, error) {
	r := &run{Options: o, began: time.Now(), seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}}
	if err := r.prepare(); err != nil {
		return Counts{}, err
	}
	err := errors.Join(r.all(ctx), r.sheet.Close(), r.ledger.rejects.close())
	counts := r.ledger.counts()
	if err == nil && !o.DryRun {
		if gone := os.Remove(r.ledger.path); gone != nil && !errors.Is(gone, os.ErrNotExist) {
			err = fmt.Errorf("the position that is no longer needed cannot be removed: %w", gone)
		}
	}
	return counts, err
}

// run is one import.
type run struct {
	Options
	began   time.Time
	sheet   *Sheet
	columns *columns
	ledger  *ledger
	sink    Sink
	skip    int // rows that an earlier run has settled

	seed maphash.Seed
	seen map[uint64]struct{} // things of several rows, by their hash
}

func (r *run) prepare() (err error) {
	format, err := r.Mapping.format()
	if err != nil {
		return err
	}
	if r.sheet, err = OpenSheet(r.Path, format); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.sheet.Close())
		}
	}()
	if r.columns, err = bind(r.Kind, r.Mapping, r.sheet); err != nil {
		return err
	}
	if r.At.IsZero() {
		info, err := os.Stat(r.Path)
		if err != nil {
			return fmt.Errorf("the file to import cannot be read: %w", err)
		}
		r.At = info.ModTime().UTC().Truncate(time.Second)
	}
	r.ledger = &ledger{told: r.Told}
	if r.Told == nil {
		r.ledger.told = func(*Row, *Refusal) {}
	}
	if r.DryRun {
		r.ledger.rejects, err = openRejects("", r.sheet, 0, false)
		return err
	}
	return r.position()
}

// position finds out where to go on.
func (r *run) position() error {
	path := r.State
	if path == "" {
		path = StatePath(r.Path, r.Kind)
	}
	hash, err := contentHash(r.Path)
	if err != nil {
		return err
	}
	want := state{Version: stateVersion, Kind: r.Kind, Hash: hash, How: idOf(fmt.Sprintf("%+v %s", r.Mapping, r.Options.At.Format(time.RFC3339))), RejectsName: r.Rejects}
	found, why, err := readState(path, want)
	if err != nil {
		return err
	}
	if r.Restart && found != nil {
		found, why = nil, ""
		if err := discard(r.Rejects); err != nil {
			return err
		}
	}
	size := int64(0)
	switch {
	case found != nil:
		want, size, r.skip = *found, found.Rejects, found.Rows
		r.note(fmt.Sprintf("Going on behind row %d, up to which an earlier run has come.", found.Rows))
	case why != "":
		r.note(fmt.Sprintf("An earlier run is not gone on with: %s. What is stored is known by its ids.", why))
	}
	r.ledger.path, r.ledger.state, r.ledger.kept = path, want, want.Rows
	r.ledger.rejects, err = openRejects(r.Rejects, r.sheet, size, want.RejectsMade || size > 0)
	return err
}

func (r *run) note(text string) {
	if r.Note != nil {
		r.Note(text)
	}
}

// all reads the file to its end and sees to it that what was sent is settled.
func (r *run) all(ctx context.Context) (err error) {
	reading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if !r.DryRun {
		if r.sink, err = r.Open(func(results []client.Result) {
			r.ledger.report(results)
			if err := r.ledger.failure(); err != nil {
				stop(err)
			}
		}); err != nil {
			return err
		}
	}
	over := make(chan struct{})
	var beside sync.WaitGroup
	beside.Go(func() { r.watch(over, stop) })
	err = r.rows(reading)
	if err != nil && context.Cause(reading) != nil {
		err = context.Cause(reading)
	}
	if !r.DryRun {
		err = errors.Join(err, r.close(ctx, err != nil))
	}
	close(over)
	beside.Wait()
	return errors.Join(err, r.ledger.keep())
}

// close waits for what is on its way: for as long as it takes, or not long when it is over already.
func (r *run) close(ctx context.Context, over bool) error {
	closing := ctx
	if over || ctx.Err() != nil {
		var cancel context.CancelFunc
		closing, cancel = context.WithTimeout(context.WithoutCancel(ctx), CloseWithin)
		defer cancel()
	}
	err := r.sink.Close(closing)
	var left *client.NotStored
	if errors.As(err, &left) && left.Cause == nil || over {
		err = nil // all of it is in the ledger
	}
	if failed := r.ledger.failure(); failed != nil && !over {
		return failed
	}
	return err
}

// watch keeps the position and tells how far it is.
func (r *run) watch(over <-chan struct{}, stop context.CancelCauseFunc) {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		if err := r.ledger.keep(); err != nil {
			stop(err)
			return
		}
		if r.Progress != nil {
			r.Progress(r.progress())
		}
	}
}

func (r *run) progress() Progress {
	return Progress{
		Counts: r.ledger.counts(), Read: r.sheet.source.passed.Load(), Size: r.sheet.source.size, Resumed: r.skip, Took: time.Since(r.began),
	}
}

// rows reads the rows and sends the things that they make.
func (r *run) rows(ctx context.Context) error {
	var group []*Row
	var key string
	number := 0
	for {
		row, err := r.sheet.Next()
		switch {
		case errors.Is(err, io.EOF):
			if err := r.send(ctx, key, group); err != nil {
				return err
			}
			if number == 0 {
				return fmt.Errorf("%s: has no rows", r.Path)
			}
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
		number++
		row.Number = number
		r.columns.extendTo(r.sheet)
		next := r.columns.groupOf(row)
		if len(group) > 0 && next != "" && next == key && len(group) < mostLines {
			group = append(group, row)
			continue
		}
		if err := r.send(ctx, key, group); err != nil {
			return err
		}
		group, key = []*Row{row}, next
	}
}

// mostLines bounds how many rows one order may have.
const mostLines = 10_000

// send hands in the thing that rows make.
func (r *run) send(ctx context.Context, key string, rows []*Row) error {
	if len(rows) == 0 {
		return nil
	}
	again := r.again(key)
	j := &job{rows: rows, last: rows[len(rows)-1].Number}
	if j.last <= r.skip {
		return nil
	}
	calls, why := r.columns.calls(rows, r.At)
	if again && why == nil {
		why = refuse(r.columns.grouping(), "is %q, which stands further up too, apart from this: sort the file by it", key)
	}
	if why == nil && r.DryRun {
		why = r.columns.check(rows, calls)
		j.events, j.passed = len(calls), len(calls) == 0
		calls = nil
	}
	j.refused = why
	if why != nil {
		calls = nil
	}
	if !r.DryRun {
		j.open, j.events, j.passed = len(calls), len(calls), len(calls) == 0
	}
	r.ledger.begin(j)
	for _, c := range calls {
		c.Tag = j
		err := r.sink.Put(ctx, c)
		var rejected *client.Rejection
		switch {
		case errors.As(err, &rejected):
			r.ledger.refuse(j, r.columns.rejected(rows, rejected))
		case err != nil:
			return err
		}
	}
	return r.ledger.failure()
}

// again notes a thing of several rows, and reports whether it was there before.
func (r *run) again(key string) bool {
	if key == "" {
		return false
	}
	h := maphash.String(r.seed, key)
	_, before := r.seen[h]
	r.seen[h] = struct{}{}
	return before
}

// rejected names the column that a call is refused for.
func (c *columns) rejected(rows []*Row, err error) *Refusal {
	return (&reading{c: c, rows: rows, row: rows[0]}).rejected(err)
}

// extendTo maps what JSON Lines named for the first time.
func (c *columns) extendTo(s *Sheet) {
	if names := s.Columns(); len(names) > len(c.names) {
		c.extend(names)
	}
}

// grouping is the column by which rows belong together.
func (c *columns) grouping() string {
	for _, name := range []string{"group", "order_id"} {
		if t, ok := c.at[name]; ok {
			return t.name
		}
	}
	return ""
}
