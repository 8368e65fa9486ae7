//go:build race

package workspace

// slowdown is how much longer everything takes under the race detector.
const slowdown = 10

// Slowdown is the same for tests from outside.
const Slowdown = slowdown
