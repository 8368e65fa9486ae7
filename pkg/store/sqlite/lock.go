package sqlite

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// lockDir takes the directory for this process, or says who has it. SQLite itself would
// let two processes take turns; but the epochs of one and the groups of the other would
// then fight over partitions, and it is nearly always a mistake.
func lockDir(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the data directory: %w", err)
	}
	taken, err := tryLock(f)
	switch {
	case err != nil:
		err = fmt.Errorf("lock %s (is the directory on a network disk? SQLite needs a local one): %w", path, err)
	case !taken:
		err = fmt.Errorf("the data directory %s is in use%s: stop that one, or choose another directory", dir, holder(f))
	default:
		err = sign(f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// holder names the process that wrote itself into the lock file, if one can be read.
func holder(f *os.File) string {
	data, err := io.ReadAll(io.LimitReader(f, 32))
	pid, bad := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil || bad != nil {
		return " by another process"
	}
	return fmt.Sprintf(" by process %d", pid)
}

// sign writes our process id into the lock file, for whoever comes second.
func sign(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("write the lock file: %w", err)
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("write the lock file: %w", err)
	}
	return nil
}
