package natslocal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
)

const serverModule = "github.com/nats-io/nats-server/v2"

// Binary is the path of nats-server, in the version that go.mod requires. It is built at
// the first call, which takes the go command and, with a cold build cache on a busy machine, minutes: whoever
// wants the server within a time calls this before the time begins. Afterwards it is found in the user's cache
// directory. The environment variable NATS_SERVER names another one.
func Binary(ctx context.Context) (string, error) {
	if path := os.Getenv("NATS_SERVER"); path != "" {
		return path, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "rapport")
	path := filepath.Join(dir, "nats-server-"+server.VERSION)
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("build nats-server: %w", err)
	}
	if err := build(ctx, dir, path); err != nil {
		return "", fmt.Errorf("build nats-server %s: %w; or name one in NATS_SERVER", server.VERSION, err)
	}
	return path, nil
}

// build makes the binary under a name of its own and renames it: several processes may
// build at once, and none may run half a file.
func build(ctx context.Context, dir, path string) error {
	tmp, err := os.MkdirTemp(dir, "build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp) //nolint:errcheck // A directory left behind in a cache harms nobody.
	made := filepath.Join(tmp, "nats-server")
	// Without -trimpath: it would compile every library a second time beside those of the tests.
	args := []string{"build", "-o", made, serverModule}
	module, err := moduleDir()
	if err != nil {
		// Outside the repository the go command finds the version by itself.
		args = []string{"install", serverModule + "@v" + server.VERSION}
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOBIN="+tmp)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(said.Bytes()))
	}
	return os.Rename(made, path)
}

// moduleDir is the directory of a module that requires the server: pkg in the workspace
// that the working directory is in.
func moduleDir() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			module := filepath.Join(dir, "pkg")
			if _, err := os.Stat(filepath.Join(module, "go.mod")); err == nil {
				return module, nil
			}
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("not in the workspace")
		}
		dir = up
	}
}
