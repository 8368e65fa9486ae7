package bounce_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/pkg/bounce"
)

var update = flag.Bool("update", false, "write what is read of testdata/scenarios into the files beside the mails")

// TestScenarios reads mails that were written for this test, one for each thing that the package promises, and holds
// what it reads against the JSON beside each mail.
func TestScenarios(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob(filepath.Join("testdata", "scenarios", "*.eml"))
	if err != nil || len(names) < 20 {
		t.Fatalf("%d scenarios, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".eml"), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			r, err := bounce.Read(raw)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			e := json.NewEncoder(&got)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			if err := e.Encode(struct {
				bounce.Report
				Rapport string
			}{r, r.Original("X-Rapport-Message")}); err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(name, ".eml") + ".json"
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("got\n%s\nwant\n%s", got.Bytes(), want)
			}
		})
	}
}

func TestReadNoMail(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "\n\n", "no header here\n\nbody", "\x00\x01\x02", " folded: into nothing"} {
		if r, err := bounce.Read([]byte(raw)); !errors.Is(err, bounce.ErrNoMail) {
			t.Errorf("%q: %v, %+v", raw, err, r)
		}
	}
}
