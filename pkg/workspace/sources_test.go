package workspace

import (
	"os"
	"testing"

	"rapport/pkg/workspace/source"
)

// readSources reads files as those of sources/, by their names.
func readSources(t *testing.T, texts map[string]string) (Problems, []string) {
	t.Helper()
	var r source.Report
	var files []*source.File
	for name, text := range texts {
		files = append(files, source.NewFile(name, text))
	}
	var names []string
	for _, d := range sources(files, &references{}, &r) {
		names = append(names, d.Name)
	}
	return r.Problems(), names
}

// TestTemplatesOfSources: the sources that come with Rapport read without a word.
func TestTemplatesOfSources(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"shopify", "woocommerce", "stripe"} {
		text, err := os.ReadFile("../../templates/sources/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		problems, names := readSources(t, map[string]string{"sources/" + name + ".yaml": string(text)})
		if len(problems) > 0 || len(names) != 1 || names[0] != name {
			t.Errorf("%v: %v", names, problems)
		}
	}
}
