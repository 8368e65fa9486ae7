//go:build race

package mjml_test

import "testing"

// machine skips a test that starts the JavaScript engine, which is Go: under the race detector
// to load the compiler takes it more than a minute, and to compile as much longer. What
// several goroutines do with it is so not looked at by the detector, only run.
func machine(t testing.TB) {
	t.Helper()
	t.Skip("the JavaScript engine is too slow under the race detector; run without -race")
}
