package deliverytest

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/message"
)

// Receipt is a receipt with what its event says besides.
type Receipt struct {
	message.Receipt
	Type    string `json:"-"`       // of the event
	Address string `json:"address"` // whom it is about, where the event tells
}

// Receipts are what workers tell: the events about messages, each with its receipt, without
// end. What else they say of a message beside its receipt comes too, with an empty Outcome.
func Receipts(ctx context.Context, js jetstream.JetStream) iter.Seq2[Receipt, error] {
	return func(yield func(Receipt, error) bool) {
		r, err := bus.Read(ctx, js, bus.StreamEvents, []string{"evp.>"}, 0, bus.ReadOptions{})
		if err != nil {
			yield(Receipt{}, err)
			return
		}
		defer func() { _ = r.Close() }()
		for {
			batch, err := r.Next(ctx)
			if err != nil {
				yield(Receipt{}, err)
				return
			}
			for _, d := range batch {
				receipt, err := read(d.Data)
				if !yield(receipt, err) || err != nil {
					return
				}
			}
		}
	}
}

func read(data []byte) (Receipt, error) {
	ev, err := event.Decode(data)
	if err != nil {
		return Receipt{}, fmt.Errorf("read an event: %w", err)
	}
	r := Receipt{Type: ev.Type}
	if err := json.Unmarshal(ev.Data, &r); err != nil {
		return Receipt{}, fmt.Errorf("read the receipt of %s: %w", ev.Type, err)
	}
	return r, nil
}
