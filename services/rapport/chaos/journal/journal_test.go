package journal_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"rapport/services/rapport/chaos/journal"
)

type record struct {
	ID string `json:"id"`
	N  int    `json:"n"`
}

func TestRecordsComeBackInOrder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "j.jsonl")
	want := []record{{"a", 1}, {"b", 2}, {"a", 3}}
	for i := range want { // Opened again each time, as after a crash.
		j, err := journal.Open[record](path)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Append(want[i]); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.WriteString(`{"id":"half`)
	_ = f.Close()
	got, err := journal.Read[record](path)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("read %v, %v", got, err)
	}
}

func TestBrokenLinesAreNamed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "j.jsonl")
	if err := os.WriteFile(path, []byte("{\"id\":\"a\"}\nnothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := journal.Read[record](path); err == nil {
		t.Errorf("read %v", got)
	}
}
