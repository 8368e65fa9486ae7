package rehearsal_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"rapport/pkg/rehearsal/script"
	"rapport/pkg/workspace"
)

var update = flag.Bool("update", false, "write what scenarios print into them")

// Every scenario under testdata/golden is a workspace and its tests in one file; README.md
// beside them says how they are written. A scenario passes when its tests do, or when they
// fail with the very words it holds.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, file := range scenarios(t) {
		name := strings.TrimSuffix(filepath.ToSlash(strings.TrimPrefix(file, goldenDir)), ".txtar")
		t.Run(strings.TrimPrefix(name, "/"), func(t *testing.T) {
			t.Parallel()
			a := scenario(t, file)
			if !strings.Contains(a.comment, ".") {
				t.Error("the scenario does not begin with a sentence that says what it shows")
			}
			got := play(t, a)
			want, says := a.file(wanted)
			switch {
			case *update && says:
				a.set(wanted, got)
				if err := os.WriteFile(file, []byte(a.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			case !says && got != "":
				t.Errorf("the scenario fails:\n%s", got)
			case says && got != want:
				t.Errorf("it prints\n%s\nand is to print\n%s", got, want)
			}
		})
	}
}

// goldenDir is where scenarios lie, in one directory for each part of the language.
const goldenDir = "testdata/golden"

// leastScenarios is how many the language is specified by at least.
const leastScenarios = 150

// scenarios are the files of all scenarios.
func scenarios(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(goldenDir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == ".txtar" {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < leastScenarios {
		t.Errorf("only %d scenarios, and not %d", len(files), leastScenarios)
	}
	return files
}

func scenario(t *testing.T, file string) *archive {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return parse(string(text))
}

// wanted is the part of a scenario that holds what it prints.
const wanted = "want"

// play runs the tests of a scenario and returns what they print; nothing when all pass.
func play(t *testing.T, a *archive) string {
	t.Helper()
	files := fstest.MapFS{}
	for _, f := range a.files {
		if f.name != wanted {
			files[f.name] = &fstest.MapFile{Data: []byte(f.text)}
		}
	}
	complete(files)
	snap, err := workspace.Load(files, "the scenario")
	if err != nil {
		return err.Error() + "\n"
	}
	tests, err := script.Read(files, snap)
	if err != nil {
		return err.Error() + "\n"
	}
	if len(tests) == 0 {
		t.Fatal("the scenario has no test")
	}
	var b strings.Builder
	for _, one := range tests {
		r := script.Run(t.Context(), snap, one)
		if !r.Passed() {
			b.WriteString(r.Timeline())
		}
		if again := script.Run(t.Context(), snap, one); !slices.EqualFunc(again.Lines, r.Lines, sameLine) {
			t.Errorf("%s: running it twice gives two timelines", one.Name)
		}
	}
	return b.String()
}

func sameLine(a, b script.Line) bool {
	return a.At.Equal(b.At) && a.Kind == b.Kind && a.Text == b.Text && a.Instance == b.Instance && a.Message == b.Message
}

// shop is the rapport.yaml of scenarios that bring none.
const shop = `shop: {name: Lamps, url: "https://lamps.example", currency: EUR, locale: en-GB, timezone: UTC, address: [Lamps Ltd, 1 Example Street]}
email: {from: {name: Lamps, address: hello@lamps.example}}
sms: {from: Lamps}
whatsapp: {from: "+447700900123"}
`

var mention = regexp.MustCompile(`\b(email|sms|whatsapp|webhook): ([a-z0-9-]+)`)

// complete adds what a scenario leaves out: rapport.yaml, and a template for each message
// that its journeys name.
func complete(files fstest.MapFS) {
	add := func(name, text string) {
		if files[name] == nil {
			files[name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	add("rapport.yaml", shop)
	var all strings.Builder
	for _, f := range files {
		all.Write(f.Data)
		all.WriteByte('\n')
	}
	for _, m := range mention.FindAllStringSubmatch(all.String(), -1) {
		name := m[2]
		if name == "none" { // of quiet hours
			continue
		}
		switch m[1] {
		case "email":
			add("email/"+name+".html.liquid", fmt.Sprintf("---\nsubject: %s\n---\n<p>Hello {{ profile.id }}</p>\n", name))
			add("email/"+name+".txt.liquid", "Hello {{ profile.id }}\n")
		case "sms", "whatsapp":
			add(m[1]+"/"+name+".txt.liquid", name+" for {{ profile.id }}\n")
		case "webhook":
			add("webhook/"+name+".yaml", "url: https://hooks.example/"+name+"\nbody: '{\"customer\": \"{{ profile.id }}\"}'\n")
		}
	}
}

// archive is a text of several files, each after a line "-- name --", as golang.org/x/tools/txtar
// reads them.
type archive struct {
	comment string
	files   []part
}

type part struct{ name, text string }

func parse(text string) *archive {
	a := &archive{}
	into := &a.comment
	for line := range strings.Lines(text) {
		name, isName := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "-- ")
		if n, ok := strings.CutSuffix(name, " --"); isName && ok {
			a.files = append(a.files, part{name: n})
			into = &a.files[len(a.files)-1].text
			continue
		}
		*into += line
	}
	return a
}

func (a *archive) file(name string) (string, bool) {
	i := slices.IndexFunc(a.files, func(p part) bool { return p.name == name })
	if i < 0 {
		return "", false
	}
	return a.files[i].text, true
}

func (a *archive) set(name, text string) {
	for i := range a.files {
		if a.files[i].name == name {
			a.files[i].text = text
		}
	}
}

// String writes the archive.
func (a *archive) String() string {
	s := a.comment
	for _, f := range a.files {
		s += "-- " + f.name + " --\n" + f.text
	}
	return s
}
