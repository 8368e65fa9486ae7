package importing_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/pkg/client"
	"rapport/services/rapport/importing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// written is when files of tests were written.
var written = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// file writes a file into a directory of its own, or a named one.
func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// memory is a sink that settles calls some time later and in another order, as a door does.
type memory struct {
	mu      sync.Mutex
	report  func([]client.Result)
	waiting []client.Call
	calls   []client.Call
	ids     map[string]int
	reject  func(client.Call) error
	failAt  int // the call with this number is not stored, and ends it; 0 is none
	after   func(n int)
}

func (m *memory) open(report func([]client.Result)) (importing.Sink, error) {
	m.report = report
	if m.ids == nil {
		m.ids = map[string]int{}
	}
	return m, nil
}

func (m *memory) Put(ctx context.Context, c client.Call) error {
	if err := errors.Join(ctx.Err(), c.Check()); err != nil {
		return err
	}
	m.mu.Lock()
	m.waiting = append(m.waiting, c)
	full := len(m.waiting) >= 7
	m.mu.Unlock()
	if full {
		m.settle()
	}
	return nil
}

// settle stores what waits, the last first.
func (m *memory) settle() {
	m.mu.Lock()
	calls := m.waiting
	m.waiting = nil
	var results []client.Result
	for i := len(calls) - 1; i >= 0; i-- {
		c := calls[i]
		err := error(nil)
		if m.reject != nil {
			err = m.reject(c)
		}
		if err == nil {
			m.calls = append(m.calls, c)
			m.ids[c.ID]++
			if m.failAt > 0 && len(m.calls) == m.failAt {
				err = errors.New("the door is gone")
			}
		}
		results = append(results, client.Result{Call: c, Err: err})
	}
	n := len(m.calls)
	m.mu.Unlock()
	m.report(results)
	if m.after != nil {
		m.after(n)
	}
}

func (m *memory) Close(context.Context) error {
	m.settle()
	return nil
}

// imported runs an import into memory, and returns what was told of refused rows.
func imported(t testing.TB, m *memory, o importing.Options) (importing.Counts, []string, error) {
	t.Helper()
	if o.At.IsZero() {
		o.At = written
	}
	o.Open = m.open
	var told []string
	o.Told = func(row *importing.Row, why *importing.Refusal) {
		told = append(told, fmt.Sprintf("%d: %v", row.Line, why))
	}
	counts, err := importing.Run(t.Context(), o)
	return counts, told, err
}
