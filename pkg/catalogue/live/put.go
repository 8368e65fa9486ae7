package live

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/catalogue"
	"rapport/pkg/event"
)

// Check says what is wrong with what an event tells of a product; nil: nothing.
func (s *Shelf) Check(e *event.Event) *event.FieldError {
	var wrong *event.FieldError
	if _, err := catalogue.Told(e); errors.As(err, &wrong) {
		return wrong
	} else if err != nil {
		return &event.FieldError{Field: "data", Reason: err.Error()}
	}
	return nil
}

// atOnce is how many products are stored together, and the bytes of a batch.
const atOnce, atOnceBytes = 500, 2 << 20

// Put stores what events tell of products, in their order. Afterwards the shelf knows them.
func (s *Shelf) Put(ctx context.Context, told []event.Event) error {
	select {
	case <-s.ready: // Before that, what is known of a product is not known here.
	case <-ctx.Done():
		return fmt.Errorf("put products: the catalogue has not been read yet: %w", ctx.Err())
	}
	for len(told) > 0 {
		n, err := s.putSome(ctx, told)
		if err != nil {
			return fmt.Errorf("put products: %w", err)
		}
		told = told[n:]
	}
	return nil
}

// putSome stores the first events of a list, at most one for each product, and says how many.
func (s *Shelf) putSome(ctx context.Context, told []event.Event) (n int, err error) {
	for {
		msgs, n, moved, err := s.batch(told)
		if err != nil || len(msgs) == 0 {
			return n, err
		}
		seq, err := s.store(ctx, msgs)
		if err == nil {
			s.hear(ctx, seq)
			return n, nil
		}
		if !outdated(err) {
			return 0, err
		}
		// Somebody else stored one of them. The shelf will hear of it.
		select {
		case <-moved:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// batch merges events with what is known.
func (s *Shelf) batch(told []event.Event) (msgs []*nats.Msg, n int, moved <-chan struct{}, err error) {
	size, seen := 0, map[string]bool{}
	moved = s.Moved() // before anything is looked up, so that no change is missed
	for ; n < len(told) && len(msgs) < atOnce && size < atOnceBytes; n++ {
		p, err := catalogue.Told(&told[n])
		if err != nil {
			return nil, 0, nil, err
		}
		if seen[p.ID] {
			break
		}
		seen[p.ID] = true
		former, seq := s.known(p.ID)
		now, changed, err := catalogue.Merge(former, p)
		if err != nil {
			return nil, 0, nil, err
		}
		if !changed {
			continue
		}
		msg := bus.NewMsg(subject(p.ID), "", now.Record)
		msg.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(seq, 10))
		msgs, size = append(msgs, msg), size+len(now.Record)
	}
	return msgs, n, moved, nil
}

// store returns the sequence of the last message.
func (s *Shelf) store(ctx context.Context, msgs []*nats.Msg) (seq uint64, err error) {
	if !s.js.Conn().IsConnected() {
		return 0, errDisconnected // The client would keep the messages for later.
	}
	r, err := bus.PublishBatch(ctx, s.js, msgs)
	return r.LastSeq, err
}

// hear waits until the shelf has what is stored, so that who was told that it is sees it, and the
// next batch is merged with it. What is stored stays so when the time is over before.
func (s *Shelf) hear(ctx context.Context, seq uint64) {
	for {
		moved, through := s.at()
		if through >= seq {
			return
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return
		}
	}
}

var errDisconnected = errors.New("no connection to the broker")

// The codes by which the server says that a subject is not at the sequence that was expected
// (nats-server, server/errors.json).
const wrongLastSequence, wrongLastSequenceConstant = 10071, 10164

// outdated reports whether somebody else has stored one of the products.
func outdated(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == wrongLastSequence || api.ErrorCode == wrongLastSequenceConstant)
}
