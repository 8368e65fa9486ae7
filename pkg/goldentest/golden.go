package goldentest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Compare fails the test when testdata/name does not hold what was got. With update it writes
// the file first.
func Compare(t testing.TB, update bool, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; -update writes it anew. Got\n%.4000s\nwant\n%.4000s", path, got, want)
	}
}
