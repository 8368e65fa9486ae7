// Package sqlite implements the store port on SQLite (in pure Go), in one file of a
// directory that one process owns. It is what the all-in-one runs on.
package sqlite
