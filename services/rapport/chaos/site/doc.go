// Package site is a whole shop's installation on one machine, made to be broken: three
// nats-server processes, a PostgreSQL, the real rapport program in its parts, a mail and a
// text message server outside, and a proxy between every two that speak to each other.
//
//	producers ~ ingest-1, ingest-2 ~ n0, n1, n2 ~ orchestrator-1, orchestrator-2 ~ postgres
//	                                  (n0 ~ n1 ~ n2 ~ n0)   mailer-1, mailer-2 ~ smtp
//	                                                        texter-1           ~ twilio
//
// Every process has proxies of its own to every node and to the database, so that one
// process can be cut off while the others are not. Strike breaks one thing of a plan and
// makes it whole again; what was broken, from when to when, and whom it touched is kept for
// the audit (Broken), also when a process ended by itself.
//
// The disk of one node and of the database is a small tmpfs where the user may mount one;
// it is filled to the last byte. Clocks are those of the program built with the tag chaos,
// which reads an offset from a file (RAPPORT_CLOCK_OFFSET_FILE); without that tag no offset
// exists.
package site
