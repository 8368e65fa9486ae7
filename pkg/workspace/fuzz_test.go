package workspace

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// FuzzJourney: whatever a journey's file holds, reading ends, and every problem has words
// and a place that exists.
func FuzzJourney(f *testing.F) {
	for _, name := range []string{"thank-you", "related-products", "win-back"} {
		text, err := os.ReadFile(starter + "/journeys/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(hello("  - branch:\n      - if: |\n          trigger.total > 3\n        steps: [{wait: 1d}]\n"))
	whole, err := os.ReadFile("testdata/journeys/whole.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(whole))
	cases, err := filepath.Glob("testdata/problems/journey-*.txt")
	if err != nil || len(cases) == 0 {
		f.Fatalf("no cases: %v", err)
	}
	for _, name := range cases {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		files, _ := archive(string(text))
		for _, file := range files {
			f.Add(file)
		}
	}
	f.Add("a: [b, {c: 'd\n e'}, \"\\u00e9\"]\n? x\n: y\n")
	f.Add("- - - a\n -y: 3\n")
	base := large()
	f.Fuzz(func(t *testing.T, text string) {
		files := maps.Clone(base)
		files["journeys/hello.yaml"] = text
		_, err := load(files)
		if err == nil {
			return
		}
		var ps Problems
		if !errors.As(err, &ps) {
			t.Fatalf("not Problems: %v", err)
		}
		for _, p := range ps {
			if p.Message == "" || p.File == "" || p.Line < 0 || (p.Line > 0 && p.Col < 1) {
				t.Errorf("a problem without words or place: %+v", p)
			}
		}
	})
}

// FuzzMail: whatever a template's file holds, reading ends with a snapshot or problems.
func FuzzMail(f *testing.F) {
	for _, name := range []string{"thank-you", "related-products", "win-back"} {
		text, err := os.ReadFile(starter + "/email/" + name + ".html.liquid")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("---\nsubject: 'it''s'\npreheader: \"a\\tb\"\n\n# c\nlayout: x\n---\n{% render 'x' %}")
	base := small()
	f.Fuzz(func(t *testing.T, text string) {
		files := maps.Clone(base)
		files["email/hello.html.liquid"] = text
		if _, err := load(files); err != nil {
			var ps Problems
			if !errors.As(err, &ps) || len(ps) == 0 || ps.Error() == "" {
				t.Fatalf("not Problems: %v", err)
			}
		}
	})
}
