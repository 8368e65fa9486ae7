package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
)

// ErrLocked says that another server has the directory open.
var ErrLocked = errors.New("directory is in use by another running server")

func dirError(dir string, err error) error {
	switch {
	case errors.Is(err, ErrLocked):
		return fmt.Errorf("%s: %w; stop the other process or choose another data directory", dir, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%s cannot be written: %w; give this user write permission or choose another data directory", dir, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%s is on a full disk: %w; free some space or choose another data directory", dir, err)
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s is not a directory: %w; remove the file or choose another data directory", dir, err)
	}
	return fmt.Errorf("%s cannot be used: %w", dir, err)
}

func portError(addr string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is taken by another process: %w; stop it, choose another port, or 0 for none", addr, err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s may not be opened by this user: %w; choose a port above 1023", addr, err)
	}
	return fmt.Errorf("cannot listen on %s: %w; check the host and port", addr, err)
}

// explain adds a remedy to what the server only says in words.
func explain(cause error, o Options) error {
	text := strings.ToLower(cause.Error())
	switch {
	case strings.Contains(text, "no space left"):
		return fmt.Errorf("%w; the disk of %s is full: free some space", cause, o.StoreDir)
	case strings.Contains(text, "permission denied"):
		return fmt.Errorf("%w; give this user write permission on everything in %s", cause, o.StoreDir)
	case strings.Contains(text, "listening on port"):
		return fmt.Errorf("%w; choose another port, or 0 for none", cause)
	}
	return cause
}
