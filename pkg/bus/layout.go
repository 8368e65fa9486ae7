package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The streams and the bucket that Provision makes.
const (
	// StreamEvents holds what happened, on `evp.<partition>.<key>`, and the
	// ticks of the clock, on `evp.<partition>.clock.tick`.
	StreamEvents = "EVENTS"
	// StreamSend holds what is to be sent, on `send.<channel>.<key>`.
	StreamSend = "SEND"
	// StreamDead holds what could not be handled, on `dead.<service>.<subject>`.
	StreamDead = "DEAD"
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
)

// Layout is the shape of the streams. The zero value is a layout for one
// machine.
type Layout struct {
	// Partitions is the number of partitions of EVENTS, 16 when 0. It is
	// fixed for the life of the stream: another number would put a profile's
	// next event on another partition than its last.
	Partitions int
	// Replicas is 1 on one machine and 3 in a cluster; 0 means 1.
	Replicas int
	// MaxBytes is what all streams together may take on disk, 4 GiB when 0:
	// three quarters for EVENTS, most of the rest for SEND; at least 32 MiB.
	// A full stream refuses new messages; it never drops old ones.
	MaxBytes int64
	// Duplicates is how long a stream remembers message ids, 2 minutes when
	// 0. It costs about 140 bytes of memory per id.
	Duplicates time.Duration
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

// Provision creates the streams and the bucket, or brings existing ones up to
// the layout; calling it again changes nothing. One process does this at
// start; the others only bind. It refuses another number of partitions
// than the stream was made with.
func Provision(ctx context.Context, js jetstream.JetStream, layout Layout) error {
	l := layout.withDefaults()
	if l.Partitions < 1 || l.Partitions > 1024 {
		return fmt.Errorf("provision streams: %d partitions; choose 1 to 1024", l.Partitions)
	}
	if l.MaxBytes < minMaxBytes {
		return fmt.Errorf("provision streams: MaxBytes of %d is too small; give them at least %d (32 MiB)", l.MaxBytes, minMaxBytes)
	}
	if err := checkPartitions(ctx, js, l.Partitions); err != nil {
		return fmt.Errorf("provision streams: %w", err)
	}
	for _, cfg := range Streams(l) {
		if _, err := js.CreateOrUpdateStream(ctx, cfg); err != nil {
			return fmt.Errorf("provision stream %s: %w", cfg.Name, remedy(err, l))
		}
	}
	lease := jetstream.KeyValueConfig{
		Bucket:      BucketLease,
		Description: "Who works on which partition. On file, because its revisions are fencing tokens and must never go back.",
		History:     1,
		MaxBytes:    leaseMaxBytes,
		Storage:     jetstream.FileStorage,
		Replicas:    l.Replicas,
		// Expiry leaves a marker for a second, so that waiting workers hear
		// of a dead holder instead of polling.
		LimitMarkerTTL: time.Second,
	}
	if _, err := js.CreateOrUpdateKeyValue(ctx, lease); err != nil {
		return fmt.Errorf("provision bucket %s: %w", BucketLease, remedy(err, l))
	}
	return nil
}

// Streams are the configurations that Provision applies, for whoever wants to
// show or export them.
//
// All keep limits retention. Work-queue retention would be the obvious choice
// for SEND, but such a stream forgets the ids of acknowledged messages when the
// server restarts, and would accept and send a repeated message twice.
func Streams(layout Layout) []jetstream.StreamConfig {
	l := layout.withDefaults()
	dead := l.MaxBytes / 32
	send := l.MaxBytes/4 - dead - leaseMaxBytes
	return []jetstream.StreamConfig{
		{
			Name:        StreamEvents,
			Description: "What happened, in order per profile; and the ticks of the clock.",
			Subjects:    []string{"events.*", "evp.*" + clockTokens},
			SubjectTransform: &jetstream.SubjectTransformConfig{
				Source:      "events.*",
				Destination: transformTo(l.Partitions),
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
			Description:        "What is to be sent, per channel and profile.",
			Subjects:           []string{"send.email.*", "send.sms.*", "send.whatsapp.*", "send.webhook.*"},
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
	}
}

func transformTo(partitions int) string {
	return fmt.Sprintf("evp.{{partition(%d,1)}}.{{wildcard(1)}}", partitions)
}

// Partitions is the number of partitions that EVENTS was made with.
func Partitions(ctx context.Context, js jetstream.JetStream) (int, error) {
	s, err := js.Stream(ctx, StreamEvents)
	if err != nil {
		return 0, fmt.Errorf("look up stream %s: %w", StreamEvents, err)
	}
	return partitionsOf(s.CachedInfo().Config)
}

func partitionsOf(cfg jetstream.StreamConfig) (int, error) {
	var n int
	if cfg.SubjectTransform == nil {
		return 0, fmt.Errorf("stream %s has no subject transform; it was not made by Provision: remove or rename it", cfg.Name)
	}
	to := cfg.SubjectTransform.Destination
	if _, err := fmt.Sscanf(to, "evp.{{partition(%d,1)}}.", &n); err != nil || to != transformTo(n) {
		return 0, fmt.Errorf("stream %s is transformed to %q; it was not made by Provision: remove or rename it", cfg.Name, to)
	}
	return n, nil
}

func checkPartitions(ctx context.Context, js jetstream.JetStream, want int) error {
	s, err := js.Stream(ctx, StreamEvents)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up stream %s: %w", StreamEvents, err)
	}
	have, err := partitionsOf(s.CachedInfo().Config)
	if err != nil {
		return err
	}
	if have != want {
		return fmt.Errorf("stream %s has %d partitions and %d are asked for: the number is fixed when the stream is made, "+
			"because a profile's events must stay on one partition; set it to %d, or drain the stream and start a new data directory",
			StreamEvents, have, want, have)
	}
	return nil
}

func remedy(err error, l Layout) error {
	if hasCode(err, codeStorageExceeded) {
		return fmt.Errorf("%w: the streams reserve %d MiB and the broker has less to give; "+
			"lower Layout.MaxBytes, free disk space or raise the broker's limit", err, l.MaxBytes>>20)
	}
	return err
}
