package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapport/pkg/store"
)

// A tool reads and saves versions while the owner goes on, each sees what the other wrote,
// and the directory stays the owner's.
func TestBeside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	owner := openTest(t, dir)
	for p := range 3 {
		if _, err := owner.Acquire(t.Context(), p, 1); err != nil {
			t.Fatal(err)
		}
	}
	tool, err := OpenBeside(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if list, err := tool.Partitions(t.Context()); err != nil || len(list) != 3 || list[2] != 2 {
		t.Errorf("partitions %v, %v", list, err)
	}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for i, s := range []*Store{tool, owner, tool} {
		v := store.Version{ID: strings.Repeat("a", i+1), At: at.Add(time.Duration(i) * time.Hour), Files: map[string][]byte{"rapport.yaml": []byte("x")}}
		if err := s.SaveVersion(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		if err := s.Apply(t.Context(), v.ID, v.At, "ada"); err != nil {
			t.Fatal(err)
		}
	}
	for name, s := range map[string]*Store{"owner": owner, "tool": tool} {
		if list, err := s.Applied(t.Context(), 10); err != nil || len(list) != 3 || list[0].Version != "aaa" {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
	if err := tool.Close(); err != nil {
		t.Error(err)
	}
	if err := owner.Ping(t.Context()); err != nil {
		t.Error("after the tool has gone:", err)
	}
	if second, err := Open(t.Context(), Options{Dir: dir}); err == nil {
		t.Error("the directory was given away", second.Close())
	}
}

func TestBesideRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := OpenBeside(t.Context(), Options{Dir: dir}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing there: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("it left %v behind (%v)", left, err)
	}
	write(t, filepath.Join(dir, "rapport.db"), strings.Repeat("this is a letter to my aunt\n", 200))
	if _, err := OpenBeside(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("no database: %v", err)
	}
	for statement, want := range map[string]string{
		`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`: "run the newer program",
		`DELETE FROM goose_db_version WHERE version_id > 1`:                    "start `rapport up` on the directory once",
		`PRAGMA application_id = 7`:                                            "another program",
	} {
		dir := t.TempDir()
		s, err := Open(t.Context(), Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		alter(t, dir, statement)
		if _, err := OpenBeside(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("after %s: %v", statement, err)
		}
	}
}
