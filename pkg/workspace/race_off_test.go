//go:build !race

package workspace

// slowdown is how much longer everything takes without the race detector.
const slowdown = 1
