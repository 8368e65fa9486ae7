// Command benchdoor measures the HTTP door beside raw JetStream publishing:
//
//	go run rapport/services/ingest/benchdoor
//
// Both sides store the same messages (subjects, ids, headers and bytes as the door made them) on
// an embedded server that syncs every batch before it acknowledges it. The raw side gets them
// ready-made and publishes them in atomic batches of the size of the door's requests, single ones
// each by itself; the door gets HTTP requests over the loopback interface, from as many clients at a
// time. So the ratio is what HTTP, JSON and judging cost. Variants take turns in every round, medians
// are compared, and percentiles are those of all requests of all rounds; clients, door and
// broker share one process and its processors.
package main
