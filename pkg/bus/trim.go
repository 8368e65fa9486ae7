package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Trim removes messages up to and including sequence through, so that a stream
// that refuses when full does not fill up for good. It keeps whatever is younger
// than twice the duplicates window, since the ids of removed messages are
// forgotten at a restart and a late repeat would be taken for new. The caller
// vouches that everything through that sequence is dealt with: for EVENTS the
// smallest position of all readers, for SEND what Acknowledged says. It returns the
// first sequence that is left.
func Trim(ctx context.Context, js jetstream.JetStream, stream string, through uint64) (uint64, error) {
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return 0, fmt.Errorf("trim %s: %w", stream, err)
	}
	info := s.CachedInfo()
	young := time.Now().Add(-2 * info.Config.Duplicates)
	first, err := firstSince(ctx, s, info.State.FirstSeq, min(through, info.State.LastSeq), young)
	if err != nil {
		return 0, fmt.Errorf("trim %s: %w", stream, err)
	}
	if first <= info.State.FirstSeq {
		return info.State.FirstSeq, nil
	}
	if err := s.Purge(ctx, jetstream.WithPurgeSequence(first)); err != nil {
		return 0, fmt.Errorf("trim %s up to %d: %w", stream, first, err)
	}
	return first, nil
}

// firstSince finds, among first..last, the first message stored after t, or
// last+1. Sequences and times ascend together, so a few reads are enough.
func firstSince(ctx context.Context, s jetstream.Stream, first, last uint64, t time.Time) (uint64, error) {
	for first <= last {
		mid := first + (last-first)/2
		// The first one from there on: Forget leaves holes among old and young.
		msg, err := s.GetMsg(ctx, mid, jetstream.WithGetMsgSubject(">"))
		switch {
		case err == nil && msg.Time.After(t):
			last = mid - 1
		case err == nil:
			first = min(max(mid, msg.Sequence), last) + 1
		case errors.Is(err, jetstream.ErrMsgNotFound): // nothing is left that could be young
			first = mid + 1
		default:
			return 0, fmt.Errorf("read message %d: %w", mid, err)
		}
	}
	return first, nil
}

// Acknowledged is the sequence through which the durable consumers of a stream
// have answered everything. It is 0 while messages wait on a subject that has no
// consumer: its service has not started yet.
func Acknowledged(ctx context.Context, js jetstream.JetStream, stream string) (uint64, error) {
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return 0, fmt.Errorf("look up stream %s: %w", stream, err)
	}
	info := s.CachedInfo()
	floor := info.State.LastSeq
	waiting := make(map[string]bool)
	for _, subject := range info.Config.Subjects {
		waiting[subject] = true
	}
	consumers := s.ListConsumers(ctx)
	for c := range consumers.Info() {
		if c.Config.Durable == "" {
			continue
		}
		if c.Config.FilterSubject == "" && len(c.Config.FilterSubjects) == 0 {
			clear(waiting)
		}
		for _, filter := range append(c.Config.FilterSubjects, c.Config.FilterSubject) {
			delete(waiting, filter)
		}
		// With nothing pending and nothing left to deliver a consumer is
		// done with the whole stream, though its floor stays at its own
		// last message.
		if c.NumAckPending > 0 || c.NumPending > 0 {
			floor = min(floor, c.AckFloor.Stream)
		}
	}
	if err := consumers.Err(); err != nil {
		return 0, fmt.Errorf("list consumers of %s: %w", stream, err)
	}
	for subject := range waiting {
		_, err := s.GetMsg(ctx, info.State.FirstSeq, jetstream.WithGetMsgSubject(subject))
		switch {
		case err == nil:
			return 0, nil
		case !errors.Is(err, jetstream.ErrMsgNotFound):
			return 0, fmt.Errorf("look for messages on %s: %w", subject, err)
		}
	}
	return floor, nil
}
