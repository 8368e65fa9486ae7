package mjml_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/pkg/mjml"
)

// shared is the official compiler's own component documents with its answers, or the test is skipped.
func shared(t *testing.T) string {
	t.Helper()
	root := os.Getenv("RAPPORT_TESTDATA")
	if root == "" {
		dir, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
				root = filepath.Join(dir, "..", "shared", "testdata")
				break
			}
			if dir == filepath.Dir(dir) {
				t.Skip("no go.work above the test: set RAPPORT_TESTDATA to the folder that has mjml")
			}
			dir = filepath.Dir(dir)
		}
	}
	dir := filepath.Join(root, "mjml", "components")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no test data in %s: set RAPPORT_TESTDATA to the folder that has mjml", dir)
	}
	return dir
}

func TestSuite(t *testing.T) {
	t.Parallel()
	dir := shared(t)
	files, err := filepath.Glob(filepath.Join(dir, "*.mjml"))
	if err != nil || len(files) < 70 {
		t.Fatalf("%d documents, %v", len(files), err)
	}
	c := compiler(t, mjml.Config{})
	equal, all := 0, 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".mjml")
		want, err := os.ReadFile(filepath.Join(dir, "expected-mjml-5.4.1", name+".html"))
		if err != nil {
			continue // one that does not compile: see TestSuiteMessages
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if messages(t, dir)["components/"+name+".mjml"] != nil {
			continue
		}
		all++
		got, err := c.Compile(t.Context(), string(text), mjml.Options{File: name})
		if err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		if d := difference(dom(t, got.HTML), dom(t, string(want))); d != "" {
			t.Logf("%s: %s", name, d)
			continue
		}
		equal++
	}
	t.Logf("%d of %d documents compile to the same tree", equal, all)
	if all < 70 || equal*100 < all*95 {
		t.Errorf("%d of %d documents compile to the same tree, want 95 %%", equal, all)
	}
}

func messages(t *testing.T, dir string) map[string][]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "..", "validation-messages-mjml-5.4.1.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out map[string][]string
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSuiteMessages: what the official compiler complains of, and nothing else of the suite, is an error, on the same line.
func TestSuiteMessages(t *testing.T) {
	t.Parallel()
	dir := shared(t)
	c := compiler(t, mjml.Config{})
	seen := 0
	for name, want := range messages(t, dir) {
		text, err := os.ReadFile(filepath.Join(dir, "..", name))
		if err != nil {
			continue // of the other half of the suite
		}
		seen++
		_, err = c.Compile(t.Context(), string(text), mjml.Options{File: name})
		var got mjml.Problems
		if !errors.As(err, &got) || len(got) != len(want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
			continue
		}
		for i, w := range want {
			line, _, _ := strings.Cut(strings.TrimPrefix(w, "Line "), " ")
			if strings.HasPrefix(w, "Line ") && line != itoa(got[i].Line) {
				t.Errorf("%s: got %v, want %s", name, got[i], w)
			}
			t.Log(got[i])
		}
	}
	if seen == 0 {
		t.Error("no document with a message was found")
	}
}
