package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"rapport/pkg/backtest"
	"rapport/pkg/event"
	"rapport/pkg/workspace"
	"rapport/services/rapport/archive"
	"rapport/services/rapport/invoices"
	"rapport/services/rapport/recorded"
	"rapport/services/rapport/replay"
	"rapport/services/rapport/stack"
	"rapport/templates"
)

// past is what a back-test runs over.
type past struct {
	backtest.Input
	name    string
	last    time.Time        // of the last event
	archive *archive.Archive // nil: there is none
	// messages are those that were really sent in a time; nil: nothing is known of them.
	messages func(from, to time.Time) iter.Seq2[backtest.Recorded, error]
	close    func() error
}

// beginsEmpty is a note of every back-test that begins after the first event.
const beginsEmpty = "Journeys begin empty: who was inside one when the back-test begins is not, and caps count from then on."

// past opens what the flags name.
func (f *backtestFlags) past(ctx context.Context, problems io.Writer) (*past, error) {
	p := &past{close: func() error { return nil }}
	if f.since != "" {
		p.Notes = append(p.Notes, beginsEmpty)
	}
	if f.csv != "" {
		return p, p.invoices(f.csv, problems)
	}
	st, err := f.data.open(ctx)
	if err != nil {
		return nil, err
	}
	p.close, p.name, p.archive = st.Close, f.data.String(), archive.New(st)
	r, err := recorded.New(st)
	if err == nil {
		err = p.recorded(ctx, r)
	}
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return p, nil
}

// recorded is the past in a store.
func (p *past) recorded(ctx context.Context, r *recorded.Reader) (err error) {
	if p.last, err = r.Clock(ctx); err != nil {
		return err
	}
	if p.last.IsZero() {
		return fmt.Errorf("%s holds no events yet: there is no past to test with", p.name)
	}
	if p.Past, err = r.Past(ctx); err != nil {
		return err
	}
	p.Events = r.Events(ctx, time.Time{})
	p.messages = func(from, to time.Time) iter.Seq2[backtest.Recorded, error] { return r.Messages(ctx, from, to) }
	p.Notes = append(p.Notes, recorded.Lines)
	return nil
}

// invoices is the past in a file.
func (p *past) invoices(name string, problems io.Writer) (err error) {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("the file cannot be read: %w: name a CSV file of invoice lines, plain or gzip", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	file, err := invoices.Read(f, name)
	if err != nil {
		return err
	}
	warn := replay.Warn(problems)
	for _, problem := range file.Problems {
		warn(problem)
	}
	if len(file.Invoices) == 0 {
		return fmt.Errorf("%s: none of its %d lines makes an invoice", name, file.Rows)
	}
	p.name, p.last = filepath.Base(name), file.Invoices[len(file.Invoices)-1].At
	p.Events = func(yield func(*event.Event, error) bool) {
		for i := range file.Invoices {
			ev, err := file.Invoices[i].Event()
			if !yield(ev, err) || err != nil {
				return
			}
		}
	}
	return nil
}

// changed reads the workspace to test: the directory's, or else what is in force, or else
// the starter; with the one changed journey in it.
func (f *backtestFlags) changed(ctx context.Context, kept *archive.Archive) (*workspace.Snapshot, error) {
	snap, err := f.base(ctx, kept)
	if err != nil || f.journey == "" {
		return snap, err
	}
	text, err := os.ReadFile(f.journey)
	if err != nil {
		return nil, fmt.Errorf("the journey cannot be read: %w: name its file with --journey", err)
	}
	files := snap.Files()
	files[placeOf(files, text, f.journey)] = text
	return workspace.FromFiles(files, "the workspace with "+f.journey)
}

func (f *backtestFlags) base(ctx context.Context, kept *archive.Archive) (*workspace.Snapshot, error) {
	if dir := workspaceOf(f.workspace); dir != "" {
		return stack.Check(dir)
	}
	if kept != nil {
		a, err := kept.InForce(ctx)
		if err == nil {
			return kept.Snapshot(ctx, a.Version)
		}
		if !errors.Is(err, archive.ErrNone) {
			return nil, err
		}
	}
	snap, err := workspace.Load(templates.FS, "templates")
	if err != nil {
		return nil, fmt.Errorf("the starter workspace: %w", err)
	}
	return snap, nil
}

// placeOf is where a journey's file belongs: in the place of the one of the same name.
func placeOf(files map[string][]byte, text []byte, name string) string {
	named := regexp.MustCompile(`(?m)^journey:[ \t]*["']?([a-z0-9-]+)`)
	mine := named.FindSubmatch(text)
	for file, other := range files {
		theirs := named.FindSubmatch(other)
		if filepath.Dir(file) == "journeys" && mine != nil && theirs != nil && string(mine[1]) == string(theirs[1]) {
			return file
		}
	}
	return "journeys/" + filepath.Base(name)
}
