// Package telemetrytest records the spans and log lines of code under test and says what
// is wrong with them.
//
// It promises:
//
//   - nothing is sampled away and nothing leaves the process;
//   - Span waits, with a deadline, for a span that another goroutine is about to end, so
//     that tests need no sleep;
//   - Chain and Linked check what "one trace" means: each span the parent of the next,
//     across processes' borders too, and a link where a new trace follows an old one;
//   - NoSecrets searches everything an exporter or a log store would see, so that an
//     address in an attribute, an event, an error text or a status fails a test instead of
//     being found by an auditor.
package telemetrytest
