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

	due, err := s.Due(ctx, 1, at.Add(2*time.Hour), 10)
	if err != nil || len(due) != 1 || due[0] != (store.Wake{Profile: "ada", Due: ada.Wake}) {
		t.Errorf("due: %v %v", due, err)
	}
	stale, err := s.Stale(ctx, 1, "w1", "", 10)
	if err != nil || len(stale) != 1 || stale[0] != "ada" {
		t.Errorf("stale: %v %v", stale, err)
	}
	ada.Snapshot = "w1"
	b := &store.Batch{Partition: 1, Epoch: 4, From: position, To: position, Profiles: []store.ProfileRow{ada}}
	b.Resting = []store.RestingDelta{{Journey: "thank-you", Version: "v1", Step: "mail", Delta: 1}}
	checkLists(t, s)
	b.Identities = []store.IdentityRow{{ID: "ada", State: []byte("root")}}
	if err := s.Commit(ctx, b); err != nil {
		t.Fatal(err)
	}
	if ids, err := s.Identities(ctx, 1, []string{"ada"}); err != nil || string(ids[0]) != "root" {
		t.Errorf("of ids it knows %q %v", ids, err)
	}
	left, err := s.StaleCount(ctx, "w1")
	resting, err2 := s.Resting(ctx)
	if err != nil || err2 != nil || left != 0 || len(resting) != 1 {
		t.Errorf("%d stale %v, resting %v %v", left, err, resting, err2)
	}
}

// checkLists lists an address and forgets ada, in a store that knew of neither.
func checkLists(t *testing.T, s *Store) {
	t.Helper()
	ctx, at := t.Context(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	address := store.Address{Channel: "email", Address: "ada@example.com"}
	if err := s.Suppress(ctx, []store.Suppression{{Channel: "email", Address: "ADA@example.com", Reason: store.Manual, At: at}}); err != nil {
		t.Fatal(err)
	}
	grounds, err := s.Suppressed(ctx, []store.Address{address})
	if err != nil || grounds[0] != store.Manual || len(s.salt) != store.SaltSize {
		t.Errorf("listed as %q %v, with a salt of %d bytes", grounds, err, len(s.salt))
	}
	sights, err := s.Look(ctx, []store.Look{{ProfileRef: store.ProfileRef{Partition: 1, Profile: "ada"}, Address: address}})
	if err != nil || sights[0].State == nil || !sights[0].Suppressed {
		t.Errorf("a last look sees %+v %v", sights, err)
	}
	if ids, err := s.Identities(ctx, 1, []string{"ada"}); err != nil || len(ids) != 1 || ids[0] != nil {
		t.Errorf("of ids it knows %v %v", ids, err)
	}
}

// TestErasureInFormer forgets somebody of a former file.
func TestErasureInFormer(t *testing.T) {
	t.Parallel()
	s, ctx := openFormer(t), t.Context()
	position, err := s.Acquire(ctx, 1, 4)
	if err != nil {
		t.Fatal(err)
	}
	at := position.Clock.Add(time.Hour)
	before, _ := s.Counts(ctx)
	b := &store.Batch{Partition: 1, Epoch: 4, From: position, To: position, Erasures: []store.Erasure{{Profile: "ada", At: at}}}
	if err := s.Commit(ctx, b); err != nil {
		t.Fatal(err)
	}
	loaded, err := s.Load(ctx, 1, []store.Want{{Profile: "ada", Events: []string{"e1"}}})
	if err != nil || !reflect.DeepEqual(loaded, []store.Loaded{{Erased: at}}) {
		t.Errorf("after the erasure: %+v %v", loaded, err)
	}
	if after, err := s.Counts(ctx); err != nil || len(before.Events) == 0 || !reflect.DeepEqual(after.Events, before.Events) {
		t.Errorf("counts %+v %v, before %+v", after, err, before)
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
