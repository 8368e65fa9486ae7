//go:build linux || darwin || freebsd

package bench

import (
	"syscall"
	"time"
)

// ownCPU is the processor time that this process has used, in user and kernel.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// freeDisk is what is free where a directory lies, in bytes; zero: not known.
func freeDisk(dir string) int64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0
	}
	return int64(s.Bavail) * int64(s.Bsize) //nolint:gosec,unconvert // Disks are smaller; the types differ between systems.
}
