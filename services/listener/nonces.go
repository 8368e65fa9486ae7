package listener

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/callback"
)

// Bucket keeps nonces in a key-value bucket of JetStream.
type Bucket struct {
	js jetstream.JetStream
	kv jetstream.KeyValue
}

// NewBucket opens the bucket bus.BucketNonces, and makes it when it is not there, which takes the right to. Nonces stay there
// for longer than twice the time in which they are valid. replicas is on how many brokers, as of the streams.
func NewBucket(ctx context.Context, js jetstream.JetStream, replicas int) (*Bucket, error) {
	kv, err := bus.OpenBucket(ctx, js, bus.BucketNonces, replicas)
	if err != nil {
		return nil, fmt.Errorf("remember nonces: %w", err)
	}
	return &Bucket{js: js, kv: kv}, nil
}

// claimTries is how often a nonce is claimed that is there and then is not: it expired, or a replica is behind.
const claimTries = 3

// Claim implements Nonces.
func (b *Bucket) Claim(ctx context.Context, nonce, digest string) (bool, error) {
	if !b.js.Conn().IsConnected() {
		return false, bus.ErrDisconnected
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
