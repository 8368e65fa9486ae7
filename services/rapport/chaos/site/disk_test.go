//go:build linux

package site

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A full disk refuses the next byte, has room again afterwards, and what lies on it can be
// kept.
func TestDisk(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "small")
	d, err := mount(dir, 1<<20)
	if errors.Is(err, syscall.EPERM) {
		t.Skipf("only who may mount can fill a disk: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	write := func() error { return os.WriteFile(filepath.Join(dir, "file"), make([]byte, 4096), 0o600) }
	n, err := d.fill()
	if err != nil || n < 1<<19 {
		t.Errorf("%d bytes filled 1 MiB, %v", n, err)
	}
	if err := write(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("writing to a full disk: %v", err)
	}
	if err := errors.Join(d.clear(), d.clear(), write()); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if err := d.unmount(true); err != nil {
		t.Fatal(err)
	}
	if kept, err := os.ReadFile(filepath.Join(dir+".kept", "file")); err != nil || len(kept) != 4096 {
		t.Errorf("%d bytes were kept, %v", len(kept), err)
	}
}
