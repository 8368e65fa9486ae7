//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		minutes, seed string // of the environment
		args          []string
		length        time.Duration
		want          uint64
		wrong         string
	}{
		{"", "7", nil, 75 * time.Second, 7, ""},
		{"30", "7", nil, 30 * time.Minute, 7, ""},
		{"30", "7", []string{"--minutes", "2", "--seed", "9"}, 2 * time.Minute, 9, ""},
		{"long", "", nil, 0, 0, "CHAOS_MINUTES"},
		{"", "x", nil, 0, 0, "CHAOS_SEED"},
		{"-1", "", nil, 0, 0, "more than nothing"},
		{"", "", []string{"now"}, 0, 0, "only flags"},
	} {
		t.Setenv("CHAOS_MINUTES", c.minutes)
		t.Setenv("CHAOS_SEED", c.seed)
		o, err := parse(c.args, &bytes.Buffer{})
		switch {
		case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
			t.Errorf("%+v: error %v", c, err)
		case c.wrong == "" && (err != nil || o.length != c.length || o.seed != c.want):
			t.Errorf("%+v: %+v, %v", c, o, err)
		}
	}
}

// chaos makes one run and returns its report and exit code.
func chaos(t *testing.T, args ...string) (report, int) {
	t.Helper()
	if os.Getenv("RAPPORT_CHAOS") == "" {
		t.Skip("a run takes minutes and real servers: set RAPPORT_CHAOS=1")
	}
	var out, errs bytes.Buffer
	code := command(t.Context(), append([]string{"--json", "--dir", t.TempDir()}, args...), &out, &errs)
	t.Logf("exit code %d\n%s", code, errs.String())
	var r report
	if code == useless {
		t.Fatal("the run proves nothing")
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("the report: %v in %s", err, out.String())
	}
	return r, code
}

// A short run under every kind of fault keeps all promises.
func TestNothingIsLostOrDoubled(t *testing.T) {
	r, code := chaos(t, "--minutes", "0.8", "--seed", "1")
	for _, v := range r.Violations {
		t.Errorf("%s: %s", v.Rule, v.What)
	}
	c := r.Counts
	if code != whole || len(r.Faults) < 10 || c.Accepted < 500 || c.Decided < 500 || c.Applied <= c.Accepted || c.Taken == 0 {
		t.Errorf("code %d, %d faults, counts %+v", code, len(r.Faults), c)
	}
}

// The same run of a program that acknowledges events before it commits them has to fail, and
// for that reason: otherwise the run above proves nothing.
func TestThePlantedBugIsFound(t *testing.T) {
	r, code := chaos(t, "--minutes", "0.8", "--seed", "1", "--planted-bug", "--settle", "45s")
	lost := 0
	for _, v := range r.Violations {
		if v.Rule == "applied" {
			lost++
		}
	}
	if code != violated || lost == 0 {
		t.Errorf("code %d, %d events lost, violations %v", code, lost, r.Violations)
	}
	t.Logf("%d accepted events were never applied, and that was found", lost)
}
