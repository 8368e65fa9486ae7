package lifecycle_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"rapport/pkg/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// diary notes in which order things happen.
type diary struct {
	mu    sync.Mutex
	notes []string
}

func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notes = append(d.notes, fmt.Sprintf(format, args...))
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.notes, ", ")
}

// worker takes some time to be ready and to stop.
type worker struct {
	name     string
	diary    *diary
	readyIn  time.Duration
	stopIn   time.Duration
	failIn   time.Duration // 0 is never
	err      error
	ready    chan struct{}
	released chan struct{} // ends a worker that does not stop, so that the test leaves nothing
}

func newWorker(name string, d *diary) *worker {
	return &worker{name: name, diary: d, ready: make(chan struct{}), released: make(chan struct{})}
}

func (w *worker) Ready() <-chan struct{} { return w.ready }

func (w *worker) Run(ctx context.Context) error {
	w.diary.note("%s starts", w.name)
	fail := make(<-chan time.Time)
	if w.failIn > 0 {
		fail = time.After(w.failIn)
	}
	select {
	case <-time.After(w.readyIn):
		close(w.ready)
	case <-fail:
		return w.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-fail:
		return w.err
	case <-ctx.Done():
	}
	select {
	case <-time.After(w.stopIn):
	case <-w.released:
	}
	w.diary.note("%s ends", w.name)
	return w.err
}

func three(d *diary) (door, engine, sender *worker, g *lifecycle.Group) {
	door, engine, sender = newWorker("door", d), newWorker("engine", d), newWorker("sender", d)
	g = lifecycle.New(nil,
		lifecycle.Named{Name: "door", Service: door},
		lifecycle.Named{Name: "engine", Service: engine},
		lifecycle.Named{Name: "sender", Service: sender})
	return door, engine, sender, g
}

func stopWithin(t *testing.T, g *lifecycle.Group, d time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	return g.Stop(ctx)
}

func TestStartsFromTheEndAndStopsFromTheBeginning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		door, engine, sender, g := three(d)
		door.readyIn, engine.readyIn, sender.readyIn = time.Millisecond, time.Second, 2*time.Second
		door.stopIn, engine.stopIn, sender.stopIn = 2*time.Second, time.Second, time.Millisecond
		if err := g.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := stopWithin(t, g, time.Minute); err != nil {
			t.Fatal(err)
		}
		const want = "sender starts, engine starts, door starts, door ends, engine ends, sender ends"
		if d.String() != want {
			t.Errorf("%s; want %s", d, want)
		}
		if err := stopWithin(t, g, time.Minute); err != nil {
			t.Errorf("a second stop: %v", err)
		}
		if err := g.Start(t.Context()); err == nil {
			t.Error("a second start was not refused")
		}
	})
}

func TestAFailureStopsTheWhole(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"with an error": {errors.New("the disk is gone"), "engine: the disk is gone"},
		"without one":   {nil, "engine: ended without being asked to"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := &diary{}
				_, engine, _, g := three(d)
				engine.failIn, engine.err = time.Hour, c.err
				began := time.Now()
				err := g.Run(t.Context(), time.Minute)
				if err == nil || err.Error() != c.want {
					t.Errorf("got %v, want %s", err, c.want)
				}
				if took := time.Since(began); took != time.Hour {
					t.Errorf("it took %s, want the hour until the failure", took)
				}
				if !strings.HasSuffix(d.String(), "door ends, sender ends") {
					t.Errorf("%s; the others did not stop in order", d)
				}
			})
		})
	}
}

func TestErrorsAreJoinedInTheOrderOfTheFlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		door, _, sender, g := three(&diary{})
		cause := errors.New("could not flush")
		door.err, sender.err = errors.New("could not close"), cause
		if err := g.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		err := stopWithin(t, g, time.Minute)
		if err == nil || err.Error() != "door: could not close\nsender: could not flush" || !errors.Is(err, cause) {
			t.Errorf("got %v", err)
		}
	})
}

func TestStopIsBoundedAndNamesTheLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		door, engine, sender, g := three(d)
		door.stopIn, engine.stopIn, sender.stopIn = 24*time.Hour, 24*time.Hour, time.Second
		if err := g.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		err := stopWithin(t, g, 9*time.Second)
		if err == nil || err.Error() != "did not stop in time: door, engine" {
			t.Errorf("got %v, want the two that did not stop", err)
		}
		if took := time.Since(began); took != 9*time.Second {
			t.Errorf("stopping took %s, want the 9 s it was given", took)
		}
		if !strings.HasSuffix(d.String(), "sender ends") {
			t.Errorf("%s; the sender got no share of the time", d)
		}
		close(door.released)
		close(engine.released)
	})
}

func TestOneThatOverrunsItsShareIsNotLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		door, _, _, g := three(&diary{})
		door.stopIn = 5 * time.Second // its share of 9 s is 3 s
		if err := g.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := stopWithin(t, g, 9*time.Second); err != nil {
			t.Error(err)
		}
	})
}

func TestStartStopsAtWhatDoesNotGetReady(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		_, engine, _, g := three(d)
		engine.readyIn = time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := g.Start(ctx)
		if err == nil || !strings.HasPrefix(err.Error(), "start engine: not ready") || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err := stopWithin(t, g, time.Minute); err != nil {
			t.Errorf("stop what had started: %v", err)
		}
		if d.String() != "sender starts, engine starts, sender ends" {
			t.Errorf("%s; the door must not start", d)
		}
	})
}

func TestFailureWhileStarting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, engine, _, g := three(&diary{})
		engine.readyIn, engine.failIn, engine.err = time.Hour, time.Second, errors.New("port taken")
		err := g.Run(t.Context(), time.Minute)
		if err == nil || !strings.Contains(err.Error(), "engine: port taken") {
			t.Errorf("got %v, want the cause, with its name", err)
		}
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]time.Duration{"while running": time.Hour, "while starting": time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, engine, _, g := three(&diary{})
				engine.readyIn = time.Minute
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(after, cancel)
				if err := g.Run(ctx, time.Minute); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestFuncAndLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var buf bytes.Buffer
		type key struct{}
		log := slog.New(slog.NewTextHandler(&buf, &slog.HandlerOptions{Level: slog.LevelDebug}))
		g := lifecycle.New(log, lifecycle.Named{Name: "ticker", Service: lifecycle.Func(func(ctx context.Context) error {
			if ctx.Value(key{}) != "kept" {
				t.Error("the values of the context do not reach the service")
			}
			<-ctx.Done()
			return ctx.Err() // being asked to stop is no failure
		})})
		if err := g.Start(context.WithValue(t.Context(), key{}, "kept")); err != nil {
			t.Fatal(err)
		}
		if err := stopWithin(t, g, time.Second); err != nil {
			t.Error(err)
		}
		select {
		case <-g.Failed():
			t.Error("Failed is closed by an orderly stop")
		default:
		}
		if !strings.Contains(buf.String(), "service=ticker") {
			t.Errorf("the log does not name the service: %s", &buf)
		}
	})
}
