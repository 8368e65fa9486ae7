package main

import (
	"fmt"
	"os"
	"path/filepath"

	"rapport/pkg/workspace/schema"
)

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("name the directory to write to"))
	}
	for name, s := range schema.All() {
		text, err := s.Encode()
		if err == nil {
			err = os.WriteFile(filepath.Join(os.Args[1], name), text, 0o644)
		}
		if err != nil {
			fail(fmt.Errorf("write schema %s: %w", name, err))
		}
	}
}

func fail(err error) {
	_, _ = fmt.Fprintln(os.Stderr, err) // nothing else could be told of a failure to tell
	os.Exit(1)
}
