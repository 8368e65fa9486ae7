package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The streams and the bucket that Provision makes.
const (
	// StreamEvents holds what happened, on `evp.<partition>.<slot>`, what workers report, on
	// `evp.<partition>.receipt.<slot>`, and the ticks of the clock, on `evp.<partition>.clock.tick`;
	// see Placing.
	StreamEvents = "EVENTS"
	// StreamSend holds what is to be sent, on `send.<channel>.<slot>`, and what somebody waits
	// for on `send.<channel>.now.<slot>`, see Urgent.
	StreamSend = "SEND"
	// StreamDead holds what could not be handled, on `dead.<service>.<subject>`.
	StreamDead = "DEAD"
	// StreamIn holds events as shops publish them, on `in.<source>` and below, until the door for
	// them has read them.
	StreamIn = "IN"
	// BucketLease is the key-value bucket of the leases.
	BucketLease = "LEASE"
)

const (
	defaultPartitions = 16
	defaultMaxBytes   = 4 << 30
	defaultDuplicates = 2 * time.Minute
	maxMessageBytes   = 1 << 20
	leaseMaxBytes     = 2 << 20
	minMaxBytes       = 32 << 20
	minInBytes        = 4 << 20
	inDuplicates      = 100 * time.Millisecond
	deadHeaders       = 32 << 10 // of a dead letter, those of the original among them
)

// Layout is the shape of the streams. The zero value is a layout for one
// machine.
type Layout struct {
	// Partitions is the number of partitions of EVENTS, 16 when 0. It is
	// fixed for the life of the stream: another number would put a profile's
	// next event on another partition than its last.
	Partitions int
	// Replicas is on how many brokers everything is kept: 1 on one machine, 3 in a cluster.
	// 0 leaves existing streams as they are and makes new ones with 1.
	Replicas int
	// MaxBytes is what all streams together may take on disk, on each broker that has
	// a replica: three quarters for EVENTS, most of the rest for SEND; at least 32 MiB. The stream IN may
	// take a sixty-fourth of it, at least 4 MiB, on top: the others could not be made smaller without loss.
	// 0 leaves existing streams as they are and gives new ones 4 GiB.
	// A full stream refuses new messages; it never drops old ones.
	MaxBytes int64
	// Duplicates is how long a stream remembers message ids. It costs about 140 bytes of
	// memory per id. 0 leaves existing streams as they are and gives new ones 2 minutes.
	Duplicates time.Duration
	// Slots gives slots to an EVENTS of an earlier version, which has a subject for each profile;
	// otherwise it stays as it is. It is for when nobody of that version runs any more: its
	// orchestrators refuse what lies in slots. See Placing.
	Slots bool
}

func (l Layout) withDefaults() Layout {
	if l.Partitions == 0 {
		l.Partitions = defaultPartitions
	}
	if l.Replicas == 0 {
		l.Replicas = 1
	}
	if l.MaxBytes == 0 {
		l.MaxBytes = defaultMaxBytes
	}
	if l.Duplicates == 0 {
		l.Duplicates = defaultDuplicates
	}
	return l
}

// Streams are the configurations that Provision applies, for whoever wants to
// show or export them.
//
// All but IN keep limits retention. Work-queue retention would be the obvious choice
// for SEND, but such a stream forgets the ids of acknowledged messages when the
// server restarts, and would accept and send a repeated message twice. IN is such a stream: what
// was read is in EVENTS, where its own id keeps it from being stored twice.
func Streams(layout Layout) []jetstream.StreamConfig {
	l := layout.withDefaults()
	dead := l.MaxBytes / 32
	send := l.MaxBytes/4 - dead - leaseMaxBytes
	return []jetstream.StreamConfig{
		{
			Name:        StreamEvents,
			Description: "What happened, in order per profile; and the ticks of the clock.",
			Subjects:    []string{"events.*", "evp.*" + clockTokens, "evp.*" + receiptToken + "*"},
			SubjectTransform: &jetstream.SubjectTransformConfig{
				Source:      "events.*",
				Destination: Placing{Partitions: l.Partitions}.transform(),
			},
			Retention:          jetstream.LimitsPolicy,
			Storage:            jetstream.FileStorage,
			Discard:            jetstream.DiscardNew,
			MaxBytes:           l.MaxBytes / 4 * 3,
			MaxMsgSize:         maxMessageBytes,
			Replicas:           l.Replicas,
			Duplicates:         l.Duplicates,
			AllowAtomicPublish: true,
			AllowDirect:        true,
		},
		{
			Name:               StreamSend,
			Description:        "What is to be sent, per channel, in order per profile.",
			Subjects:           sendSubjects(),
			Retention:          jetstream.LimitsPolicy,
			Storage:            jetstream.FileStorage,
			Discard:            jetstream.DiscardNew,
			MaxBytes:           send,
			MaxMsgSize:         maxMessageBytes,
			Replicas:           l.Replicas,
			Duplicates:         l.Duplicates,
			AllowAtomicPublish: true,
			AllowDirect:        true,
		},
		{
			Name:        StreamDead,
			Description: "What could not be handled, and why.",
			Subjects:    []string{"dead.>"},
			Retention:   jetstream.LimitsPolicy,
			Storage:     jetstream.FileStorage,
			// The originals stay in their streams; refusing here would stop
			// the work behind a poison message.
			Discard:     jetstream.DiscardOld,
			MaxBytes:    dead,
			MaxMsgSize:  maxMessageBytes,
			Replicas:    l.Replicas,
			Duplicates:  l.Duplicates,
			AllowDirect: true,
		},
		inStream(l),
	}
}

// inStream is for what comes from outside. It remembers message ids for as short as a broker can: ids are
// unique for one source only, and two producers that number their messages would take each other's
// place. Its messages leave room for what a dead letter has beside them.
func inStream(l Layout) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:               StreamIn,
		Description:        "Events as shops publish them, until they are read.",
		Subjects:           []string{"in.>"},
		Retention:          jetstream.WorkQueuePolicy,
		Storage:            jetstream.FileStorage,
		Discard:            jetstream.DiscardNew,
		MaxBytes:           max(l.MaxBytes/64, minInBytes),
		MaxMsgSize:         maxMessageBytes - deadHeaders,
		Replicas:           l.Replicas,
		Duplicates:         inDuplicates,
		AllowAtomicPublish: true,
		// Only the leader says what is first: a replica may not know yet what was acknowledged.
		AllowDirect: false,
	}
}

// Partitions is the number of partitions that EVENTS was made with.
func Partitions(ctx context.Context, js jetstream.JetStream) (int, error) {
	p, err := PlacingOf(ctx, js)
	return p.Partitions, err
}

// samePartitions refuses another number of partitions than EVENTS has.
func samePartitions(have, want int) error {
	if have == want {
		return nil
	}
	return fmt.Errorf("stream %s has %d partitions and %d are asked for: the number is fixed when the stream is made, "+
		"because a profile's events must stay on one partition; set it to %d, or drain the stream and start a new data directory",
		StreamEvents, have, want, have)
}
