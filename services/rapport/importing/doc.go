// Package importing brings in what a shop knows already: profiles, consent, products, past
// orders and events, from CSV files and JSON Lines as shops and their systems export them.
//
// A file becomes events in four steps: a Sheet reads rows, a Mapping says which column is what, a
// Kind makes calls (package client) of a row, and a Run sends them and keeps account.
//
// # What it promises
//
//   - A row is taken as it is or refused with its line, column and reason; nothing is guessed. Amounts keep
//     their digits: "19.90" stays 19.90.
//   - Ids are derived from what a row says, so that importing a file again changes nothing: of orders from the
//     order's number, of events from their own id, of everything else from all that the row says (a
//     row that was corrected counts as new). Times that a file does not say are those of the file, so that
//     they are the same the next time.
//   - Everything is marked as past: it counts, and nobody is written to because of it.
//   - An import that was interrupted, by Ctrl-C, by a power failure or because the door was gone, goes on behind the last
//     row of which all before are settled. That position is beside the file, with a hash of the file's content, so that
//     another file is never gone on with. Some rows are sent twice then, and known by their ids.
//   - Refused rows go to a file of their own, in the order of the input and each once also across
//     interruptions. It has the input's columns, so that it can be mended and imported in turn.
//   - Memory is bounded by what is on its way and, for orders, by eight bytes or so for each order's number, which is how
//     lines of one order that stand apart are noticed instead of overwritten.
//
// # Why a reader of CSV of its own
//
// Package encoding/csv reads to the end of the file when a quote is never closed, and what follows a
// mistake is lost. Here a row is bounded (1 MiB), and reading goes on in the line after the one
// with the mistake. For everything that RFC 4180 allows both read the same, which a fuzz test holds it to.
package importing
