package sqlite

import (
	"maps"
	"os"
	"reflect"
	"testing"
	"time"

	"rapport/pkg/store"
)

// openFormer opens a database that the first version of the schema wrote.
func openFormer(t *testing.T) *Store {
	t.Helper()
	dump, err := os.ReadFile("testdata/version1.sql")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	alter(t, dir, string(dump))
	return openTest(t, dir)
}

// TestOpenFormer opens such a database: all that was in it is there, and what is new works
// on it. Nobody in it has met a workspace version.
func TestOpenFormer(t *testing.T) {
	t.Parallel()
	s, ctx := openFormer(t), t.Context()
	at := time.Date(2011, 1, 4, 10, 0, 0, 123456789, time.UTC)
	position, err := s.Acquire(ctx, 1, 4)
	if want := (store.Position{Seq: 2, Clock: at}); err != nil || position != want {
		t.Errorf("position %v %v, want %v", position, err, want)
	}
	ada := store.ProfileRow{
		ID: "ada", State: []byte{1, 0, 255}, Known: true, Orders: 2, LastOrderAt: at, UpdatedAt: at, Wake: at.Add(time.Hour),
	}
	if got, err := s.Profile(ctx, 1, "ada"); err != nil || !reflect.DeepEqual(got, ada) {
		t.Errorf("profile %+v %v, want %+v", got, err, ada)
	}
	history, err := s.History(ctx, 1, "ada", time.Time{}, time.Time{})
	if err != nil || len(history) != 2 || history[0].ID != "e1" || history[1].ID != "e2" {
		t.Errorf("history %+v %v", history, err)
	}
	n := 0
	for row, err := range s.Events(ctx, 1, at, time.Time{}) {
		if n++; err != nil || row.ID != "e2" || string(row.Data) != `{"total":"2.00"}` {
			t.Errorf("event %+v %v", row, err)
		}
	}
	outbox, err := s.Outbox(ctx, 1, 0, 10)
	if err != nil || n != 1 || len(outbox) != 1 || outbox[0].Messages[0].ID != "m1" {
		t.Errorf("%d events, outbox %+v %v", n, outbox, err)
	}
	priors, err := s.Claim(ctx, []store.Claim{{Partition: 1, MessageID: "m1", Worker: "v"}})
	if err != nil || priors[0].State != store.Open || priors[0].Worker != "w" {
		t.Errorf("claim %+v %v", priors, err)
	}

	stale, err := s.Stale(ctx, 1, "w1", "", 10)
	if err != nil || len(stale) != 1 || stale[0] != "ada" {
		t.Errorf("stale: %v %v", stale, err)
	}
	ada.Snapshot = "w1"
	b := &store.Batch{Partition: 1, Epoch: 4, From: position, To: position, Profiles: []store.ProfileRow{ada}}
	b.Resting = []store.RestingDelta{{Journey: "thank-you", Version: "v1", Step: "mail", Delta: 1}}
	if err := s.Commit(ctx, b); err != nil {
		t.Fatal(err)
	}
	left, err := s.StaleCount(ctx, "w1")
	resting, err2 := s.Resting(ctx)
	if err != nil || err2 != nil || left != 0 || len(resting) != 1 {
		t.Errorf("%d stale %v, resting %v %v", left, err, resting, err2)
	}
}

// TestSchemaFormer compares what the migrations make of a former file with what they make
// of an empty one. It differs when a migration that was released is changed.
func TestSchemaFormer(t *testing.T) {
	t.Parallel()
	former, fresh := schemaOf(t, openFormer(t)), schemaOf(t, openTest(t, t.TempDir()))
	if len(fresh) < 10 || !maps.Equal(former, fresh) {
		t.Errorf("migrated:\n%v\nnew:\n%v", former, fresh)
	}
}

func schemaOf(t *testing.T, s *Store) map[string]string {
	t.Helper()
	schema := map[string]string{}
	err := s.query(t.Context(), `SELECT name, coalesce(sql, '') FROM sqlite_schema`, nil, func(scan func(...any) error) error {
		var name, text string
		err := scan(&name, &text)
		schema[name] = text
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestRestingCleared lets everybody leave a place: the row goes when the partition gets an
// owner, or versions are pruned.
func TestRestingCleared(t *testing.T) {
	t.Parallel()
	s := openTest(t, t.TempDir())
	rows := func() (n string) {
		if err := writerQuery(t, s, `SELECT count(*) FROM resting`, &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	clearing := map[string]func(epoch uint64) error{
		"acquire": func(epoch uint64) error { _, err := s.Acquire(t.Context(), 0, epoch); return err },
		"prune":   func(uint64) error { _, err := s.PruneVersions(t.Context(), 1); return err },
	}
	if err := clearing["acquire"](1); err != nil {
		t.Fatal(err)
	}
	for name, call := range clearing {
		for _, delta := range []int{1, -1} {
			b := &store.Batch{Epoch: 1, Resting: []store.RestingDelta{{Journey: "a", Delta: delta}}}
			if err := s.Commit(t.Context(), b); err != nil {
				t.Fatal(err)
			}
		}
		if before, err := rows(), call(1); err != nil || before != "1" || rows() != "0" {
			t.Errorf("%s: %s rows before, %s after (%v)", name, before, rows(), err)
		}
	}
}
