package liquid_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapport/pkg/liquid"
)

// TestThemes parses the templates of real shops. What they may stumble over
// are tags that Shopify adds for shops and filters that are not Liquid's.
func TestThemes(t *testing.T) {
	t.Parallel()
	dir := sharedData(t, "liquid-shopify-themes/performance/tests")
	e := liquid.New(liquid.Compat())
	seen, parsed := 0, 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".liquid" {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		var list liquid.ParseErrors
		if d := quickest(func() { _, err = e.Parse(filepath.Base(path), string(src)) }); d > patience {
			t.Errorf("%s took %v", path, d)
		}
		if err == nil {
			parsed++
			return nil
		}
		if !errors.As(err, &list) {
			t.Errorf("%s: the error is a %T", path, err)
		}
		for _, e := range list {
			if !strings.Contains(e.Message, "form") && !strings.Contains(e.Message, "paginate") {
				t.Error(e)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d theme templates parse; the others use the tags form and paginate, which only shops have", parsed, seen)
}

// TestGoldenPages renders the suite's whole pages.
func TestGoldenPages(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob(filepath.Join(sharedData(t, "liquid-golden/benchmark_fixtures"), "*"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, page := range pages {
		data, err := os.ReadFile(filepath.Join(page, "data.json"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(page, "expected_result.txt"))
		if err != nil {
			t.Fatal(err)
		}
		e := liquid.New(liquid.Compat(), liquid.WithLoader(func(name string) (string, error) {
			b, err := os.ReadFile(filepath.Join(page, "templates", filepath.Base(strings.TrimSuffix(name, ".liquid"))+".liquid"))
			return string(b), err
		}))
		src, err := os.ReadFile(filepath.Join(page, "templates", "index.liquid"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Render(t.Context(), filepath.Base(page), string(src), decodeVars(t, json.RawMessage(data)), liquid.Now(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)))
		if err != nil || strings.TrimRight(got, "\n") != strings.TrimRight(string(want), "\n") {
			t.Errorf("page %s differs (error %v):\n%s", filepath.Base(page), err, firstDifference(got, string(want)))
		}
	}
}

func firstDifference(got, want string) string {
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	near := func(s string) string { return s[max(0, i-30):min(len(s), i+50)] }
	return "got  " + quoted(near(got)) + "\nwant " + quoted(near(want))
}
