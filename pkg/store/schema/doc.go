// Package schema brings the tables of a database to the version that a program knows, which
// both stores do alike.
//
// It promises that a schema which is newer than the program is refused and left as it is, that
// one which is up to date is not touched, and that a migration which fails says from which
// version to which: what succeeded is kept, and the next start goes on.
//
// A store holds the lock under which that happens, because what a lock is differs: a file's
// owner here, a session's transaction there.
package schema
