// Package measured is a store that says how it is doing: the port of pkg/store around
// another one, with metrics.
//
//	store_operation_duration_seconds   by operation (load, commit, claim, record, due, outbox) and outcome
//	store_commit_rows                  by table: what a commit carried
//	store_timer_lateness_seconds       how long timers had been due when they were read to be fired
//	store_partitions_acquired_total    times that a partition was taken over
//	store_fenced_total                 writes refused because somebody else owns the partition
//
// It promises to change nothing: same answers, same errors, and no more than two readings of
// the clock and one recording for each call. What it does not measure it passes on, since it
// embeds the store.
package measured
