// Write writes the JSON Schemas of a workspace's files into its directory schema, and the
// tables of keys into its LANGUAGE.md:
//
//	go run ./write ../../../templates
//
// It is what go generate runs in package schema. The same forms give the same bytes, so that
// a difference in the files is a difference in the forms.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"rapport/pkg/workspace/schema"
)

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("name the workspace to write to"))
	}
	for name, s := range schema.All() {
		text, err := s.Encode()
		if err == nil {
			err = os.WriteFile(filepath.Join(os.Args[1], "schema", name), text, 0o644)
		}
		if err != nil {
			fail(fmt.Errorf("write schema %s: %w", name, err))
		}
	}
	if err := page(filepath.Join(os.Args[1], "LANGUAGE.md")); err != nil {
		fail(fmt.Errorf("write the language's page: %w", err))
	}
}

// page fills the tables of a page anew.
func page(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	filled, err := schema.Fill(string(text))
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(filled), 0o644)
}

func fail(err error) {
	_, _ = fmt.Fprintln(os.Stderr, err) // nothing else could be told of a failure to tell
	os.Exit(1)
}
