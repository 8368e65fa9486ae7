package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"time"
)

// Run measures the rows that were asked for. A row that fails says why in the report and
// does not keep the others from being measured; the error is of what no row can do without,
// or that ctx ended.
func Run(ctx context.Context, o Options) (_ *Report, err error) {
	o, err = o.withDefaults()
	if err != nil {
		return nil, err
	}
	b, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	m, err := machine(b.scratch)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	report := &Report{At: began.UTC(), Machine: m, Store: b.engine.describe(), Quick: o.Quick}
	for _, r := range []struct {
		name    string
		measure func(context.Context, *Row) error
	}{
		{RowAccept, b.accept},
		{RowApply, b.apply},
		{RowMail, b.mail},
		{RowLatency, b.latency},
		{RowGrowth, b.growth},
		{RowTimers, b.timers},
		{RowMemory, b.memory},
		{RowStart, b.start},
	} {
		if len(o.Rows) > 0 && !slices.Contains(o.Rows, r.name) {
			continue
		}
		o.Progress("%s", r.name)
		row, err := b.row(ctx, r.name, r.measure)
		if err != nil {
			return nil, err
		}
		report.Rows = append(report.Rows, row)
	}
	report.Seconds = time.Since(began).Seconds()
	return report, nil
}

// row measures one row, with a CPU profile when asked for.
func (b *bench) row(ctx context.Context, name string, measure func(context.Context, *Row) error) (row Row, err error) {
	row.Name = name
	// Seeding is no part of what is profiled.
	if err := b.sow(ctx, name); err != nil {
		if ctx.Err() != nil {
			return row, context.Cause(ctx)
		}
		row.NotMeasured = err.Error()
		return row, nil
	}
	stop := func() error { return nil }
	if b.o.ProfileDir != "" {
		row.Profile = filepath.Join(b.o.ProfileDir, name+"-"+b.engine.kind()+".cpu.pprof")
		if stop, err = profile(row.Profile); err != nil {
			return row, err
		}
	}
	began := time.Now()
	failed := measure(ctx, &row)
	row.Seconds = time.Since(began).Seconds()
	if err := stop(); err != nil {
		return row, err
	}
	if ctx.Err() != nil {
		return row, context.Cause(ctx)
	}
	if failed != nil {
		row.NotMeasured = failed.Error()
	}
	return row, nil
}

// ceiling marks what is done for a ceiling in the row's CPU profile: part=ceiling.
func ceiling(ctx context.Context, measure func(context.Context) error) (err error) {
	pprof.Do(ctx, pprof.Labels("part", "ceiling"), func(ctx context.Context) { err = measure(ctx) })
	return err
}

// profile writes a CPU profile until the function that it returns is called.
func profile(path string) (func() error, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("keep a CPU profile: %w", err)
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("keep a CPU profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("keep a CPU profile: %w", err), f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}
