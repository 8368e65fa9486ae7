//go:build !unix

package bench

import "time"

// ownCPU is not measured here: there is no getrusage.
func ownCPU() time.Duration { return 0 }
