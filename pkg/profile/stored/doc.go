// Package stored writes and reads the stored form of what is kept of a person: CBOR (RFC 8949)
// in which names are small integers.
//
// It promises the very bytes that github.com/fxamacker/cbor writes with SortBytewiseLexical and
// TimeRFC3339Nano for structs tagged with keyasint, omitempty, omitzero and toarray, and to read
// of them what that library reads. What it does not know (another order of fields, unknown
// fields, values of another kind, lengths left open) it leaves: Append and Read report false,
// and the caller turns to the library, which alone says what can be read.
//
// Why by hand: a state is read and written with every event, it has hundreds of fields, and by
// reflection each costs several calls and every text a piece of memory. A type lists its fields
// once, in a method with a Form, in order of their keys; the list serves both directions. That
// it is the list of the tags, too, is tested where a whole state is encoded, in pkg/journey.
//
// The texts that are read share one piece of memory, which is kept as long as any of them.
package stored
