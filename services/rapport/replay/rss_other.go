//go:build !unix

package replay

import "runtime"

// peakRSS is what the Go runtime has taken from the system: there is no getrusage here.
func peakRSS() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys) //nolint:gosec // Memory stays far below 2^63 bytes.
}
