// Package goldentest compares what a test got with a file in its testdata, which a person has
// read and found right.
//
// It promises that nothing is written unless the test asks for it. The flag that does, -update,
// is each test's own: a flag of this package would be one of everything that is linked with it.
package goldentest
