// Package generate writes a tracking plan for programs that send its events: as Go structs,
// and as JSON Schemas.
//
// The structs need nothing but the standard library. Amounts of money are Money, a decimal as
// a text, so that whoever has a library for decimals converts by its String and nobody loses a
// penny in a float64. What need not be there and has a zero that means something (numbers,
// truths) is a pointer: a score of 0 is not no score. A struct knows its EventType, which is
// all that package client asks for, and Validate says what a door would refuse, by the same
// rules, except that it is strict where the door is lenient towards others' SDKs.
//
// Equal plans give equal bytes, formatted as gofmt does. The package is pure.
package generate
