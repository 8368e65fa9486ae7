//go:build !chaos

package stack

import "time"

// wallClock is the clock of all services here. Programs built for the chaos command have
// another one (clock_chaos.go).
func wallClock() func() time.Time { return time.Now }
