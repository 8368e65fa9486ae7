package bench_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
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

// quick measures rows in a few seconds.
func quick(t *testing.T, storeURL string, rows ...string) *bench.Report {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	report, err := bench.Run(ctx, bench.Options{
		Store: storeURL, Rows: rows, Quick: true, Dir: t.TempDir(), ProfileDir: t.TempDir(), Sink: []string{self, "sink"}, Progress: t.Logf,
	})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := report.Text(&text); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", text.String())
	return report
}

func TestQuick(t *testing.T) {
	report := quick(t, bench.SQLite, strings.FieldsFunc(os.Getenv("BENCH_ROWS"), func(r rune) bool { return r == ',' })...)
	for _, row := range report.Rows {
		if row.NotMeasured != "" {
			t.Errorf("%s: not measured: %s", row.Name, row.NotMeasured)
		}
		if _, err := os.Stat(row.Profile); err != nil || filepath.Ext(row.Profile) != ".pprof" {
			t.Errorf("%s: no CPU profile: %v", row.Name, err)
		}
	}
}
