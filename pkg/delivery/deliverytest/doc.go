// Package deliverytest is the world around a delivery, for tests of workers that send: a
// broker in process with its streams, a store on disk, commands that go in and receipts that
// come out.
//
// It promises that broker and store are gone when the test has ended, and that a test fails
// where one of them does. It knows no channel: how a message is sent is the worker's.
package deliverytest
