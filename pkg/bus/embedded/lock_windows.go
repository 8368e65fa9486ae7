package embedded

import (
	"errors"
	"sync"
	"syscall"
)

const lockName = "rapport.lock"

// errSharingViolation is ERROR_SHARING_VIOLATION of the Windows API.
const errSharingViolation = syscall.Errno(32)

// dirLock holds a file open without sharing it; the system closes it with the
// process, so a kill leaves nothing to clean up.
type dirLock struct {
	once   sync.Once
	handle syscall.Handle
}

func lockDir(path string) (*dirLock, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errSharingViolation) {
		return nil, ErrLocked
	}
	if err != nil {
		return nil, err
	}
	return &dirLock{handle: h}, nil
}

func (l *dirLock) release() (err error) {
	l.once.Do(func() { err = syscall.CloseHandle(l.handle) })
	return err
}
