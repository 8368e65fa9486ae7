package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tour are the commands of the README that follow one another in one directory, each with
// what the reader is told to have edited before it.
func tour() []stop {
	birthday, winBack := "my-shop/journeys/birthday.yaml", "my-shop/journeys/win-back.yaml"
	return []stop{
		{line: "bin/rapport init my-shop"},
		{line: "bin/rapport replay --quiet --until 0h --data past services/rapport/demo/online-retail-extract.csv.gz"},
		{line: "bin/rapport check my-shop", code: 1, edits: []alteration{{birthday, "loyalty.tier ==", "loyalty.teir =="}}},
		{line: `bin/rapport test --run "starts the clock" my-shop`, code: 1, edits: []alteration{
			{birthday, "loyalty.teir ==", "loyalty.tier =="},
			{winBack, "wait: {for: 60d}", "wait: {for: 45d}"},
			{winBack, "\nsteps:\n", "\non_change: migrate\n\nsteps:\n"},
		}},
		{line: "bin/rapport plan --workspace my-shop --data past"},
		{line: "bin/rapport backtest --workspace my-shop --data past"},
		{line: "bin/rapport explain --data past --profile 18252 --journey related-products"},
	}
}

// stop is one command of a tour.
type stop struct {
	line  string
	code  int
	edits []alteration
}

type alteration struct{ file, old, now string }

func (e alteration) apply(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, e.file)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), e.old) {
		t.Fatalf("%s has no %q to edit", e.file, e.old)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(b), e.old, e.now, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// shell runs a line of a document in a directory where bin/rapport is the program, and
// returns all that it prints.
func shell(t *testing.T, dir, line string) (out string, code int) {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no sh here")
	}
	bin := filepath.Join(dir, "bin")
	if _, err := os.Stat(bin); err != nil {
		if err := os.Mkdir(bin, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(program(t), filepath.Join(bin, "rapport")); err != nil {
			t.Fatal(err)
		}
	}
	cmd := command(t, dir)
	cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", line}
	got := execute(t, cmd)
	return got.out + got.errors, got.code
}

// printed are the commands of a document with the block of output behind each.
func printed(text string) map[string]string {
	all := map[string]string{}
	for _, m := range regexp.MustCompile("(?ms)^```sh\n([^\n]*)\n```\n```text\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		all[m[1]] = m[2]
	}
	return all
}

// The README's tour of a change to a journey prints what the README says, but for hashes
// and seconds; a line of three points stands for any lines.
func TestReadmeTour(t *testing.T) {
	t.Parallel()
	dir, want := root(t), printed(readme(t))
	shown := 0
	for _, s := range tour() {
		for _, e := range s.edits {
			e.apply(t, dir)
		}
		out, code := shell(t, dir, s.line)
		if code != s.code {
			t.Fatalf("%s: exit code %d, want %d:\n%s", s.line, code, s.code, out)
		}
		if text, is := want[s.line]; is {
			if shown++; !like(text, out) {
				t.Errorf("%s prints\n%s\nand the README says\n%s", s.line, out, text)
			}
		}
	}
	if shown != len(want) {
		t.Errorf("of %d outputs in the README, %d were looked at", len(want), shown)
	}
}

var (
	hashes = regexp.MustCompile(`\b[0-9a-f]{8}(?:[0-9a-f]{8}|[0-9a-f]{24})?\b`)
	paces  = regexp.MustCompile(`\([0-9.,]+ s, [0-9,]+ events/s\)`)
)

// like compares what was printed with what a document shows of it.
func like(shown, out string) bool {
	plain := func(s string) []string {
		s = paces.ReplaceAllString(hashes.ReplaceAllString(s, "HASH"), "(PACE)")
		return strings.Split(strings.TrimSpace(s), "\n")
	}
	return follows(plain(shown), plain(out))
}

// follows tells whether lines are those of a pattern, in which "..." is any lines.
func follows(pattern, lines []string) bool {
	for i, p := range pattern {
		if strings.TrimSpace(p) == "..." {
			for skip := range len(lines) - i + 1 {
				if follows(pattern[i+1:], lines[i+skip:]) {
					return true
				}
			}
			return false
		}
		if i >= len(lines) || strings.TrimRight(lines[i], " ") != strings.TrimRight(p, " ") {
			return false
		}
	}
	return len(pattern) == len(lines)
}

func TestLike(t *testing.T) {
	t.Parallel()
	const out = "a 0123456789abcdef\nb (0.2 s, 3,717 events/s)\nc\nd\n"
	for shown, want := range map[string]bool{
		out: true, "a fedcba9876543210\nb (1.5 s, 9 events/s)\nc\nd": true, "...\nd": true, "a 0123456789abcdef\n...": true,
		"...\nc\n...": true, "...\n...": true, "a 0123456789abcdef": false, "...\nc": false, "": false, "...\ne\n...": false,
	} {
		if got := like(shown, out); got != want {
			t.Errorf("like %q: %v", shown, got)
		}
	}
}

// The commands of the language's page run on data that a replay has left.
func TestLanguagePageCommands(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../templates/LANGUAGE.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := root(t)
	if out, code := shell(t, dir, "bin/rapport replay --quiet --until 0h --data data services/rapport/demo/online-retail-extract.csv.gz"); code != 0 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	ran := 0
	for _, m := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		for _, line := range commandsOf(m[1]) {
			ran++
			if word := strings.Fields(line)[1]; slices.Contains([]string{"up", "preview", "send-test"}, word) {
				continue // tryMyShop and TestLookingAtMessages, with the ports of a test
			}
			if out, code := shell(t, dir, line); code != 0 {
				t.Errorf("%s: exit code %d:\n%s", line, code, out)
			}
		}
	}
	if ran < 8 {
		t.Errorf("only %d commands", ran)
	}
}

// Links of the README and of the language's page lead to files and headings that are there.
func TestLinksOfDocuments(t *testing.T) {
	t.Parallel()
	heading := regexp.MustCompile(`(?m)^#+ (.*)$`)
	strip := regexp.MustCompile(`[^a-z0-9 _-]`)
	for _, name := range []string{"../../README.md", "../../templates/LANGUAGE.md"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var anchors []string
		for _, m := range heading.FindAllStringSubmatch(string(b), -1) {
			anchors = append(anchors, "#"+strings.ReplaceAll(strip.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
		}
		for _, m := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(string(b), -1) {
			switch link := m[1]; {
			case strings.Contains(link, "://"):
			case strings.HasPrefix(link, "#"):
				if !slices.Contains(anchors, link) {
					t.Errorf("%s has no heading %s: %v", name, link, anchors)
				}
			default:
				if _, err := os.Stat(filepath.Join(filepath.Dir(name), link)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
}
