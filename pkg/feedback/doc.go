// Package feedback turns what the world answers about our messages into our events.
//
//	notice, ok := feedback.FromCallback(told)               // of package callback
//	notices := feedback.FromReport(report, feedback.Arrival{ID: …, At: …})  // of package bounce
//	e, err := notice.Event("rapport/listener", origin)
//
// A Notice says what was said; an Origin, which the caller reads from the store by Notice.Ref, whom it is about. Both
// together are an event.
package feedback
