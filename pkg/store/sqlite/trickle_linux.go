package sqlite

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// trickleChunk is how much of the file is looked through at a time.
const trickleChunk = 8 << 20

// trickle has the kernel write out what it holds of a file, a few pages at a time, each time
// waiting until they are written: so the disk's queue stays short for others. It does not
// flush the disk's cache and promises nothing; that is for the sync that follows, which finds little to do.
func trickle(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("look at the size: %w", err)
	}
	const how = unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE | unix.SYNC_FILE_RANGE_WAIT_AFTER
	for at := int64(0); at < info.Size(); at += trickleChunk {
		switch err := unix.SyncFileRange(int(f.Fd()), at, trickleChunk, how); {
		case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.ESPIPE), errors.Is(err, unix.EINVAL):
			return nil // This file system has no such thing: the sync will do it all.
		case err != nil:
			return os.NewSyscallError("sync_file_range", err)
		}
	}
	return nil
}
