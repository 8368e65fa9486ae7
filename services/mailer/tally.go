package mailer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/routing"
)

// maxChanges is how often a change is tried that others come before.
const maxChanges = 50

// brokerTally is a Tally that all processes of a broker share.
type brokerTally struct{ kv jetstream.KeyValue }

// NewTally keeps warm-ups in the bucket bus.BucketWarmUp. One that is not there is made, on as many brokers as replicas
// says, which takes the right to.
func NewTally(ctx context.Context, js jetstream.JetStream, replicas int) (Tally, error) {
	kv, err := bus.OpenBucket(ctx, js, bus.BucketWarmUp, replicas)
	if err != nil {
		return nil, fmt.Errorf("remember warm-ups: %w", err)
	}
	return &brokerTally{kv}, nil
}

// Change implements Tally: it compares and swaps.
func (t *brokerTally) Change(ctx context.Context, key string, change func(routing.Progress) routing.Progress) (p routing.Progress, err error) {
	for range maxChanges {
		p = routing.Progress{}
		entry, err := t.kv.Get(ctx, key)
		switch {
		case errors.Is(err, jetstream.ErrKeyNotFound):
		case err != nil:
			return p, fmt.Errorf("read %s: %w", key, err)
		default:
			if err := json.Unmarshal(entry.Value(), &p); err != nil {
				return p, fmt.Errorf("read %s: %w", key, err)
			}
		}
		p = change(p)
		value, err := json.Marshal(p)
		if err != nil {
			return p, err
		}
		if entry == nil {
			_, err = t.kv.Create(ctx, key, value)
		} else {
			_, err = t.kv.Update(ctx, key, value, entry.Revision())
		}
		switch {
		case err == nil:
			return p, nil
		case errors.Is(err, jetstream.ErrKeyExists): // Also a revision that is not the last any more.
		default:
			return p, fmt.Errorf("write %s: %w", key, err)
		}
	}
	return p, fmt.Errorf("write %s: others were faster %d times", key, maxChanges)
}
