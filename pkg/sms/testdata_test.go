package sms_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// published reads a file of the third-party test data, which is not part of the repository.
func published(t *testing.T, into any, name ...string) {
	t.Helper()
	root := os.Getenv("RAPPORT_TESTDATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "testdata")
	}
	file := filepath.Join(append([]string{root}, name...)...)
	b, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		t.Skipf("no %s: set RAPPORT_TESTDATA to the directory that holds the test data", file)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
