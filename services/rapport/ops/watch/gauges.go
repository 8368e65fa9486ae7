package watch

import (
	"go.opentelemetry.io/otel/attribute"
)

// The gauges. Prometheus gets the names with underscores, and with the unit at the end
// (By is bytes, s is seconds; words in braces say what is counted and are left out).
const (
	streamSize      = "broker.stream.size"
	streamLimit     = "broker.stream.limit"
	streamMessages  = "broker.stream.messages"
	streamReplicas  = "broker.stream.replicas"
	replicasCurrent = "broker.stream.replicas.current"
	partitionsAll   = "broker.partitions"
	leased          = "broker.partitions.leased"
	partitionLag    = "broker.partition.lag"
	partitionLate   = "broker.partition.lag.age"
	pending         = "broker.consumer.pending"
	unacknowledged  = "broker.consumer.unacknowledged"
	redelivered     = "broker.consumer.redelivered"
	deadLetters     = "broker.dead.letters"
	deadOfSource    = "broker.dead.letters.source"
	outboxPending   = "store.outbox.pending"
	messagesOpen    = "store.messages.open"
	timerOverdue    = "store.timer.overdue"
	watchOK         = "watch.ok"
)

var gauges = [...]struct{ name, unit, says string }{
	{streamSize, "By", "What a stream takes on disk."},
	{streamLimit, "By", "What a stream may take; full, it refuses what is new, except DEAD, which forgets what is old."},
	{streamMessages, "{message}", "Messages in a stream."},
	{streamReplicas, "{replica}", "Copies that a stream is meant to have."},
	{replicasCurrent, "{replica}", "Copies of a stream that have all of it, its leader's among them."},
	{partitionsAll, "{partition}", "Partitions of EVENTS."},
	{leased, "{partition}", "Partitions that some orchestrator holds the lease of."},
	{partitionLag, "", "Last sequence of a partition minus the position that is committed; 0 when all is applied. Sequences are shared by all partitions, so that it is an upper bound of the events that wait."},
	{partitionLate, "s", "How long the oldest event that is not applied has been waiting; 0 when all is applied."},
	{pending, "{message}", "Messages of SEND that a worker has not been given yet."},
	{unacknowledged, "{message}", "Messages that a worker was given and has not answered."},
	{redelivered, "{message}", "Messages that a worker was given again and has not answered."},
	{deadLetters, "{message}", "Dead letters that are kept, by the service that gave up."},
	{deadOfSource, "{message}", "Dead letters that are kept, by who published them over NATS or sent a webhook; what is of none of the most frequent sources is other."},
	{outboxPending, "{message}", "Messages that are committed and not published."},
	{messagesOpen, "{message}", "Messages that are decided and have no outcome."},
	{timerOverdue, "s", "How long the earliest timer of a partition has been due; 0 when none is."},
	{watchOK, "", "1 when a look at the broker or the store succeeded, else 0."},
}

func at(gauge string, value float64, about ...attribute.KeyValue) sample {
	return sample{gauge: gauge, value: value, about: about}
}

func ofStream(name string) attribute.KeyValue { return attribute.String("stream", name) }

func ofPartition(p int) attribute.KeyValue { return attribute.Int("partition", p) }
