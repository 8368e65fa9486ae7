//go:build !race

package liquid_test

import "time"

// patience is how long a hostile template may take.
const patience = 100 * time.Millisecond
