package sqlite

import (
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"rapport/pkg/store"
)

// TestOpenFresh opens a new directory with an odd name, in the time that a start allows.
func TestOpenFresh(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "a b?c#d%20é")
	began := time.Now()
	s := openTest(t, dir)
	if took := time.Since(began); took > 3*time.Second { // 300 ms are the aim; machines under test are slow
		t.Errorf("opening took %v", took)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(filepath.Join(dir, "rapport.db"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v %v, want it to be its owner's alone", info, err)
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "wal_autocheckpoint": strconv.Itoa(lastResort)} {
		var got string
		if err := writerQuery(t, s, "PRAGMA "+pragma, &got); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", pragma, got, err, want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options func(t *testing.T, dir string) Options
		want    []string
	}{
		"no directory": {func(*testing.T, string) Options { return Options{} }, []string{"name the data directory"}},
		"a wrong setting": {
			func(_ *testing.T, dir string) Options { return Options{Dir: dir, Synchronous: "off"} },
			[]string{`"OFF"`, "use FULL"},
		},
		"a file in the way": {func(t *testing.T, dir string) Options {
			write(t, filepath.Join(dir, "file"), "")
			return Options{Dir: filepath.Join(dir, "file")}
		}, []string{"make the data directory"}},
		"a directory in use": {func(t *testing.T, dir string) Options {
			openTest(t, dir)
			return Options{Dir: dir}
		}, []string{"in use by process " + strconv.Itoa(os.Getpid()), "choose another"}},
		"no database": {func(t *testing.T, dir string) Options {
			write(t, filepath.Join(dir, "rapport.db"), strings.Repeat("this is a letter to my aunt\n", 200))
			return Options{Dir: dir}
		}, []string{"rapport.db", "damaged", "restore a backup"}},
		"a torn database": {func(t *testing.T, dir string) Options {
			s := openTest(t, dir)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(s.path)
			if err != nil {
				t.Fatal(err)
			}
			copy(data[100:], make([]byte, 3000)) // the schema's page
			write(t, s.path, string(data))
			return Options{Dir: dir}
		}, []string{"rapport.db", "damaged", "restore a backup"}},
		"another program's": {func(t *testing.T, dir string) Options {
			alter(t, dir, `CREATE TABLE photos (id INTEGER)`)
			return Options{Dir: dir}
		}, []string{"rapport.db", "another program", "another directory"}},
		"a newer version's": {func(t *testing.T, dir string) Options {
			s := openTest(t, dir)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			alter(t, dir, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`)
			return Options{Dir: dir}
		}, []string{"rapport.db", "version 99 is newer", "run the newer program"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s, err := Open(t.Context(), c.options(t, dir))
			if err == nil {
				t.Fatal("opened", s.Close())
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// alter runs a statement on a directory's file, behind the store's back.
func alter(t *testing.T, dir, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(filepath.Join(dir, "rapport.db")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}()
	if _, err := db.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

// noise is n bytes that nothing makes fewer.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b) // It never fails.
	return b
}

// TestMigrateOlder brings a file of today to a version of tomorrow, and keeps what is in
// it; a migration that fails says which and leaves the file as it was.
func TestMigrateOlder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openTest(t, dir)
	if _, err := s.Acquire(t.Context(), 1, 5); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := migrations.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, name := range names {
		data, err := migrations.ReadFile("migrations/" + name.Name())
		if err != nil {
			t.Fatal(err)
		}
		files[name.Name()] = &fstest.MapFile{Data: data}
	}
	today := len(files)
	file := func(n int) string { return fmt.Sprintf("%05d_more.sql", n) }
	tomorrow := maps.Clone(files)
	tomorrow[file(today+1)] = &fstest.MapFile{Data: []byte("-- +goose Up\nALTER TABLE claim ADD COLUMN note TEXT;\n")}
	broken := maps.Clone(tomorrow)
	broken[file(today+2)] = &fstest.MapFile{Data: []byte("-- +goose Up\nDROP TABLE claim;\nDROP TABLE nothing;\n")}

	db, err := sql.Open("sqlite", dsn(s.path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	log := slog.New(slog.DiscardHandler)
	if err := migrate(t.Context(), db, tomorrow, log); err != nil {
		t.Fatal(err)
	}
	fromTo := fmt.Sprintf("from version %d to %d", today+1, today+2)
	if err := migrate(t.Context(), db, broken, log); err == nil || !strings.Contains(err.Error(), fromTo) {
		t.Errorf("a broken migration: %v", err)
	}
	var epoch, notes int
	row := db.QueryRowContext(t.Context(), `SELECT epoch, (SELECT count(note) FROM claim) FROM partition_offset`)
	if err := row.Scan(&epoch, &notes); err != nil || epoch != 5 {
		t.Errorf("after the migrations: epoch %d, %v", epoch, err)
	}
	if err := migrate(t.Context(), db, files, log); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("back to today: %v", err)
	}
}

// TestPlans checks that no read of the hot path walks through a table or sorts one.
func TestPlans(t *testing.T) {
	t.Parallel()
	s := openTest(t, t.TempDir())
	page := func(f store.MessageFilter) string { q, _ := messagesQuery(&f); return q }
	plans := map[string]string{
		dueQuery:           "SEARCH w USING PRIMARY KEY (partition=? AND ",
		sqlText[dropWake]:  "SEARCH wake USING PRIMARY KEY (partition=? AND at=? AND profile=?)",
		sqlText[dropWakes]: "SEARCH wake USING PRIMARY KEY (partition=?)",
		firstSnapshotQuery: "SEARCH profile USING COVERING INDEX profile_snapshot (partition=?)",
		nextSnapshotQuery:  "SEARCH profile USING COVERING INDEX profile_snapshot (partition=? AND snapshot>?)",
		staleQuery:         "SEARCH profile USING COVERING INDEX profile_snapshot (partition=? AND snapshot=? AND id>?)",
		staleCountQuery:    "SEARCH profile USING COVERING INDEX profile_snapshot (partition=? AND snapshot<?)",
		eventsQuery:        "SEARCH timeline USING INDEX timeline_event (partition=? AND ",
		historyQuery[:len(historyQuery)-len(" ORDER BY at, rowid")]: "SEARCH timeline USING INDEX sqlite_autoindex_timeline_1 (partition=? AND profile=?)",
		profilesQuery:         "SEARCH profile USING INDEX sqlite_autoindex_profile_1 (partition=? AND id>?)",
		suppressionsQuery:     "SEARCH suppression USING INDEX sqlite_autoindex_suppression_1 ((bucket,hash,reason)>(?,?,?))",
		sqlText[dropTimeline]: "SEARCH timeline USING INDEX sqlite_autoindex_timeline_1 (partition=? AND profile=?)",
		sqlText[keepGone][:strings.Index(sqlText[keepGone], "GROUP")]: "SEARCH timeline USING INDEX sqlite_autoindex_timeline_1 (partition=? AND profile=?)",
		sqlText[tombMessages]: "SEARCH message USING INDEX message_profile (profile=?)",
		sqlText[dropPhones]:   "SEARCH phone USING INDEX sqlite_autoindex_phone_1 (partition=? AND profile=?)",
		outboxQuery:           "SEARCH outbox USING INDEX sqlite_autoindex_outbox_1 (partition=? AND seq>?)",
		page(store.MessageFilter{AfterID: "x", Limit: 5}):                     "SEARCH message USING INDEX message_decided",
		page(store.MessageFilter{Limit: 5}):                                   "SCAN message USING INDEX message_decided",
		page(store.MessageFilter{Profile: "a", AfterID: "x", Limit: 5}):       "SEARCH message USING INDEX message_profile (profile=?",
		page(store.MessageFilter{From: time.Unix(1, 0), To: time.Unix(2, 0)}): "SEARCH message USING INDEX message_decided (decided_at>? AND decided_at<?)",
	}
	for _, keys := range chunks {
		plans[statesQuery(keys)] = "SEARCH p USING INDEX sqlite_autoindex_profile_1 (partition=? AND id=?)"
		plans[seenQuery(keys)] = "SEARCH t USING COVERING INDEX sqlite_autoindex_timeline_1 (partition=? AND profile=? AND id=?)"
		plans[standingQuery(keys)] = "SEARCH p USING INDEX sqlite_autoindex_profile_1 (partition=? AND id=?); CORRELATED SCALAR SUBQUERY " +
			strconv.Itoa(keys+1) + "; SEARCH s USING COVERING INDEX sqlite_autoindex_suppression_1 (bucket=? AND hash=?)"
		plans[listedQuery(keys)] = "SEARCH s USING COVERING INDEX sqlite_autoindex_suppression_1 (bucket=? AND hash=?)"
		plans[tombsQuery(keys)] = "SEARCH e USING INDEX sqlite_autoindex_erased_1 (partition=? AND hash=?)"
	}
	for query, want := range plans {
		if strings.Contains(query, "LIMIT ?") {
			t.Errorf("%s\n is planned anew whenever the limit is bound: write LIMIT +?", query)
		}
		plan := planOf(t, s, query)
		if !strings.Contains(plan, want) || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s\n plan %s\n want %s", query, plan, want)
		}
	}
}

func planOf(t *testing.T, s *Store, query string) string {
	t.Helper()
	rows, err := s.reads.db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}()
	var plan []string
	for rows.Next() {
		var step string
		var skip int
		if err := rows.Scan(&skip, &skip, &skip, &step); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "; ")
}
