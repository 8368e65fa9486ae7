package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"rapport/pkg/rehearsal/script"
	"rapport/pkg/workspace"
	"rapport/services/rapport/stack"
)

// testFlags are the flags of test.
type testFlags struct {
	run      string
	junit    string
	minCover string
	json     bool
	cover    bool
	verbose  bool
}

func testCommand() *cobra.Command {
	var f testFlags
	cmd := &cobra.Command{
		Use: "test [DIR]", Short: "Run the tests of a workspace's journeys, in virtual time",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("%d workspaces to test: name one, as in %s templates", len(args), c.CommandPath())
			}
			return nil
		},
		Long: `Run the tests of a workspace, which lie in tests/*.test.yaml beside its journeys. Each puts
one person on a stage, lets events happen to them in virtual time, and says what is expected.
A message that goes out and is not expected fails a test. Exits 1 when a test fails.`,
		RunE: func(c *cobra.Command, args []string) error {
			dir := workspaceOf("")
			if len(args) == 1 {
				dir = args[0]
			}
			if dir == "" {
				return &usageError{c.CommandPath(), errors.New("no workspace here: name its directory, or run this beside ./templates")}
			}
			chosen, atLeast, err := f.check()
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			return f.test(c.Context(), c.OutOrStdout(), dir, chosen, atLeast)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.run, "run", "", "run only the tests whose file or name this regular expression matches")
	flags.StringVar(&f.junit, "junit", "", "file to write a report in JUnit's XML to, for CI")
	flags.BoolVar(&f.json, "json", false, "print the results as one JSON object")
	flags.BoolVar(&f.cover, "cover", false, "say which steps, branches, arms and leave rules no test comes to")
	flags.StringVar(&f.minCover, "min-cover", "", "fail when tests come to less than this share of all journeys, such as 80%")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "print every test, not only those that fail")
	return cmd
}

// check reads the flags that have a form.
func (f *testFlags) check() (chosen *regexp.Regexp, atLeast float64, err error) {
	if chosen, err = regexp.Compile(f.run); err != nil {
		return nil, 0, fmt.Errorf("--run %q: is no regular expression: %w", f.run, err)
	}
	if f.minCover != "" {
		n, err := strconv.ParseFloat(strings.TrimSuffix(f.minCover, "%"), 64)
		if err != nil || n < 0 || n > 100 {
			return nil, 0, fmt.Errorf("--min-cover %q: write a share from 0%% to 100%%, such as 80%%", f.minCover)
		}
		atLeast = n / 100
	}
	return chosen, atLeast, nil
}

func (f *testFlags) test(ctx context.Context, out io.Writer, dir string, chosen *regexp.Regexp, atLeast float64) error {
	snap, err := stack.Check(dir)
	if err != nil {
		return err
	}
	tests, err := script.Read(os.DirFS(dir), snap)
	if err != nil {
		return fmt.Errorf("the tests of %s have mistakes:\n\n%w", dir, inDir(dir, err))
	}
	var wanted []*script.Test
	for _, t := range tests {
		if chosen.MatchString(t.Name) || chosen.MatchString(t.File) {
			wanted = append(wanted, t)
		}
	}
	if len(wanted) == 0 {
		return noTests(dir, f.run, len(tests))
	}
	results, err := runTests(ctx, snap, wanted)
	if err != nil {
		return err
	}
	cover := script.NewCover(snap.Journeys())
	failed := 0
	for i := range results {
		results[i].Test.File = filepath.Join(dir, results[i].Test.File)
		cover.Merge(results[i].Cover)
		if !results[i].Passed() {
			failed++
		}
	}
	if err := f.report(out, results, cover); err != nil {
		return err
	}
	switch share := cover.Share(); {
	case failed > 0:
		return fmt.Errorf("%d of %d tests failed", failed, len(results))
	case share < atLeast:
		return fmt.Errorf("tests come to %.1f%% of the journeys, and are to come to %s: see what is missing with --cover", share*100, f.minCover)
	}
	return nil
}

func noTests(dir, run string, all int) error {
	if all == 0 {
		return fmt.Errorf("%s has no tests: write one as %s", dir, filepath.Join(dir, script.Dir, "NAME.test.yaml"))
	}
	return fmt.Errorf("--run %q matches none of the %d tests of %s", run, all, dir)
}

// inDir names files from where the program was started.
func inDir(dir string, err error) error {
	var problems workspace.Problems
	if !errors.As(err, &problems) {
		return err
	}
	for i := range problems {
		problems[i].File = filepath.Join(dir, problems[i].File)
	}
	return problems
}

// runTests runs all tests, as many at a time as there are processors. The results are in
// the order of the tests.
func runTests(ctx context.Context, snap *workspace.Snapshot, tests []*script.Test) ([]script.Ran, error) {
	results := make([]script.Ran, len(tests))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, t := range tests {
		g.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			start := time.Now()
			results[i] = script.Ran{Result: script.Run(ctx, snap, t), Took: time.Since(start)}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("run the tests: %w", err)
	}
	return results, nil
}

// report prints the results, and writes the file for CI.
func (f *testFlags) report(out io.Writer, results []script.Ran, cover *script.Cover) error {
	if f.junit != "" {
		if err := writeFile(f.junit, func(w io.Writer) error { return script.WriteJUnit(w, results) }); err != nil {
			return err
		}
	}
	if f.json {
		shown := cover
		if !f.cover {
			shown = nil
		}
		return script.WriteJSON(out, results, shown)
	}
	var b strings.Builder
	passed := 0
	for i := range results {
		r := &results[i]
		switch {
		case !r.Passed():
			b.WriteString("FAIL  " + r.Timeline() + "\n")
			continue
		case f.verbose:
			fmt.Fprintf(&b, "ok    %s:%d: %s (%s)\n", r.Test.File, r.Test.Line, r.Test.Name, r.Took.Round(time.Millisecond))
		}
		passed++
	}
	fmt.Fprintf(&b, "%d of %d tests passed\n", passed, len(results))
	if _, err := io.WriteString(out, b.String()); err != nil {
		return err
	}
	if f.cover {
		return cover.Write(out)
	}
	return nil
}

// writeFile writes a whole file, and says so when it cannot.
func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path) //nolint:gosec // The user names the file.
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		return fmt.Errorf("write the report %s: %w", path, err)
	}
	return nil
}
