//go:build !race

package liquid_test

import "time"

// patience is how long a hostile template may take in a test. The aim is 100 ms, and a
// miss is logged; a test that held it would fail on a machine that is slow or compiles
// besides. What bounds the work is counted (Limits), and what is not bounded takes
// longer than this on any machine.
const patience = 5 * time.Second
