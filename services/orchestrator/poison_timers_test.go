package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"

	"rapport/pkg/store"
)

// wakeful is a store of timers alone, in the order of store.Due.
type wakeful struct {
	Store
	list []store.Wake
}

func (s wakeful) Due(_ context.Context, _ int, before time.Time, limit int) ([]store.Wake, error) {
	var due []store.Wake
	for _, k := range s.list {
		if k.Due.Before(before) && len(due) < limit {
			due = append(due, k)
		}
	}
	return due, nil
}

// lame is a worker at a time, over n profiles with a timer in each second before it.
func lame(t *testing.T, now time.Time, n int) *worker {
	t.Helper()
	m, err := newMetrics(metricnoop.NewMeterProvider().Meter("test"), func() (leases, share int) { return 0, 0 })
	if err != nil {
		t.Fatal(err)
	}
	s := wakeful{}
	for i := range n {
		s.list = append(s.list, store.Wake{Profile: fmt.Sprintf("p%04d", i), Due: now.Add(time.Duration(i-n) * time.Second)})
	}
	w := &worker{o: &Orchestrator{metrics: m}, log: slog.New(slog.DiscardHandler), care: newCaution()}
	w.o.Store, w.o.Now, w.care.now = s, func() time.Time { return now }, now
	return w
}

// Timers that rest neither take the places of others nor hide when the next one is due.
func TestRestingTimersHideNoOthers(t *testing.T) {
	t.Parallel()
	ctx, now := t.Context(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	w := lame(t, now, 10)
	for i := range 4 {
		w.postpone(ctx, fmt.Sprintf("p%04d", i), errors.New("no"))
	}
	w.care.wakes = 3
	due, cut, err := w.wakes(ctx, now.Add(1), 0)
	if err != nil || len(due) != 3 || due[0].Profile != "p0004" || cut == nil || cut.Profile != "p0006" {
		t.Fatalf("due %v, cut at %v, %v; want three from p0004 on", due, cut, err)
	}
	w.o.Store = wakeful{list: slices.Clone(w.o.Store.(wakeful).list[:4])} //nolint:forcetypeassert // It was set so above.
	next, err := w.nextDue(ctx)
	if want := now.Add(firstPostponement); err != nil || !next.Equal(want) {
		t.Errorf("the next is due at %s, %v; want %s, when the first has rested", next, err, want)
	}
}

// Each time that it fails again a timer rests twice as long, up to an hour; once it fires it
// begins anew.
func TestTimersRestLongerAndLonger(t *testing.T) {
	t.Parallel()
	ctx, now := t.Context(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	w := lame(t, now, 1)
	for _, minutes := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		want := time.Duration(minutes) * time.Minute
		w.postpone(ctx, "p0000", errors.New("no"))
		rest := w.care.postponed["p0000"].until.Sub(w.care.now)
		if rest != want {
			t.Errorf("rests %s, want %s", rest, want)
		}
		w.care.now = w.care.now.Add(rest)
		if w.resting("p0000") {
			t.Errorf("still rests after %s", rest)
		}
	}
	w.fired(ctx)
	if n := len(w.care.postponed); n != 0 {
		t.Errorf("%d rest after all have fired", n)
	}
}

// When the timers of too many fail it is not their fault, and the partition stands still.
func TestOnlySoManyTimersRest(t *testing.T) {
	t.Parallel()
	w := lame(t, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), 1)
	for i := range maxPostponed {
		if !w.postpone(t.Context(), fmt.Sprintf("p%04d", i), errors.New("no")) {
			t.Fatalf("profile %d may not rest", i)
		}
	}
	if w.postpone(t.Context(), "one more", errors.New("no")) || !w.care.alarmed {
		t.Error("one more may rest, and nobody is told")
	}
	if !w.postpone(t.Context(), "p0007", errors.New("no")) {
		t.Error("who rests already may not rest longer")
	}
}
