package workspace

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestProblems compares what is said about the files of testdata/problems with what somebody
// has read and found helpful. Each is some files, behind lines "-- NAME --", on top of a
// workspace that reads, and then the problems. After a change that is meant:
// go test ./workspace -run Problems -update, and look at the difference.
func TestProblems(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/problems/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			given, want := archive(string(text))
			got := said(t, given)
			if *update {
				before, _, _ := strings.Cut(string(text), "-- problems --\n")
				if err := os.WriteFile(name, []byte(before+"-- problems --\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("it says\n%s\nand not\n%s", got, want)
			}
		})
	}
}

// archive parts a text at its lines "-- NAME --".
func archive(text string) (files map[string]string, problems string) {
	files = map[string]string{}
	name := ""
	for _, line := range strings.SplitAfter(text, "\n") {
		if inner, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "-- "); ok && strings.HasSuffix(inner, " --") {
			name = strings.TrimSuffix(inner, " --")
			files[name] = ""
			continue
		}
		files[name] += line
	}
	problems = files["problems"]
	delete(files, "problems")
	delete(files, "")
	return files, problems
}

// said is all that is said about a workspace, mistakes or warnings.
func said(t *testing.T, changed map[string]string) string {
	t.Helper()
	files := large()
	files["journeys/hello.yaml"] = hello("goal: {on: order.completed, within: 14d}\n")
	maps.Copy(files, changed)
	s, err := load(files)
	if err == nil {
		return s.Warnings().Error() + "\n"
	}
	var ps Problems
	if !errors.As(err, &ps) {
		t.Fatalf("not Problems: %v", err)
	}
	return ps.Error() + "\n"
}

// hostile are files made to cost much.
func hostile() map[string]string {
	return map[string]string{
		"brackets":  strings.Repeat("[", 100000),
		"braces":    strings.Repeat("{a: ", 50000),
		"dashes":    strings.Repeat("- ", 50000) + "a",
		"aliases":   "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nd: [*c, *c, *c]\n",
		"long line": "if: " + strings.Repeat("a ", 100000),
		"not":       "segment: x\nif: " + strings.Repeat("not ", 900) + "true\n",
		"parens":    "segment: x\nif: " + strings.Repeat("(", 1900) + "\n",
		"or":        "segment: x\nif: " + strings.Repeat("true or ", 200) + "true\n",
		"many caps": "caps:\n" + strings.Repeat("  - {channel: nowhere, at_most: -1, per: soon, x: y}\n", 4500),
		"tiers":     "tiers:\n" + strings.Repeat("  - {name: a, from: 1}\n", 9000),
		"earnings":  "earn:\n" + strings.Repeat("  - {on: order.completed, points: event.totl}\n", 5000),
		"headers":   "url: https://a.example\nbody: x\nheaders:\n" + strings.Repeat("  \"a b\": \"${\"\n", 15000),
		"liquid":    "url: https://a.example\nbody: '" + strings.Repeat("{% for x in y %}", 8000) + "'\n",
		"quotes":    "url: \"" + strings.Repeat(`\"`, 100000) + "\n",
		"nul":       "segment: \"a\\0b\"\nif: \"\\0\"\n",
		"zeros":     strings.Repeat("\x00", 200000),
	}
}

// TestHostile: whatever a file holds, it is refused soon. The bound is for machines that are
// slow or busy; a refusal takes some milliseconds.
func TestHostile(t *testing.T) {
	for name, text := range hostile() {
		for _, file := range []string{"policy.yaml", "loyalty.yaml", "segments/x.yaml", "webhook/x.yaml", "rapport.yaml"} {
			files := small()
			files[file] = text
			began := time.Now()
			_, err := load(files)
			if took := time.Since(began); took > slowdown*5*time.Second {
				t.Errorf("%s in %s took %s", name, file, took)
			}
			if err == nil {
				t.Errorf("%s in %s is taken", name, file)
			}
		}
	}
}
