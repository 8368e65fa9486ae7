// Package watch looks at the broker and the store from outside and says how they are, as
// metrics: what no single service knows, because it is about what lies between them.
//
//	broker_stream_size_bytes, _limit_bytes, _messages        by stream
//	broker_stream_replicas, _replicas_current                by stream
//	broker_partitions, broker_partitions_leased              how many there are, how many are worked on
//	broker_partition_lag, broker_partition_lag_age_seconds   by partition
//	broker_consumer_pending, _unacknowledged, _redelivered   by worker that shares SEND
//	broker_dead_letters                                      by service that gave up
//	broker_dead_letters_source                               by who published or sent it, at most 50 and "other"
//	store_outbox_pending, store_messages_open                what is still on its way
//	store_timer_overdue_seconds                              by partition
//	watch_ok                                                 by look: 1, or 0 when it failed
//
// It promises:
//
//   - nothing is asked unless somebody reads the metrics, and then at most once in ten
//     seconds, however many readers there are;
//   - each look is bounded in time, and all go on beside each other. What could not be seen
//     is left out and watch_ok says so: a figure that is not known is no zero;
//   - it needs to read the streams' states and single messages of EVENTS, nothing else, and
//     changes nothing.
//
// Every process that has a store may watch. All of them then say the same, so that sums over
// processes are wrong: take the maximum.
package watch
