// Package pgtest gives tests a PostgreSQL database: one server for the test process, made
// when the first test asks, and a fresh database for each that does. Where the machine has
// no PostgreSQL, tests that ask are skipped, with a message that says how to get one.
package pgtest
