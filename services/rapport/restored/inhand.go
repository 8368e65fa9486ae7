package restored

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/message"
	"rapport/pkg/store"
)

// inHand claims the messages that workers had been given and had not answered for.
func (r *recovery) inHand(ctx context.Context) error {
	stream, err := r.js.Stream(ctx, bus.StreamSend)
	if err != nil {
		return fmt.Errorf("look up %s: %w", bus.StreamSend, err)
	}
	list := stream.ListConsumers(ctx)
	for c := range list.Info() {
		if c.Config.Durable == "" || c.NumAckPending == 0 {
			continue
		}
		if err := r.given(ctx, c, stream.CachedInfo().State.FirstSeq); err != nil {
			return fmt.Errorf("of %s: %w", c.Name, err)
		}
	}
	if err := list.Err(); err != nil {
		return fmt.Errorf("list the consumers of %s: %w", bus.StreamSend, err)
	}
	return nil
}

// given claims what lies between the first message that a consumer was given and has not
// acknowledged, and the last one it was given. Those among them that were acknowledged have
// receipts.
func (r *recovery) given(ctx context.Context, c *jetstream.ConsumerInfo, first uint64) error {
	filters := c.Config.FilterSubjects
	if c.Config.FilterSubject != "" {
		filters = append(filters, c.Config.FilterSubject)
	}
	after := max(c.AckFloor.Stream, first-min(first, 1))
	reader, err := bus.Read(ctx, r.js, bus.StreamSend, filters, after, bus.ReadOptions{Linger: -1, Logger: r.log})
	if err != nil {
		return err
	}
	defer reader.Close() //nolint:errcheck // It only read.
	var claims []store.Claim
	for at := after; at < c.Delivered.Stream; {
		deliveries, err := reader.Next(ctx)
		if err != nil {
			return fmt.Errorf("read after %d: %w", at, err)
		}
		for _, d := range deliveries {
			at = d.Seq
			var m message.Command
			if d.Seq > c.Delivered.Stream || json.Unmarshal(d.Data, &m) != nil || m.ID == "" || r.done[m.ID] {
				continue
			}
			claims = append(claims, store.Claim{Partition: m.Partition, MessageID: m.ID, Worker: worker, At: r.now})
		}
	}
	if len(claims) == 0 {
		return nil
	}
	priors, err := r.store.Claim(ctx, claims)
	if err != nil {
		return fmt.Errorf("claim what was in hand: %w", err)
	}
	for _, p := range priors {
		if p.State == store.Fresh {
			r.found.Open++
		}
	}
	return nil
}
