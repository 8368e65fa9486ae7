package restored

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/store"
)

// Store is what is brought up to date.
type Store interface {
	store.Claiming
	Positions(ctx context.Context) (map[int]store.Position, error)
}

// Found is what Recover learnt from the broker.
type Found struct {
	Receipts int `json:"receipts"` // messages whose result the store had forgotten
	Open     int `json:"open"`     // messages that were in hand when everything stopped
	Events   int `json:"events"`   // how many events will be applied once more
}

// worker is who holds the claims that Recover makes: nobody who lives.
const worker = "before-the-restore"

// batch is how many claims are made in one transaction.
const batch = 256

// Recover tells the store what was handed over after its positions. Nothing may work on the
// store meanwhile.
func Recover(ctx context.Context, js jetstream.JetStream, st Store, now time.Time, log *slog.Logger) (Found, error) {
	r := recovery{js: js, store: st, now: now.UTC(), log: log, done: map[string]bool{}}
	positions, err := st.Positions(ctx)
	if err != nil {
		return r.found, fmt.Errorf("read the store's positions: %w", err)
	}
	n, err := bus.Partitions(ctx, js)
	if err != nil {
		return r.found, err
	}
	for p := range n {
		if err := r.receipts(ctx, p, positions[p].Seq); err != nil {
			return r.found, fmt.Errorf("partition %d: %w", p, err)
		}
	}
	if err := r.inHand(ctx); err != nil {
		return r.found, fmt.Errorf("look for messages that were in hand: %w", err)
	}
	log.InfoContext(ctx, "the store knows again what was sent", "receipts", r.found.Receipts, "in_hand", r.found.Open, "events", r.found.Events)
	return r.found, nil
}

type recovery struct {
	js    jetstream.JetStream
	store Store
	now   time.Time
	log   *slog.Logger
	found Found
	done  map[string]bool // messages with a receipt
}

// receipt is what a receipt's event says, as it was published.
type receipt struct {
	partition int
	message   string
	data      []byte
}

// receipts records the receipts of a partition that lie behind its position.
func (r *recovery) receipts(ctx context.Context, partition int, after uint64) error {
	stream, err := r.js.Stream(ctx, bus.StreamEvents)
	if err != nil {
		return fmt.Errorf("look up %s: %w", bus.StreamEvents, err)
	}
	last, err := stream.GetLastMsgForSubject(ctx, "evp."+strconv.Itoa(partition)+".>")
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("look for its last event: %w", err)
	case last.Sequence <= after:
		return nil
	}
	if first := stream.CachedInfo().State.FirstSeq; first > after+1 && after > 0 {
		return fmt.Errorf("the store stands at event %d and the stream begins at %d: events since the backup are not there any more; restore a younger backup",
			after, first)
	}
	reader, err := bus.ReadPartition(ctx, r.js, partition, after, bus.ReadOptions{Linger: -1, Logger: r.log})
	if err != nil {
		return err
	}
	defer reader.Close() //nolint:errcheck // It only read.
	var found []receipt
	for at := after; at < last.Sequence; {
		deliveries, err := reader.Next(ctx)
		if err != nil {
			return fmt.Errorf("read after %d: %w", at, err)
		}
		for _, d := range deliveries {
			at = d.Seq
			r.found.Events++
			if read, ok := readReceipt(d, partition); ok {
				found = append(found, read)
			}
		}
		if len(found) >= batch || at >= last.Sequence {
			if err := r.record(ctx, found); err != nil {
				return err
			}
			found = found[:0]
		}
	}
	return nil
}

// readReceipt takes what workers report; everything else is the orchestrator's business,
// which will also say what cannot be read.
func readReceipt(d bus.Delivery, partition int) (receipt, bool) {
	if d.IsTick() {
		return receipt{}, false
	}
	e, err := event.Decode(d.Data)
	if err != nil || !event.Receipt(e.Type) {
		return receipt{}, false
	}
	var data message.Receipt
	if err := json.Unmarshal(e.Data, &data); err != nil || data.MessageID == "" {
		return receipt{}, false
	}
	return receipt{partition: partition, message: data.MessageID, data: e.Data}, true
}

// record makes the receipts the results of their messages, where the store has none.
func (r *recovery) record(ctx context.Context, found []receipt) error {
	if len(found) == 0 {
		return nil
	}
	claims := make([]store.Claim, len(found))
	for i, f := range found {
		claims[i] = store.Claim{Partition: f.partition, MessageID: f.message, Worker: worker, At: r.now}
		r.done[f.message] = true
	}
	priors, err := r.store.Claim(ctx, claims)
	if err != nil {
		return fmt.Errorf("claim what was sent: %w", err)
	}
	var results []store.Result
	for i, f := range found {
		if priors[i].State != store.Done {
			results = append(results, store.Result{Partition: f.partition, MessageID: f.message, Worker: worker, Receipt: f.data})
		}
	}
	if len(results) == 0 {
		return nil
	}
	if err := r.store.Record(ctx, results); err != nil {
		return fmt.Errorf("record what was sent: %w", err)
	}
	r.found.Receipts += len(results)
	return nil
}
