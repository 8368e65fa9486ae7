//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package embedded

import (
	"errors"
	"os"
	"sync"
	"syscall"
)

const lockName = "rapport.lock"

// dirLock holds an advisory lock that the kernel drops with the process, so a
// kill -9 leaves nothing to clean up.
type dirLock struct {
	once sync.Once
	file *os.File
}

func lockDir(path string) (*dirLock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrLocked
		}
		return nil, errors.Join(err, f.Close())
	}
	return &dirLock{file: f}, nil
}

func (l *dirLock) release() (err error) {
	l.once.Do(func() { err = l.file.Close() })
	return err
}
