package listener

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/callback"
)

// BucketNonces is the key-value bucket of nonces.
const BucketNonces = "NONCES"

// noncesBytes bounds the bucket: about 400,000 nonces of 161 bytes. When it is full, callbacks are told to come again.
const noncesBytes = 64 << 20

// Bucket keeps nonces in a key-value bucket of JetStream.
type Bucket struct {
	js jetstream.JetStream
	kv jetstream.KeyValue
}

// NewBucket opens the bucket, and makes it when it is not there. keep is how long nonces stay; they have to outlive the
// time in which they are valid, twice the tolerance. replicas is on how many brokers, as of the streams.
func NewBucket(ctx context.Context, js jetstream.JetStream, keep time.Duration, replicas int) (*Bucket, error) {
	kv, err := js.KeyValue(ctx, BucketNonces)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: BucketNonces, Description: "What providers sign once, so that nobody uses it twice.",
			TTL: keep, MaxBytes: noncesBytes, Storage: jetstream.FileStorage, Replicas: max(1, replicas),
		})
	}
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w; this user has to be allowed to make it, or somebody who is makes it first", BucketNonces, err)
	}
	return &Bucket{js: js, kv: kv}, nil
}

// claimTries is how often a nonce is claimed that is there and then is not: it expired, or a replica is behind.
const claimTries = 3

// Claim implements Nonces.
func (b *Bucket) Claim(ctx context.Context, nonce, digest string) (bool, error) {
	if !b.js.Conn().IsConnected() {
		return false, errDisconnected
	}
	key := hash(nonce)
	for range claimTries {
		_, err := b.kv.Create(ctx, key, []byte(digest))
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, jetstream.ErrKeyExists) {
			return false, fmt.Errorf("keep a nonce: %w", err)
		}
		have, err := b.kv.Get(ctx, key)
		if err == nil {
			return string(have.Value()) == digest, nil
		}
		if !errors.Is(err, jetstream.ErrKeyNotFound) {
			return false, fmt.Errorf("look up a nonce: %w", err)
		}
	}
	return false, errors.New("keep a nonce: it is there and cannot be read")
}

// hash is a key that any nonce fits into.
func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// digest is what a nonce came with: the things told, not their bytes, because a repeat may be written otherwise.
func digest(events []callback.Event) string {
	ids := make([]string, len(events))
	for i := range events {
		ids[i] = events[i].ID
	}
	return hash(ids...)
}
