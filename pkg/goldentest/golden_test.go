package goldentest_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"rapport/pkg/goldentest"
)

// recorder is a test that notes how it fails.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Errorf(format string, args ...any) { r.said = fmt.Sprintf(format, args...) }

func TestCompare(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("testdata", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		update bool
		got    string
		want   string // what is said; empty: nothing
	}{
		{true, "one", ""},
		{false, "one", ""},
		{false, "two", "a.txt differs; -update writes it anew. Got\ntwo\nwant\none"},
		{true, "two", ""},
		{false, "two", ""},
	} {
		r := &recorder{TB: t}
		goldentest.Compare(r, c.update, "a.txt", []byte(c.got))
		if !strings.HasSuffix(r.said, c.want) || c.want == "" && r.said != "" {
			t.Errorf("%q, update %v: %q, want %q", c.got, c.update, r.said, c.want)
		}
	}
}
