// Package inforce keeps the workspace that a process goes by: the snapshot in force, the
// older versions of journeys that people are still inside of, and the winners of splits.
//
// Promises. A snapshot is put in force whole or not at all: its files are kept in the
// store's archive first, so that every version that anybody enters can be compiled again;
// then the engine's set is made with it and with all older versions that people rest in;
// then it is swapped in, atomically, and those who wait are told (Changed). A snapshot that
// would leave people on a step that is gone (migrate without moves) is refused, and what
// was in force stays so.
//
// A process without a directory to watch follows the store: what `rapport apply` puts in
// force there is adopted within seconds. Where a directory is watched too, the latest of
// both wins.
package inforce
