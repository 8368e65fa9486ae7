package schema_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"rapport/pkg/rehearsal/script"
	"rapport/pkg/workspace"
	"rapport/pkg/workspace/schema"
	"rapport/pkg/workspace/schema/schematest"
	"rapport/pkg/workspace/source"
)

// around is a workspace that tests are read in.
func around(t *testing.T) *workspace.Snapshot {
	t.Helper()
	tree := fstest.MapFS{}
	for name, text := range map[string]string{
		"rapport.yaml":            "shop: {name: Shop, currency: GBP, timezone: Europe/London}\nemail: {from: {name: Shop, address: a@shop.example}}\n",
		"email/hello.html.liquid": "---\nsubject: Hello\n---\n<p>Hello</p>\n",
		"email/hello.txt.liquid":  "Hello\n",
		"journeys/hello.yaml":     "journey: hello\ncategory: transactional\nstatus: active\nenter: {on: order.completed}\nsteps:\n  - id: greet\n    send: {email: hello}\n",
	} {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	s, err := workspace.Load(tree, "test")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTestsAndReader: of tests that the schema takes, their reader knows every key in its
// place, and no key that the schema does not know.
func TestTestsAndReader(t *testing.T) {
	t.Parallel()
	s, snap := schema.Test(), around(t)
	compare, documents, check := schematest.New(s), schematest.Documents(s), schematest.Compile(t, s)
	const name = "tests/x.test.yaml"
	try := func(t interface{ Fatalf(string, ...any) }, doc any) {
		text, err := json.MarshalIndent(doc, "", " ")
		if err != nil {
			t.Fatalf("%v", err)
		}
		r := compare.Report()
		script.ReadText(name, string(text), snap, r)
		var unheard source.Report
		n := source.NewFile(name, string(text)).YAML(&unheard)
		if n == nil {
			t.Fatalf("it is no YAML:\n%s\n%v", text, unheard.Problems())
		}
		if err := check.Validate(schematest.Value(n)); err != nil {
			t.Fatalf("the schema refuses what was drawn from it:\n%s\n%v", text, err)
		}
		for _, p := range r.Problems() {
			if strings.Contains(p.Message, "must be a mapping") {
				t.Fatalf("the schema takes what the reader does not:\n%s", p)
			}
		}
		if differ := compare.Differences(n); len(differ) > 0 {
			t.Fatalf("%s\n%s", text, strings.Join(differ, "\n"))
		}
	}
	rapid.Check(t, func(rt *rapid.T) { try(rt, documents.Draw(rt, "document")) })
	for seed := 0; len(compare.Left()) > 0 && seed < 500; seed++ {
		try(t, documents.Example(seed))
	}
	if left := compare.Left(); len(left) > 0 {
		t.Errorf("no document shows these to the reader: %v", left)
	}
}

// TestGoodTests: the schema takes the tests that ship, and those of the rehearsals.
func TestGoodTests(t *testing.T) {
	t.Parallel()
	check := schematest.Compile(t, schema.Test())
	checked := 0
	takes := func(name, text string) {
		for i, doc := range strings.Split("\n"+text, "\n---\n") {
			if strings.TrimSpace(doc) == "" {
				continue
			}
			var r source.Report
			n := source.NewFile(name, doc).YAML(&r)
			if n == nil {
				continue // only comments, or a test of what is no YAML
			}
			checked++
			if err := check.Validate(schematest.Value(n)); err != nil {
				t.Errorf("the schema refuses document %d of %s: %v", i+1, name, err)
			}
		}
	}
	for _, dir := range []string{"../../../templates/tests", "../../rehearsal/testdata/golden"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			switch {
			case strings.HasSuffix(path, ".test.yaml"):
				takes(path, string(text))
			case strings.HasSuffix(path, ".txtar") && !strings.HasPrefix(filepath.Base(path), "mistakes"):
				for name, text := range testsIn(string(text)) {
					takes(path+": "+name, text)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if checked < 10 {
		t.Errorf("only %d tests", checked)
	}
}

// testsIn are the files with tests in a text archive.
func testsIn(archive string) map[string]string {
	files := map[string]string{}
	name := ""
	for _, line := range strings.SplitAfter(archive, "\n") {
		if inner, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "-- "); ok && strings.HasSuffix(inner, " --") {
			name = strings.TrimSuffix(inner, " --")
			continue
		}
		if strings.HasSuffix(name, ".test.yaml") {
			files[name] += line
		}
	}
	return files
}
