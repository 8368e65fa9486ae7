// Package form is the form in which every store writes down what a database has no type for:
// times to the nanosecond, a commit's outgoing messages, the files of a workspace, and values
// that add up to the same in any order.
//
// # What it promises
//
//   - What was written is read back as it was: messages and files with any bytes in their
//     names and headers, times to the nanosecond. What could not come back is refused.
//   - No sum of values overflows, whatever is added.
//
// # Why it is so
//
// package transfer copies columns from one database into another as they are, which only
// works while both hold the same bytes. So the form is one, and rows and SQL are each store's
// own. Functions take and return plain values: a commit calls them for each row.
package form
