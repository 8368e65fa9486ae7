//go:build !race

package mjml_test

import "testing"

// machine skips a test under the race detector; see there.
func machine(testing.TB) {}
