// Package browsertest is a real browser, for tests of pages as people see them: those of the
// portal, and those of services/rapport/preview.
//
// It promises that the browser is gone when the test has ended, and that a test without a
// browser on the machine is skipped, with a word on how to have one.
//
// It stands here because pkg does without what drives a browser, and services/rapport may use
// what a service has, while services may not use each other's.
package browsertest
