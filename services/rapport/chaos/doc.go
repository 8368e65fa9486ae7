// Command chaos runs a whole installation of Rapport as real processes, breaks it by a
// seeded plan, and audits what came of it:
//
//	go run rapport/services/rapport/chaos --minutes 1.25 --seed 7
//
// It starts three nats-server nodes, a PostgreSQL, the program in its parts (two doors, two
// orchestrators, two mailers, a texter), a mail and a text message server that misbehave,
// and a TCP proxy between every two of them (package site). Producers tell a recorded load
// (package load) while processes are killed, stopped and restarted, links cut, silenced and
// slowed down, disks filled and clocks moved (package plan). Then everything is whole again,
// what is on its way arrives, and an independent ledger (packages ledger and audit) decides.
//
// The exit status is 0 when nothing was violated, 1 when something was, and 2 when the run
// itself failed and proves nothing. The seed, the faults with their times and the counts
// are printed; after a violation the directory of the run is kept.
//
// The program is built for the run with the tag chaos, which adds one thing: a wall clock
// that is off by what a file says. --planted-bug adds the tag planted_bug: then events are
// acknowledged before they are committed, and the audit has to find it. Neither is in the
// program that is shipped.
package main
