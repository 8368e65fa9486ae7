//go:build !linux && !darwin && !freebsd

package bench

import "time"

// ownCPU is not measured here: there is no getrusage.
func ownCPU() time.Duration { return 0 }

// freeDisk is not known here.
func freeDisk(string) int64 { return 0 }
