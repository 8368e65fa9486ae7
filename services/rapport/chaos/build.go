//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// build makes the program, unless one was named, with what only tests may have.
func (r *run) build(ctx context.Context) error {
	if r.binary != "" {
		return nil
	}
	root, err := root()
	if err != nil {
		return err
	}
	tags := "chaos"
	if r.planted {
		tags += ",planted_bug"
	}
	r.binary = filepath.Join(r.dir, "rapport")
	r.say("building the program with the tags %s", tags)
	cmd := exec.CommandContext(ctx, "go", "build", "-tags", tags, "-o", r.binary, "./services/rapport")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w: %s", err, said)
	}
	return nil
}

// root is the directory of the source, found by its go.work.
func root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the source: %w", err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("find the source: there is no go.work here or above; run it in the repository, or name a --binary")
}
