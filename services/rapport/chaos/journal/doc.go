// Package journal keeps records that have to outlive a crash of whoever writes them: one
// JSON object on each line of a file, synced before Append returns.
//
// The servers and producers of a chaos run write what they saw into journals. They are the
// evidence that the audit holds Rapport's own tables against, and so they are written by
// this package alone, which knows nothing of Rapport.
package journal
