package bus_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
)

// Buckets are made once, by whoever comes first, and look as the client library makes them.
func TestBuckets(t *testing.T) {
	t.Parallel()
	for name, ttl := range map[string]time.Duration{bus.BucketNonces: 15 * time.Minute, bus.BucketWarmUp: 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			js := newBus(t)
			made, err := bus.OpenBucket(deadline(t), js, name, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := made.Create(deadline(t), "a", []byte("1")); err != nil {
				t.Fatal(err)
			}
			if err := bus.ProvisionBuckets(deadline(t), js, layout()); err != nil {
				t.Fatal(err)
			}
			opened, err := bus.OpenBucket(deadline(t), js, name, 0)
			if err != nil {
				t.Fatal(err)
			}
			entry, err := opened.Get(deadline(t), "a")
			if err != nil || string(entry.Value()) != "1" {
				t.Fatalf("it has %v (%v)", entry, err)
			}
			ours, err := js.Stream(deadline(t), "KV_"+name)
			if err != nil {
				t.Fatal(err)
			}
			cfg := ours.CachedInfo().Config
			if cfg.MaxAge != ttl || cfg.MaxBytes <= 0 || cfg.Discard != jetstream.DiscardNew || cfg.Storage != jetstream.FileStorage {
				t.Errorf("max age %v, max bytes %d, discard %v, storage %v", cfg.MaxAge, cfg.MaxBytes, cfg.Discard, cfg.Storage)
			}
			// The library takes a bucket for its own only if it would have made the same stream.
			if _, err := js.CreateKeyValue(deadline(t), jetstream.KeyValueConfig{
				Bucket: name, Description: cfg.Description, TTL: ttl, MaxBytes: cfg.MaxBytes, Storage: jetstream.FileStorage,
			}); err != nil {
				t.Errorf("the library would make another bucket: %v", err)
			}
		})
	}
}

func TestBucketsOfNobody(t *testing.T) {
	t.Parallel()
	if _, err := bus.OpenBucket(deadline(t), newBus(t), "OTHER", 1); err == nil || !strings.Contains(err.Error(), "there is no bucket OTHER") {
		t.Errorf("got %v", err)
	}
	if err := bus.ProvisionBuckets(deadline(t), newBus(t), bus.Layout{Replicas: 2}); err == nil || !strings.Contains(err.Error(), "2 replicas") {
		t.Errorf("got %v", err)
	}
}
