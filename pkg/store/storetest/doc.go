// Package storetest is the conformance suite of the store port: what package store
// promises, as tests that any implementation has to pass. An implementation's own tests
// call Run and add what is special to its engine.
//
// The suite sees a store only through the port, apart from a directory that stands for
// where the data lie: it opens the same directory again to ask what lasted, and kills a
// second process that writes to it to ask what lasted through that.
package storetest
