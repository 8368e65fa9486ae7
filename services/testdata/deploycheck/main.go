// Command deploycheck reads deployment files as the programs do that they are for, and says what is wrong with them,
// a line each.
//
//	deploycheck manifests < rendered.yaml    Kubernetes objects, into the types of k8s.io/api
//	deploycheck compose FILE [PROFILE...]    a compose file, by compose-go, with the process's environment
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

func main() {
	found, err := run(os.Args[1:], os.Stdin)
	for _, f := range found {
		fmt.Println(f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "deploycheck:", err)
		os.Exit(2)
	}
	if len(found) > 0 {
		os.Exit(1)
	}
}

func run(args []string, in io.Reader) ([]string, error) {
	switch {
	case len(args) == 1 && args[0] == "manifests":
		text, err := io.ReadAll(in)
		if err != nil {
			return nil, fmt.Errorf("read the manifests: %w", err)
		}
		return manifests(text)
	case len(args) >= 2 && args[0] == "compose":
		return composeFile(args[1], args[2:])
	}
	return nil, errors.New("write deploycheck manifests, or deploycheck compose FILE [PROFILE...]")
}
