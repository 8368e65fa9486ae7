package main

import (
	"fmt"
	"os"

	"rapport/pkg/trackingplan"
	"rapport/pkg/trackingplan/generate"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "write the events of shops:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments: name the file", len(args))
	}
	code, err := generate.Go("shopevents", "the types that Rapport knows", trackingplan.Commerce())
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], code, 0o644)
}
