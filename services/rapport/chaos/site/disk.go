//go:build linux

package site

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// disk is a small file system of its own that can be filled.
type disk struct{ dir string }

// mount makes a directory a file system of so many bytes. It takes the right to mount.
func mount(dir string, bytes int64) (*disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make %s: %w", dir, err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0700", bytes)); err != nil {
		return nil, fmt.Errorf("mount a small disk on %s: %w", dir, err)
	}
	return &disk{dir}, nil
}

const fillerName = "filler"

// fill takes what room is left; it returns how much that was.
func (d *disk) fill() (int64, error) {
	f, err := os.Create(filepath.Join(d.dir, fillerName))
	if err != nil {
		return 0, fmt.Errorf("fill the disk: %w", err)
	}
	defer f.Close() //nolint:errcheck // It holds nothing of value.
	n, err := io.Copy(f, zeros{})
	if err != nil && !errors.Is(err, syscall.ENOSPC) {
		return n, fmt.Errorf("fill the disk: %w", err)
	}
	return n, nil
}

// clear gives the room back.
func (d *disk) clear() error {
	err := os.Remove(filepath.Join(d.dir, fillerName))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// unmount ends the file system and what is on it, unless keep says to copy that beside it
// first.
func (d *disk) unmount(keep bool) error {
	if keep {
		if out, err := exec.Command("cp", "-a", d.dir, d.dir+".kept").CombinedOutput(); err != nil { //nolint:noctx // A copy of some megabytes.
			return fmt.Errorf("keep what is on %s: %w: %s", d.dir, err, out)
		}
	}
	if err := syscall.Unmount(d.dir, syscall.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount %s: %w", d.dir, err)
	}
	return nil
}

// zeros is an endless reader.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
