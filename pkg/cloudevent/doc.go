// Package cloudevent reads and writes CloudEvents 1.0 as they travel between a shop and
// Rapport: over HTTP in binary, structured and batched mode, and over NATS in binary and
// structured mode.
package cloudevent
