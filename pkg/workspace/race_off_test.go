//go:build !race

package workspace

// slowdown is how much longer everything takes without the race detector.
const slowdown = 1

// Slowdown is the same for tests from outside.
const Slowdown = slowdown
