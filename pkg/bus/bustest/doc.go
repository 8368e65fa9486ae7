// Package bustest is for tests of services that publish events: a broker as in production to publish to, and a publisher
// that only keeps what it is given.
//
// It promises:
//
//   - Start is a real server in the test's own process, with all streams, gone when the test has ended;
//   - each event that Stored or Recording.Events returns was valid, had its own id as the id of its message, and was on a
//     subject that its key belongs to. A test that looks at events need not look at that.
package bustest
