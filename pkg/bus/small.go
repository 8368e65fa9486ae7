package bus

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// SmallBatch is up to how many messages PublishBatch publishes them singly. A server with
	// one replica makes a store with a directory and files of its own for each atomic batch;
	// benchbus measures from where on that is worth it. With three replicas both ways
	// cost about the same.
	SmallBatch = 16

	// smallRounds is how many messages of one key a small batch may have: each waits for
	// the one before it, which with three replicas takes a millisecond.
	smallRounds = 4

	// wholeFor is how long a stream that was full gets whole batches only. Whoever is refused tries
	// again within seconds, which makes it longer.
	wholeFor = time.Minute
)

// singles are what is left of a small batch.
type singles struct {
	open   []*nats.Msg
	result BatchResult
}

// publish is one attempt. It publishes the first message of every key at once, then the second of
// every key, and stops at the first round that fails: of two messages of one key the
// later is never sent before the earlier is stored.
func (s *singles) publish(ctx context.Context, js jetstream.JetStream) error {
	for len(s.open) > 0 {
		first, later := firstOfKeys(s.open)
		left, err := publishAll(ctx, js, first, &s.result)
		if err != nil {
			s.open = slices.Concat(left, later)
			return err
		}
		s.open = later
	}
	return nil
}

// firstOfKeys parts messages into the first one of every key and the others, both in order.
func firstOfKeys(msgs []*nats.Msg) (first, later []*nats.Msg) {
	first = make([]*nats.Msg, 0, len(msgs))
	for _, m := range msgs {
		key := lastToken(m.Subject)
		if slices.ContainsFunc(first, func(f *nats.Msg) bool { return lastToken(f.Subject) == key }) {
			later = append(later, m)
		} else {
			first = append(first, m)
		}
	}
	return first, later
}

// singly reports whether messages of a stream are published singly. Without ids they could not be
// repeated, and a batch for two streams must be refused whole.
func (s *streams) singly(stream string, msgs []*nats.Msg) bool {
	if len(msgs) > SmallBatch || stream == "" || !identified(msgs) || s.refuses(stream) {
		return false
	}
	for _, m := range msgs {
		if streamOf(m.Subject) != stream {
			return false
		}
	}
	rounds := 0
	for rest := msgs; len(rest) > 0; rounds++ {
		_, rest = firstOfKeys(rest)
	}
	return rounds <= smallRounds
}

// streamOf is the stream that takes batches of a subject, or "".
func streamOf(subject string) string {
	switch token, _, _ := strings.Cut(subject, "."); token {
	case "events", "evp":
		return StreamEvents
	case "send":
		return StreamSend
	case "in":
		return StreamIn
	}
	return ""
}

// refuses reports whether a stream was full lately.
func (s *streams) refuses(stream string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.full[stream]
	return ok && time.Since(at) < wholeFor
}

// heard notes when a stream was full. It takes the small messages of a batch that it has no room for;
// while somebody tries again and again, for longer than it remembers ids, it would store
// those each time. So it gets whole batches for a while.
func (s *streams) heard(stream string, err error) {
	if stream == "" || !IsFull(err) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full[stream] = time.Now()
}
