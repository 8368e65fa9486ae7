package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/services/rapport/bench"
)

// TestMain is also the mail server's process: the bench starts this program again.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "sink" {
		if err := bench.Sink(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// program builds the real `rapport`, whose start and memory are measured.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rapport")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", path, "rapport/services/rapport")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return path
}

// quick measures rows in a few seconds.
func quick(t *testing.T, change func(*bench.Options)) (*bench.Report, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o := bench.Options{Quick: true, Dir: t.TempDir(), Sink: []string{self, "sink"}, Progress: t.Logf}
	if change != nil {
		change(&o)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	report, err := bench.Run(ctx, o)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := report.Text(&text); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", text.String())
	return report, nil
}

// Every row is measured, has figures that can be, and says what it holds them against.
func TestEveryRow(t *testing.T) {
	t.Parallel()
	profiles := t.TempDir()
	report := everyRow(t, bench.SQLite, profiles)
	for _, row := range report.Rows {
		if info, err := os.Stat(row.Profile); err != nil || info.Size() == 0 {
			t.Errorf("%s: no CPU profile: %v", row.Name, err)
		}
	}
	if heaps, err := filepath.Glob(filepath.Join(profiles, "memory-*.heap.pprof")); err != nil || len(heaps) != 2 {
		t.Errorf("heap profiles %v, %v", heaps, err)
	}
}

// everyRow measures everything on a store. A process has one CPU profile at a time, so that
// one test alone asks for them.
func everyRow(t *testing.T, on, profiles string) *bench.Report {
	t.Helper()
	seeds, up := t.TempDir(), program(t)
	report, err := quick(t, func(o *bench.Options) {
		o.Store, o.Dir, o.ProfileDir, o.Up = on, seeds, profiles, []string{up, "up"}
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range report.Rows {
		names = append(names, row.Name)
		if row.NotMeasured != "" || len(row.Figures) == 0 || len(row.Notes) == 0 || row.Seconds <= 0 {
			t.Errorf("%s: %d figures, %d notes, not measured: %s", row.Name, len(row.Figures), len(row.Notes), row.NotMeasured)
		}
		for _, f := range row.Figures {
			if f.Value <= 0 || f.Unit == "" || (f.Against != "") != (f.Ratio > 0) || (f.Target != nil) != (f.Met != nil) {
				t.Errorf("%s: %+v", row.Name, f)
			}
			if f.Against != "" && f.Value/f.Ceiling != f.Ratio {
				t.Errorf("%s: %s is %v of %v, not %v", row.Name, f.Name, f.Value/f.Ceiling, f.Ceiling, f.Ratio)
			}
		}
	}
	if !slices.Equal(names, bench.Rows()) {
		t.Errorf("measured %v, want %v", names, bench.Rows())
	}
	targets := map[string]int{
		bench.RowAccept: 1, bench.RowApply: 1, bench.RowMail: 3, bench.RowLatency: 2, bench.RowGrowth: 1, bench.RowTimers: 4, bench.RowMemory: 3, bench.RowStart: 1,
	}
	for name, want := range targets {
		got := 0
		for _, f := range report.Row(name).Figures {
			if f.Target != nil {
				got++
			}
		}
		if got != want {
			t.Errorf("%s has %d targets, want %d", name, got, want)
		}
	}
	if report.Machine.Cores < 1 || report.Machine.FsyncMS <= 0 || !strings.HasPrefix(report.Store, on[:6]) {
		t.Errorf("measured on %+v with %s", report.Machine, report.Store)
	}
	same(t, report)
	left, err := filepath.Glob(filepath.Join(seeds, "run-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	return report
}

// same holds the JSON form against the report.
func same(t *testing.T, report *bench.Report) {
	t.Helper()
	var b bytes.Buffer
	if err := report.JSON(&b); err != nil {
		t.Fatal(err)
	}
	var back bench.Report
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&back, report) {
		t.Errorf("as JSON the report is\n%+v\nwant\n%+v", &back, report)
	}
}

// A seed is made once.
func TestSeedsAreKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	seeded := 0
	for range 2 {
		report, err := quick(t, func(o *bench.Options) {
			o.Dir, o.Rows = dir, []string{bench.RowApply}
			o.Progress = func(format string, _ ...any) {
				if strings.HasPrefix(format, "seeded") {
					seeded++
				}
			}
		})
		if err != nil || report.Rows[0].NotMeasured != "" {
			t.Fatal(report, err)
		}
	}
	if seeded != 1 {
		t.Errorf("seeded %d times", seeded)
	}
}

// Large seeds are used as they are, again and again.
func TestInPlace(t *testing.T) {
	if testing.Short() {
		t.Skip("TestEveryRow runs the same rows")
	}
	t.Parallel()
	dir, up := t.TempDir(), program(t)
	for range 2 {
		report, err := quick(t, func(o *bench.Options) {
			o.Dir, o.Timers, o.Due, o.Growth, o.CopyAtMost = dir, 600, 100, []int{200, 600}, 500
			o.Rows, o.Up = []string{bench.RowGrowth, bench.RowTimers, bench.RowStart}, []string{up, "up"} // A start leaves the receipt of a mail behind.
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range report.Rows {
			if row.NotMeasured != "" {
				t.Errorf("%s: %s", row.Name, row.NotMeasured)
			}
		}
	}
}

// A row that cannot run says why, and keeps no other from running.
func TestNotMeasured(t *testing.T) {
	t.Parallel()
	report, err := quick(t, func(o *bench.Options) {
		o.Rows, o.Sink = []string{bench.RowLatency, bench.RowGrowth}, []string{filepath.Join(t.TempDir(), "nothing")}
	})
	if err != nil {
		t.Fatal(err)
	}
	if why := report.Row(bench.RowLatency).NotMeasured; !strings.Contains(why, "mail server") {
		t.Errorf("latency was not measured: %q", why)
	}
	if row := report.Row(bench.RowGrowth); row.NotMeasured != "" || len(row.Figures) == 0 {
		t.Errorf("growth: %+v", row)
	}
}

func TestMistakesInOptions(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]bench.Options{
		`there is no store "mysql"`:                           {Store: "mysql"},
		`there is no row "speed": choose from accept, apply,`: {Rows: []string{"speed"}},
		"sizes must be positive":                              {Profiles: -1},
		"500 timers cannot come due of 600":                   {Timers: 600, Due: 500},
	} {
		o.Dir = t.TempDir()
		if _, err := bench.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	cancel(stopped)
	if _, err := bench.Run(ctx, bench.Options{Quick: true, Rows: []string{bench.RowGrowth}, Dir: t.TempDir()}); !errors.Is(err, stopped) {
		t.Errorf("error %v of a run that was stopped", err)
	}
}
