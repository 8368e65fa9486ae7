// Package sqlite implements the store port on SQLite, in one file of a directory that one
// process owns.
package sqlite
