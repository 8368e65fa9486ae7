// Package archive reads from a store which versions of the workspace were in force when, and
// compiles them again: what plans compare with, and what explanations and back-tests run.
//
// Promises. A version is compiled once, from the files as they were saved. What was pruned,
// or was saved by a program that read another language, is told as missing with its id and
// never replaced by another version.
//
// It looks at the store alone, so that it works beside a running process as well as without
// one.
package archive
