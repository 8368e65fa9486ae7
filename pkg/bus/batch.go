package bus

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// MaxBatch is how many messages the server takes in one atomic batch.
const MaxBatch = 1000

// Headers of an atomic batch (NATS ADR-50).
const (
	headerBatchID     = "Nats-Batch-Id"
	headerBatchSeq    = "Nats-Batch-Sequence"
	headerBatchCommit = "Nats-Batch-Commit"
)

// BatchResult says what became of a batch that was stored.
type BatchResult struct {
	// Stored is how many messages the stream did not have before.
	Stored int
	// Duplicates is how many it had already, by their ids.
	Duplicates int
	// LastSeq is the highest sequence the stream answered with.
	LastSeq uint64
}

// NewMsg makes a message with an id. The stream stores a second message with
// the same id within its window only once, so a derived id makes every
// publish safe to repeat.
func NewMsg(subject, id string, data []byte) *nats.Msg {
	msg := nats.NewMsg(subject)
	msg.Data = data
	if id != "" {
		msg.Header.Set(jetstream.MsgIDHeader, id)
	}
	return msg
}

// add counts a message that the stream has acknowledged.
func (r *BatchResult) add(ack *jetstream.PubAck) {
	if ack.Duplicate {
		r.Duplicates++
	} else {
		r.Stored++
	}
	r.LastSeq = max(r.LastSeq, ack.Sequence)
}

// PublishBatch stores up to MaxBatch messages of one stream together. It returns when all are stored,
// messages of one key (the last token of a subject) in order.
//
// More than 16 messages are an atomic batch: all or none, in order, with one sync to disk, and
// so are fewer of which not all have ids, or more than four have the same key. Other small batches
// are published singly, those of different keys at once, because that is cheaper for
// a stream with one replica: when it fails, some may be stored, but none whose
// predecessor of the same key is not. A message too large for the broker, or one for another stream, still
// fails all of them before any is stored; and for a minute after a
// stream was full it gets whole batches only.
//
// A batch with an id that the stream has already is refused whole by the
// server; then the messages are published one after the other, so that a
// repeat after a lost answer ends well. While the stream has no leader, or the
// connection is lost, messages that all have ids are repeated until ctx ends, or for 25 s when it
// has no deadline. After an error the caller may repeat the call with the same ids.
//
// It is safe for concurrent use with different messages. Headers of msgs are
// changed during the call and are as before after it.
func PublishBatch(ctx context.Context, js jetstream.JetStream, msgs []*nats.Msg) (BatchResult, error) {
	switch n := len(msgs); {
	case n == 0:
		return BatchResult{}, nil
	case n > MaxBatch:
		return BatchResult{}, fmt.Errorf("publish batch: %d messages; at most %d fit, use Split", n, MaxBatch)
	}
	ctx, cancel := withPublishTimeout(ctx)
	defer cancel()
	r, err := publishBatch(ctx, js, msgs)
	if err != nil {
		return r, fmt.Errorf("publish batch of %d: %w", len(msgs), err)
	}
	return r, nil
}

// publishBatch chooses the way.
func publishBatch(ctx context.Context, js jetstream.JetStream, msgs []*nats.Msg) (r BatchResult, err error) {
	// The server answers only the last message of an atomic batch, so it could not say which
	// one was too large.
	limit := int(js.Conn().MaxPayload())
	for i, m := range msgs {
		if len(m.Data) > limit {
			return r, fmt.Errorf("message %d of %d: %w", i+1, len(msgs), nats.ErrMaxPayload)
		}
	}
	if s, ok := js.(*streams); ok {
		stream := streamOf(msgs[0].Subject)
		defer func() { s.heard(stream, err) }()
		if s.singly(stream, msgs) {
			left := singles{open: msgs}
			err = insist(ctx, js, msgs, func() error { return left.publish(ctx, js) })
			return left.result, err
		}
	}
	err = insist(ctx, js, msgs, func() (err error) {
		r, err = publishOnce(ctx, js, msgs)
		return err
	})
	return r, err
}

// publishOnce is one attempt to publish a batch whole.
func publishOnce(ctx context.Context, js jetstream.JetStream, msgs []*nats.Msg) (BatchResult, error) {
	if len(msgs) == 1 {
		return publishEach(ctx, js, msgs)
	}
	seq, err := publishAtomic(ctx, js, msgs)
	if hasCode(err, codeBatchDuplicate) {
		return publishEach(ctx, js, msgs)
	}
	if err != nil {
		return BatchResult{}, err
	}
	return BatchResult{Stored: len(msgs), LastSeq: seq}, nil
}

// publishAtomic sends all but the last message without waiting: the server
// answers the last one for all of them, and refuses it when one is missing.
func publishAtomic(ctx context.Context, js jetstream.JetStream, msgs []*nats.Msg) (uint64, error) {
	commit, err := sendBatch(ctx, js, msgs)
	if err != nil {
		return 0, err
	}
	ack, err := await(ctx, js, msgs[0].Subject, commit, attemptEnds())
	if err != nil {
		return 0, explainBatch(err)
	}
	return ack.Sequence, nil
}

// sendBatch keeps batches of one connection from mingling. The server keeps at
// most 50 unfinished ones per stream and refuses more, which a few dozen
// concurrent publishers would reach; sent in one piece, a batch is
// unfinished for no longer than it takes to read.
func sendBatch(ctx context.Context, js jetstream.JetStream, msgs []*nats.Msg) (jetstream.PubAckFuture, error) {
	if s, ok := js.(*streams); ok {
		s.sending.Lock()
		defer s.sending.Unlock()
	}
	id, last := nuid.Next(), len(msgs)-1
	for i, m := range msgs[:last] {
		if m.Header == nil {
			m.Header = nats.Header{}
		}
		m.Header.Set(headerBatchID, id)
		m.Header.Set(headerBatchSeq, strconv.Itoa(i+1))
		err := js.Conn().PublishMsg(m)
		m.Header.Del(headerBatchID)
		m.Header.Del(headerBatchSeq)
		if err != nil {
			return nil, fmt.Errorf("message %d of %d: %w", i+1, len(msgs), err)
		}
	}
	// The library keeps this one until it is answered, so it gets its own headers.
	commit := &nats.Msg{Subject: msgs[last].Subject, Data: msgs[last].Data, Header: maps.Clone(msgs[last].Header)}
	if commit.Header == nil {
		commit.Header = nats.Header{}
	}
	commit.Header.Set(headerBatchID, id)
	commit.Header.Set(headerBatchSeq, strconv.Itoa(len(msgs)))
	commit.Header.Set(headerBatchCommit, "1")
	return publishAsync(ctx, js, commit)
}

func explainBatch(err error) error {
	if hasCode(err, codeBatchIncomplete) {
		return fmt.Errorf("%w: a message was lost on the way or refused (too large for the stream, or on a subject of another stream)", err)
	}
	return err
}

// publishEach publishes one after the other, which keeps their order even when
// one fails; the first error ends it.
func publishEach(ctx context.Context, js jetstream.JetStream, msgs []*nats.Msg) (BatchResult, error) {
	var r BatchResult
	for i, m := range msgs {
		ack, err := publishAcked(ctx, js, m)
		if err != nil {
			return r, fmt.Errorf("publish message %d of %d: %w", i+1, len(msgs), err)
		}
		r.add(ack)
	}
	return r, nil
}

// publishAcked publishes a message and waits for its acknowledgement.
func publishAcked(ctx context.Context, js jetstream.JetStream, m *nats.Msg) (*jetstream.PubAck, error) {
	// The library keeps what it is given until it is answered, which for an attempt that was given up
	// may be never.
	f, err := publishAsync(ctx, js, &nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Data})
	if err != nil {
		return nil, err
	}
	return await(ctx, js, m.Subject, f, attemptEnds())
}

// Split cuts messages into batches of at most MaxBatch messages and about
// maxBytes bytes (8 MiB when 0), in order. What PublishBatch promises it promises of each.
func Split(msgs []*nats.Msg, maxBytes int) iter.Seq[[]*nats.Msg] {
	if maxBytes <= 0 {
		maxBytes = 8 << 20
	}
	return func(yield func([]*nats.Msg) bool) {
		start, size := 0, 0
		for i, m := range msgs {
			n := m.Size()
			if i > start && (i-start == MaxBatch || size+n > maxBytes) {
				if !yield(msgs[start:i]) {
					return
				}
				start, size = i, 0
			}
			size += n
		}
		if start < len(msgs) {
			yield(msgs[start:])
		}
	}
}
