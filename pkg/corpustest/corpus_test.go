package corpustest_test

import (
	"os"
	"path/filepath"
	"testing"

	"rapport/pkg/corpustest"
)

// The test data of this test is where its environment says; that is the whole process's, so that it runs alone.
func TestDataIsFoundOrSkips(t *testing.T) {
	root := t.TempDir()
	t.Setenv("RAPPORT_TESTDATA", root)
	if err := os.MkdirAll(filepath.Join(root, "mails"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "mails", "1.eml"), []byte("From: zoe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := string(corpustest.Read(t, "mails/1.eml")); got != "From: zoe" {
		t.Errorf("read %q", got)
	}
	if got := corpustest.Path(t, "mails"); got != filepath.Join(root, "mails") {
		t.Errorf("the folder is %s", got)
	}
	var absent *testing.T
	t.Run("absent", func(t *testing.T) {
		absent = t
		corpustest.Read(t, "mails/2.eml")
		t.Error("it goes on without the data")
	})
	if !absent.Skipped() {
		t.Error("absence does not skip the test")
	}
}

// Without the variable the data is looked for beside the repository, which a test is somewhere in.
func TestDataIsLookedForBesideTheRepository(t *testing.T) {
	t.Setenv("RAPPORT_TESTDATA", "")
	t.Chdir(t.TempDir())
	outside := true
	t.Run("outside", func(t *testing.T) {
		corpustest.Path(t, "mails")
		outside = false
	})
	if !outside {
		t.Error("data was found outside of a repository")
	}
	root := t.TempDir()
	for _, dir := range []string{"main/pkg/bounce", "shared/testdata/mails"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "main", "go.work"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(root, "main", "pkg", "bounce"))
	if got, err := os.Stat(corpustest.Path(t, "mails")); err != nil || !got.IsDir() {
		t.Errorf("%v, %v", got, err)
	}
}
