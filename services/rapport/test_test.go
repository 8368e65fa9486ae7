package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodTest = `test: an order is thanked for
journey: thank-you
profile: {id: ada}
now: 2026-03-02T09:00:00Z
events: [{type: order.completed, data: {order_id: A1, total: 20.0}}]
expect: [{at: +0s, sent: {email: thank-you}}]
---
test: an order of somebody unknown is not
journey: thank-you
profile: {id: "anonymous:x"}
now: 2026-03-02T09:00:00Z
events: [{type: order.completed, data: {order_id: A1, total: 20.0}}]
expect: [{nothing: true}]
`

const badTest = `test: two mails for one order
journey: thank-you
profile: {id: ada}
now: 2026-03-02T09:00:00Z
events: [{type: order.completed, data: {order_id: A1, total: 20.0}}]
expect: [{sent: {email: thank-you}}, {sent: {email: thank-you}}]
`

// tested is a workspace with the given tests alone.
func tested(t *testing.T, tests map[string]string) string {
	t.Helper()
	dir := workspace(t)
	if err := os.RemoveAll(filepath.Join(dir, "tests")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "tests"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range tests {
		write(t, filepath.Join(dir, "tests"), name, text)
	}
	return dir
}

func TestTestsOfJourneys(t *testing.T) {
	t.Parallel()
	good, both := map[string]string{"good.test.yaml": goodTest}, map[string]string{"good.test.yaml": goodTest, "bad.test.yaml": badTest}
	for name, c := range map[string]struct {
		tests  map[string]string
		args   []string
		code   int
		out    string
		errors string
	}{
		"all pass":               {tests: good, out: "2 of 2 tests passed\n"},
		"each is named":          {tests: good, args: []string{"-v"}, out: "good.test.yaml:1: an order is thanked for ("},
		"one fails":              {tests: both, code: 1, out: ">>> any time                        sent email thank-you", errors: "rapport: 1 of 3 tests failed"},
		"one is chosen":          {tests: both, args: []string{"--run", "unknown"}, out: "1 of 1 tests passed\n"},
		"none is chosen":         {tests: good, args: []string{"--run", "frob"}, code: 1, errors: `--run "frob" matches none of the 2 tests`},
		"a mistake in a test":    {tests: map[string]string{"x.test.yaml": strings.ReplaceAll(goodTest, "journey:", "jurney:")}, code: 1, errors: "x.test.yaml:2:1: a test has no jurney:"},
		"there are none":         {code: 1, errors: "has no tests: write one as"},
		"coverage":               {tests: good, args: []string{"--cover"}, out: "100%  thank-you (1 of 1)"},
		"too little is covered":  {tests: good, args: []string{"--min-cover", "99%"}, code: 1, errors: "and are to come to 99%: see what is missing with --cover"},
		"enough is covered":      {tests: good, args: []string{"--min-cover", "0%"}},
		"JSON":                   {tests: both, args: []string{"--json"}, code: 1, out: `"expected": "sent email thank-you"`},
		"a share that is none":   {tests: good, args: []string{"--min-cover", "much"}, code: 2, errors: `--min-cover "much": write a share from 0% to 100%`},
		"an expression is wrong": {tests: good, args: []string{"--run", "("}, code: 2, errors: `--run "(": is no regular expression`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := execute(t, command(t, t.TempDir(), append([]string{"test", tested(t, c.tests)}, c.args...)...))
			if got.code != c.code || !strings.Contains(got.out, c.out) || !strings.Contains(got.errors, c.errors) {
				t.Errorf("exit code %d, want %d; standard output:\n%s\nwant in it: %s\nstandard error:\n%s\nwant in it: %s", got.code, c.code, got.out, c.out, got.errors, c.errors)
			}
		})
	}
}

// The report for CI is written whether tests pass or fail.
func TestReportForCI(t *testing.T) {
	t.Parallel()
	dir := tested(t, map[string]string{"bad.test.yaml": badTest})
	file := filepath.Join(t.TempDir(), "junit.xml")
	if got := execute(t, command(t, t.TempDir(), "test", dir, "--junit", file)); got.code != 1 {
		t.Fatalf("exit code %d: %s", got.code, got.errors)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(b); !strings.Contains(text, `<testcase name="two mails for one order"`) || !strings.Contains(text, `failures="1"`) {
		t.Errorf("%s", text)
	}
}
