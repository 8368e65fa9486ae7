package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The buckets of services that need one, see OpenBucket.
const (
	// BucketNonces has what providers sign once, so that nobody uses it twice.
	BucketNonces = "NONCES"
	// BucketWarmUp has how far warm-ups of mail providers have come.
	BucketWarmUp = "WARMUP"
	// BucketCatalogue has the shop's products (package catalogue/live).
	BucketCatalogue = "CATALOGUE"
)

const (
	// nonceMemory is more than twice the five minutes by which a callback's time may be off.
	nonceMemory = 15 * time.Minute
	// noncesMaxBytes is about 400,000 nonces of 161 bytes. When it is full, callbacks are told to come again.
	noncesMaxBytes = 64 << 20
	// warmUpMaxBytes is about 10,000 providers and groups of domains.
	warmUpMaxBytes = 4 << 20
	// catalogueMaxBytes is about 400,000 products of 600 bytes.
	catalogueMaxBytes = 256 << 20
)

// ProvisionBuckets makes the buckets of services, or brings existing ones up to the layout, as
// Provision does with streams. It is apart, because few services use one: the keys of the
// others need not even be allowed to look at them.
func ProvisionBuckets(ctx context.Context, js jetstream.JetStream, layout Layout) error {
	if err := layout.check(); err != nil {
		return fmt.Errorf("provision buckets: %w", err)
	}
	layout.MaxBytes = 0 // It says what the streams may take.
	for _, want := range buckets(layout.withDefaults()) {
		if err := provision(ctx, js, layout, want); err != nil {
			return fmt.Errorf("provision stream %s: %w", want.Name, err)
		}
	}
	return nil
}

// OpenBucket opens one of the buckets of services. One that is not there is made, which takes
// the right to do so; to open one that is takes a look at its stream. replicas is on how many
// brokers a new one is; 0: 1.
func OpenBucket(ctx context.Context, js jetstream.JetStream, name string, replicas int) (jetstream.KeyValue, error) {
	l := Layout{Replicas: replicas}
	for _, want := range buckets(l.withDefaults()) {
		if want.Name != "KV_"+name {
			continue
		}
		if _, err := lookUp(ctx, js, want.Name); errors.Is(err, jetstream.ErrStreamNotFound) {
			if err := provision(ctx, js, l, want); err != nil {
				return nil, fmt.Errorf("make bucket %s: %w", name, err)
			}
		} else if err != nil {
			return nil, fmt.Errorf("open bucket %s: %w", name, err)
		}
		kv, err := js.KeyValue(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("open bucket %s: %w", name, err)
		}
		return kv, nil
	}
	return nil, fmt.Errorf("there is no bucket %s", name)
}

// buckets are the streams behind the buckets, as the client library would make them.
func buckets(l Layout) []jetstream.StreamConfig {
	bucket := func(name, description string, ttl time.Duration, most int64) jetstream.StreamConfig {
		remembered := defaultDuplicates
		if ttl > 0 {
			remembered = min(remembered, ttl)
		}
		return jetstream.StreamConfig{
			Name: "KV_" + name, Description: description, Subjects: []string{"$KV." + name + ".>"},
			MaxMsgsPerSubject: 1, MaxAge: ttl, MaxBytes: most, Storage: jetstream.FileStorage, Replicas: l.Replicas,
			Discard: jetstream.DiscardNew, Duplicates: remembered, AllowDirect: true, AllowRollup: true, DenyDelete: true,
		}
	}
	catalogue := bucket(BucketCatalogue, "The shop's products as they are now.", 0, catalogueMaxBytes)
	catalogue.AllowAtomicPublish = true // A feed has many thousands, and a sync for each would take minutes.
	return []jetstream.StreamConfig{
		catalogue,
		bucket(BucketNonces, "What providers sign once, so that nobody uses it twice.", nonceMemory, noncesMaxBytes),
		bucket(BucketWarmUp, "How far warm-ups of mail providers have come.", 0, warmUpMaxBytes),
	}
}
