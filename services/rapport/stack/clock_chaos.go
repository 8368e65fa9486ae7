//go:build chaos

package stack

import (
	"os"
	"strings"
	"sync"
	"time"
)

// wallClock is a clock that is off by the duration in the file that
// RAPPORT_CLOCK_OFFSET_FILE names, looked at every now and then. It is for the chaos command,
// which lets clocks jump; the program that is shipped does not have it.
func wallClock() func() time.Time {
	path := os.Getenv("RAPPORT_CLOCK_OFFSET_FILE")
	if path == "" {
		return time.Now
	}
	var (
		mu     sync.Mutex
		offset time.Duration
		looked time.Time
	)
	const every = 50 * time.Millisecond
	return func() time.Time {
		now := time.Now()
		mu.Lock()
		defer mu.Unlock()
		if now.Sub(looked) >= every {
			looked = now
			if text, err := os.ReadFile(path); err == nil { // It may be just being written.
				if d, err := time.ParseDuration(strings.TrimSpace(string(text))); err == nil {
					offset = d
				}
			}
		}
		return now.Add(offset).Round(0) // Without the monotonic reading, which does not jump.
	}
}
