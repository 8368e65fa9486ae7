//go:build !unix

package sqlite

import (
	"errors"
	"fmt"
	"os"
)

// tryLock refuses: without a lock that ends with the process, two could write at once.
func tryLock(*os.File) (taken bool, err error) {
	return false, fmt.Errorf("no file locks on this system, use Linux, macOS or a BSD: %w", errors.ErrUnsupported)
}
