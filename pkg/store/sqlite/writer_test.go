package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"rapport/pkg/store"
)

func openTest(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// writerQuery asks the writing connection for one text.
func writerQuery(t *testing.T, s *Store, text string, into *string) error {
	t.Helper()
	return s.writer.do(t.Context(), 1, func(c *conn) error {
		rows, err := c.Conn.(driver.QueryerContext).QueryContext(context.Background(), text, nil)
		if err != nil {
			return err
		}
		row := make([]driver.Value, 1)
		err = errors.Join(rows.Next(row), rows.Close())
		*into = fmt.Sprint(row[0])
		return err
	})
}

// hold keeps the writer busy until the function it returns is called, so that what comes
// meanwhile has to queue up and become one group.
func hold(t *testing.T, w *writer) (letGo func()) {
	t.Helper()
	running, goOn := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- w.do(context.WithoutCancel(t.Context()), 1, func(*conn) error {
			close(running)
			<-goOn
			return nil
		})
	}()
	<-running
	return func() {
		close(goOn)
		if err := <-ended; err != nil {
			t.Errorf("held request: %v", err)
		}
	}
}

// waitQueued returns when n requests wait.
func waitQueued(t *testing.T, w *writer, n int) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	for {
		w.mu.Lock()
		waiting := len(w.waiting)
		w.mu.Unlock()
		if waiting == n {
			return
		}
		select {
		case <-deadline.C:
			t.Fatalf("%d requests wait, want %d", waiting, n)
		default:
		}
	}
}

// start starts a call in the background and returns where its error will come.
func start(call func() error) chan error {
	c := make(chan error, 1)
	go func() { c <- call() }()
	return c
}

func batchOf(partition int, events ...string) *store.Batch {
	b := &store.Batch{Partition: partition, Epoch: 1, To: store.Position{Seq: uint64(len(events))}}
	for _, e := range events {
		b.Timeline = append(b.Timeline, store.TimelineRow{
			Profile: "ada", At: time.Unix(1, 0), ID: e, Kind: store.KindEvent, Name: "x",
		})
		b.Profiles = append(b.Profiles, store.ProfileRow{ID: "ada", State: []byte(e)})
	}
	return b
}

// TestGroup queues good, fenced, misplaced and failing requests so that one transaction
// has them all: each gets its own answer, and only the good ones leave a trace.
func TestGroup(t *testing.T) {
	t.Parallel()
	s, ctx := openTest(t, t.TempDir()), t.Context()
	for p := range 5 {
		if _, err := s.Acquire(ctx, p, 1); err != nil {
			t.Fatal(err)
		}
	}
	fenced, misplaced := batchOf(1, "a"), batchOf(2, "a")
	fenced.Epoch, misplaced.From.Seq, misplaced.To.Seq = 2, 7, 8
	want := map[chan error]error{}
	letGo := hold(t, s.writer)
	for i, step := range []struct {
		call func() error
		want error
	}{
		{func() error { return s.Commit(ctx, batchOf(0, "a", "b")) }, nil},
		{func() error { return s.Commit(ctx, fenced) }, store.ErrFenced},
		{func() error { return s.Commit(ctx, misplaced) }, store.ErrPosition},
		{func() error { return s.Commit(ctx, batchOf(3, "a", "b", "a")) }, store.ErrExists},
		{func() error { return s.Record(ctx, []store.Result{{MessageID: "nobody's", Receipt: []byte("1")}}) }, store.ErrNotFound},
		{func() error { _, err := s.Claim(ctx, []store.Claim{{MessageID: "m", Worker: "w"}}); return err }, nil},
		{func() error { return s.Commit(ctx, batchOf(4, "a")) }, nil},
		{func() error { return s.Commit(ctx, batchOf(4, "b")) }, store.ErrPosition}, // the one before moved on
	} {
		want[start(step.call)] = step.want
		waitQueued(t, s.writer, i+1)
	}
	letGo()
	for got, want := range want {
		if err := <-got; !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	for p, seen := range []int{2, 0, 0, 0, 1} {
		loaded, err := s.Load(ctx, p, []store.Want{{Profile: "ada", Events: []string{"a", "b"}}})
		if err != nil || len(loaded[0].Seen) != seen {
			t.Errorf("partition %d: %v %v, want %d events", p, loaded, err, seen)
		}
	}
}

// TestWithdraw ends a caller's context while its request waits: it is told so at once,
// and nothing of it is written.
func TestWithdraw(t *testing.T) {
	t.Parallel()
	s := openTest(t, t.TempDir())
	if _, err := s.Acquire(t.Context(), 0, 1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	letGo := hold(t, s.writer)
	gone := start(func() error { return s.Commit(ctx, batchOf(0, "a")) })
	waitQueued(t, s.writer, 1)
	stays := start(func() error { return s.Commit(t.Context(), batchOf(0, "b")) })
	waitQueued(t, s.writer, 2)
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("canceled caller: %v", err)
	}
	letGo()
	if err := <-stays; err != nil {
		t.Errorf("the caller behind it: %v", err)
	}
	loaded, err := s.Load(t.Context(), 0, []store.Want{{Profile: "ada", Events: []string{"a", "b"}}})
	if err != nil || len(loaded[0].Seen) != 1 || loaded[0].Seen[0] != "b" {
		t.Errorf("loaded %v %v, want only b", loaded, err)
	}
}

// TestTake bounds a group, yet takes one request however big.
func TestTake(t *testing.T) {
	t.Parallel()
	w := &writer{}
	for _, rows := range []int{groupRows * 2, 1, groupRows - 1, 1} {
		w.waiting = append(w.waiting, &request{rows: rows})
	}
	for _, want := range []int{1, 2, 1, 0} {
		if group, _, last := w.take(); len(group) != want || last {
			t.Errorf("a group of %d (last: %v), want %d", len(group), last, want)
		}
	}
	w.waiting, w.closed = make([]*request, groupRequests+1), true
	for i := range w.waiting {
		w.waiting[i] = &request{}
	}
	for _, want := range []int{groupRequests, 1, 0} {
		if group, _, last := w.take(); len(group) != want || last != (want == 0) {
			t.Errorf("a group of %d (last: %v), want %d", len(group), last, want)
		}
	}
}

// What comes from the background keeps a group short and lets others pass, and yet always goes on, in its order.
func TestBackground(t *testing.T) {
	t.Parallel()
	w := &writer{}
	names := map[*request]string{}
	wait := func(name string, r request) {
		names[&r] = name
		w.waiting = append(w.waiting, &r)
	}
	for i, rows := range []int{backRows / 2, backRows / 2, 1, backRows * 3, 1} {
		wait(fmt.Sprintf("timers %d", i+1), request{rows: rows, back: true})
	}
	wait("claim", request{rows: 1})
	wait("check", request{alone: true})
	wait("record", request{rows: 1})
	for _, want := range [][]string{
		{"timers 1", "timers 2", "claim"},
		{"timers 3"}, // What runs outside of transactions is passed by nobody.
		{"timers 4"},
		{"timers 5"},
		{"check"},
		{"record"},
		nil,
	} {
		group, _, _ := w.take()
		var got []string
		for _, r := range group {
			got = append(got, names[r])
		}
		if !slices.Equal(got, want) {
			t.Errorf("took %q, want %q", got, want)
		}
	}
}

// TestCloseDrains closes a store while requests wait: they are written, later ones refused.
func TestCloseDrains(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openTest(t, dir)
	letGo := hold(t, s.writer)
	waiting := start(func() error { _, err := s.Acquire(t.Context(), 0, 9); return err })
	waitQueued(t, s.writer, 1)
	closed := start(s.Close)
	letGo()
	if err := errors.Join(<-waiting, <-closed); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, os.ErrClosed) {
		t.Errorf("ping of a closed store: %v", err)
	}
	again := openTest(t, dir)
	if _, err := again.Acquire(t.Context(), 0, 8); !errors.Is(err, store.ErrFenced) {
		t.Errorf("the waiting request was lost: %v", err)
	}
}

// What is in no hurry goes along with what is; alone it waits, but not for ever, and not when it is much or
// the store closes.
func TestAlong(t *testing.T) {
	t.Parallel()
	now := time.Now()
	hurried := func() *request { return &request{rows: 1} }
	leisurely := func(rows int, until time.Time) *request { return &request{rows: rows, until: until} }
	for name, c := range map[string]struct {
		waiting []*request
		closed  bool
		taken   int
	}{
		"alone":               {[]*request{leisurely(1, now.Add(time.Hour))}, false, 0},
		"with another":        {[]*request{leisurely(1, now.Add(time.Hour)), leisurely(1, now.Add(time.Hour))}, false, 0},
		"with one in hurry":   {[]*request{leisurely(1, now.Add(time.Hour)), hurried()}, false, 2},
		"long enough":         {[]*request{leisurely(1, now.Add(-time.Second)), leisurely(1, now.Add(time.Hour))}, false, 2},
		"much":                {[]*request{leisurely(leisureRows, now.Add(time.Hour))}, false, 1},
		"much in all":         {[]*request{leisurely(leisureRows-1, now.Add(time.Hour)), leisurely(1, now.Add(time.Hour))}, false, 2},
		"as the store closes": {[]*request{leisurely(1, now.Add(time.Hour))}, true, 1},
	} {
		w := &writer{waiting: c.waiting, closed: c.closed}
		group, wait, last := w.take()
		if len(group) != c.taken || (wait > 0) != (c.taken == 0) || last {
			t.Errorf("%s: a group of %d, wait %s (last: %v), want %d", name, len(group), wait, last, c.taken)
		}
	}
	s := openTest(t, t.TempDir())
	if err := s.writer.along(t.Context(), 1, func(*conn) error { return nil }); err != nil {
		t.Errorf("alone: %v", err)
	}
}

// What the driver gave for one row is not what it gives for the next: so the store need not copy it.
func TestColumnsAreTheirOwn(t *testing.T) {
	t.Parallel()
	s := openTest(t, t.TempDir())
	st, err := s.reads.db.PrepareContext(t.Context(), `VALUES (x'0102'), (x'0304'), (x''), (NULL)`)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close() //nolint:errcheck // The test is about what it says.
	var got [][]byte
	if err := eachRow(t.Context(), st, nil, func(scan func(...any) error) error {
		var c column
		err := scan(&c)
		got = append(got, c.bytes())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if want := [][]byte{{1, 2}, {3, 4}, {}, {}}; !reflect.DeepEqual(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
	if err := new(column).Scan("text"); err == nil {
		t.Error("a text is taken for a blob")
	}
}
