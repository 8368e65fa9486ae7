package ops_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryAlertHasARunbook(t *testing.T) {
	t.Parallel()
	const runbooks = "../../../deploy/runbooks/"
	left := map[string]bool{}
	files, err := fs.Glob(os.DirFS(runbooks), "*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		left[f] = true
	}
	for _, r := range rules(t) {
		name := r.Alert + ".md"
		if !left[name] {
			t.Errorf("alert %s has no runbook, or two alerts have its name", r.Alert)
			continue
		}
		delete(left, name)
		if !slices.Contains([]string{"page", "ticket"}, r.Labels["severity"]) || r.Annotations["summary"] == "" || r.For == "" {
			t.Errorf("alert %s needs a severity of page or ticket, a summary and a time", r.Alert)
		}
		if want := "deploy/runbooks/" + name; r.Annotations["runbook"] != want {
			t.Errorf("alert %s names the runbook %q, want %s", r.Alert, r.Annotations["runbook"], want)
		}
		b, err := os.ReadFile(runbooks + name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for _, want := range []string{
			"# " + r.Alert + "\n", "Severity: " + r.Labels["severity"] + ". Fires after " + r.For + " of\n\n    " + r.Expr + "\n",
			"\n## Meaning\n", "\n## Likely causes\n- ", "\n## What to look at\n", "\n## Remedy\n- ", "\n## It is over when\n",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
	}
	for f := range left {
		t.Errorf("%s belongs to no alert", f)
	}
}

// asks are what the runbooks have people ask Prometheus.
func asks(t *testing.T) []question {
	t.Helper()
	files, err := filepath.Glob("../../../deploy/runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	var out []question
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?s)```promql\n(.*?)```").FindAllStringSubmatch(string(b), -1) {
			for line := range strings.Lines(block[1]) {
				out = append(out, question{filepath.Base(f), strings.TrimSpace(line), ""})
			}
		}
	}
	return out
}
