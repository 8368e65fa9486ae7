package workspace_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"rapport/pkg/rehearsal/script"
	"rapport/pkg/workspace"
)

// The page that says the whole language, and the workspace beside it, from which its
// examples take what they do not show.
const (
	page    = "../../templates/LANGUAGE.md"
	starter = "../../templates"
)

// example is one block of code on the page, with what the next block says comes of it.
type example struct {
	line     int
	language string
	what     string // what stands behind the language: a file, or journey for a part of one
	text     string
	says     string // errors, warnings or result: what the next block holds
	want     string
}

var fence = regexp.MustCompile("(?ms)^```([a-z]+)(?: ([^\n]*))?\n(.*?)^```$")

// examples are the page's blocks, in order.
func examples(t *testing.T) []example {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var all []example
	for _, m := range fence.FindAllSubmatchIndex(text, -1) {
		part := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return string(text[m[2*i]:m[2*i+1]])
		}
		e := example{line: 1 + strings.Count(string(text[:m[0]]), "\n"), language: part(1), what: part(2), text: part(3)}
		if e.language != "text" {
			all = append(all, e)
			continue
		}
		if e.what == "" {
			continue // what a command prints; services/rapport looks at it
		}
		last := &all[len(all)-1]
		last.says, last.want = e.what, strings.TrimSpace(e.text)
	}
	if len(all) < 60 {
		t.Fatalf("the page has %d examples", len(all))
	}
	return all
}

// Every example on the page is read, in the workspace that the page is part of, without a
// mistake and without a warning, or with just those that it shows; its tests are run.
func TestLanguagePage(t *testing.T) {
	t.Parallel()
	files := surroundings(t)
	for _, e := range examples(t) {
		name := fmt.Sprintf("line %d", e.line)
		switch {
		case e.language == "yaml" && e.what == "journey":
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				e.reads(t, with(files, "journeys/example.yaml", whole(e.text)))
			})
			continue
		case e.language == "mjml":
			// The examples behind it do without: each would start a compiler.
			name := strings.TrimSuffix(strings.TrimPrefix(e.what, "email/"), ".mjml")
			t.Run(fmt.Sprintf("line %d", e.line), func(t *testing.T) {
				t.Parallel()
				if workspace.Slowdown > 1 {
					t.Skip("the JavaScript engine is too slow under the race detector; run without -race")
				}
				shown := with(files, e.what, e.text)
				shown = with(shown, "email/"+name+".txt.liquid", "The new season is here: {{ shop.url }}\n")
				e.reads(t, with(shown, "journeys/example.yaml", whole("steps:\n  - id: mail\n    send: {email: "+name+"}\n")))
			})
			continue
		case e.language == "yaml" && e.what == "ada", e.language == "expr", e.language == "sh", e.language == "json":
			continue // TestConditionsOfLanguagePage, and those of services/rapport
		case e.language != "yaml" && e.language != "liquid" || !strings.Contains(e.what, "."):
			t.Errorf("line %d: nobody knows what to do with %s %s", e.line, e.language, e.what)
			continue
		}
		if e.language == "yaml" && !strings.HasPrefix(e.text, "# "+e.what+"\n") {
			t.Errorf("line %d: begin it with # %s, which is what readers see", e.line, e.what)
		}
		files = with(files, e.what, e.text)
		shown := maps.Clone(files)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			switch {
			case strings.HasPrefix(e.what, "tests/"):
				e.passes(t, shown)
			case e.language == "yaml":
				maps.DeleteFunc(shown, func(name string, _ *fstest.MapFile) bool {
					return strings.HasPrefix(name, "journeys/") && name != e.what
				})
				e.reads(t, shown)
			}
		})
	}
}

// surroundings are the starter's files without its journeys and their tests.
func surroundings(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	source := os.DirFS(starter)
	err := fs.WalkDir(source, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(name, "journeys/") || strings.HasPrefix(name, "tests/") {
			return err
		}
		text, err := fs.ReadFile(source, name)
		files[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// with is the files with one more, or with another text of one.
func with(files fstest.MapFS, name, text string) fstest.MapFS {
	more := maps.Clone(files)
	more[name] = &fstest.MapFile{Data: []byte(text)}
	return more
}

// rest is what a part of a journey stands in, as the page's first example says.
var rest = []struct{ key, text string }{
	{"journey", "journey: example\n"},
	{"category", "category: marketing\n"},
	{"status", "status: active\n"},
	{"enter", "enter: {on: order.completed}\n"},
	{"goal", "goal: order.completed\n"},
	{"steps", "steps:\n  - id: hello\n    send: {email: welcome}\n"},
}

// whole is a journey of which an example shows a part. What it shows takes the place of the
// same key in the rest, so that lines are counted as if somebody had typed it in.
func whole(part string) string {
	shown := map[string]string{}
	var order []string
	for _, m := range regexp.MustCompile(`(?m)^[a-z_]+:.*\n(?:[ #-].*\n|\n)*`).FindAllString(part, -1) {
		key, _, _ := strings.Cut(m, ":")
		shown[key] = m
		order = append(order, key)
	}
	var b strings.Builder
	for _, r := range rest {
		if r.key == "steps" {
			for _, key := range order {
				if !slices.ContainsFunc(rest, func(r struct{ key, text string }) bool { return r.key == key }) {
					b.WriteString(shown[key])
				}
			}
		}
		switch text, is := shown[r.key]; {
		case is:
			b.WriteString(text)
		default:
			b.WriteString(r.text)
		}
	}
	return b.String()
}

// reads loads a workspace with the example in it, and looks at what is said about it.
func (e *example) reads(t *testing.T, files fstest.MapFS) {
	snap, err := workspace.Load(files, "the page")
	said, kind := "", ""
	var problems workspace.Problems
	switch {
	case errors.As(err, &problems):
		said, kind = problems.Errors().Error(), "errors"
	case err != nil:
		t.Fatal(err)
	case len(snap.Warnings()) > 0:
		said, kind = snap.Warnings().Error(), "warnings"
	}
	if kind != e.says || said != e.want {
		t.Errorf("the example on line %d gives %s\n%s\nand the page says %s\n%s", e.line, kind, said, e.says, e.want)
	}
}

// passes runs the tests of an example.
func (e *example) passes(t *testing.T, files fstest.MapFS) {
	maps.DeleteFunc(files, func(name string, _ *fstest.MapFile) bool {
		return strings.HasPrefix(name, "tests/") && name != e.what
	})
	snap, err := workspace.Load(files, "the page")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := script.Read(files, snap)
	if err != nil || len(tests) == 0 {
		t.Fatalf("line %d: %d tests, %v", e.line, len(tests), err)
	}
	var b strings.Builder
	for _, one := range tests {
		if r := script.Run(t.Context(), snap, one); !r.Passed() {
			b.WriteString(r.Timeline())
		}
	}
	said, kind := strings.TrimSpace(b.String()), ""
	if said != "" {
		kind = "result"
	}
	if kind != e.says || said != e.want {
		t.Errorf("the tests on line %d give %s\n%s\nand the page says %s\n%s", e.line, kind, said, e.says, e.want)
	}
}
