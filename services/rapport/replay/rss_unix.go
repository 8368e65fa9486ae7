//go:build unix

package replay

import (
	"runtime"
	"syscall"
)

// peakRSS is the most memory the process had resident, in bytes. getrusage(2) counts in
// kilobytes, on Darwin in bytes.
func peakRSS() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(u.Maxrss) //nolint:unconvert // It is narrower on some systems.
	}
	return int64(u.Maxrss) << 10 //nolint:unconvert // It is narrower on some systems.
}
