package ops_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// built is the program of a module under testdata. It is built once and kept in the user's
// cache by what it is made of; whoever cannot build it (no network and nothing cached)
// skips the test.
func built(t *testing.T, module string) string {
	t.Helper()
	dir := filepath.Join("testdata", module)
	sum := sha256.New()
	for _, name := range []string{"go.mod", "go.sum", "main.go"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(sum, "%s %s %d\n%s", runtime.Version(), name, len(b), b) // A hash never fails.
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skipf("%s has nowhere to be kept: %v", module, err)
	}
	program := filepath.Join(cache, "rapport", module+"-"+hex.EncodeToString(sum.Sum(nil))[:16])
	if _, err := os.Stat(program); err == nil {
		return program
	}
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		t.Skipf("%s has nowhere to be kept: %v", module, err)
	}
	half := fmt.Sprintf("%s.%d", program, os.Getpid())
	defer os.Remove(half) //nolint:errcheck // It is there only when something went wrong.
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", half, ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("%s cannot be built here (its modules are fetched once): %v\n%s", module, err, out)
	}
	if err := os.Rename(half, program); err != nil {
		t.Fatal(err)
	}
	return program
}
