//go:build race

package liquid_test

import "time"

// patience allows for the race detector, which slows code down by 5 to 20
// times (https://go.dev/doc/articles/race_detector).
const patience = 20 * time.Second
