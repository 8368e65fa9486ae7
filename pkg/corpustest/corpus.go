package corpustest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Path is where a file or a folder of the test data is. Without it the test is skipped.
func Path(t testing.TB, name string) string {
	t.Helper()
	root := os.Getenv("RAPPORT_TESTDATA")
	if root == "" {
		root = filepath.Join(workspace(t), "..", "shared", "testdata")
	}
	path := filepath.Join(root, filepath.FromSlash(name))
	if !exists(t, path) {
		t.Skipf("%s is absent; set RAPPORT_TESTDATA to where the test data is", path)
	}
	return path
}

// Read is what a file of the test data holds. Without it the test is skipped.
func Read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// workspace is the folder above this test that has go.work. A copy of one module has none.
func workspace(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for !exists(t, filepath.Join(dir, "go.work")) {
		if dir == filepath.Dir(dir) {
			t.Skip("no go.work above this package: set RAPPORT_TESTDATA to run this test")
		}
		dir = filepath.Dir(dir)
	}
	return dir
}

func exists(t testing.TB, path string) bool {
	t.Helper()
	_, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}
