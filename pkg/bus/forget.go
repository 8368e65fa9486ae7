package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

const forgetPrefix = "forget."

// ForgetSubject names, in an outbox, the wish that a profile's events be forgotten; nothing
// is ever published there. See Forget.
func ForgetSubject(key string) string { return forgetPrefix + Token(key) }

// IsForget reports whether a subject is such a wish.
func IsForget(subject string) bool { return strings.HasPrefix(subject, forgetPrefix) }

// Forget removes from EVENTS what there is of a profile before a sequence: its events and
// its receipts, which must all have been applied. subject is a ForgetSubject; keyOf is
// the profile key that a message's body is about, or "". It may be repeated.
//
// A profile shares its slot with others, so each message there is read to tell them apart: with
// 16 partitions, a thousandth of the stream. A stream that was given slots may also have messages
// under the profile's own subject, which are purged unread, unless the key is a number that is a
// slot as well: then others' may lie there, and they too are read.
func Forget(ctx context.Context, js jetstream.JetStream, subject string, before uint64, keyOf func(data []byte) string) error {
	s, err := lookUp(ctx, js, StreamEvents)
	if err != nil {
		return err
	}
	p, err := placingOf(s.CachedInfo().Config)
	if err != nil {
		return err
	}
	token := lastToken(subject)
	own, shared := p.filters(token)
	if !p.Named && isSlot(token, p.slots()) {
		own, shared = nil, append(shared, own...)
	}
	for _, filter := range own {
		if err := s.Purge(ctx, jetstream.WithPurgeSubject(filter), jetstream.WithPurgeSequence(before)); err != nil {
			return fmt.Errorf("forget the events of %s before %d: %w", filter, before, err)
		}
	}
	for _, filter := range shared {
		err := forgetIn(ctx, s, filter, before, func(data []byte) bool { return Token(keyOf(data)) == token })
		if err != nil {
			return fmt.Errorf("forget the events of a profile in %s before %d: %w", filter, before, err)
		}
	}
	return nil
}

// isSlot reports whether a token could be taken for the number of a slot.
func isSlot(token string, slots int) bool {
	var n int
	_, err := fmt.Sscanf(token, "%d", &n)
	return err == nil && n < slots && token == fmt.Sprint(n)
}

// forgetIn removes the messages of a subject that are somebody's, and overwrites them on disk.
func forgetIn(ctx context.Context, s jetstream.Stream, subject string, before uint64, theirs func([]byte) bool) error {
	for seq := uint64(1); ; seq++ {
		m, err := s.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && m.Sequence >= before {
			return nil
		}
		if err != nil {
			return err
		}
		if seq = m.Sequence; !theirs(m.Data) {
			continue
		}
		if err := s.SecureDeleteMsg(ctx, seq); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return err
		}
	}
}
