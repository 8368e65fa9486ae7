package bus

import (
	"context"
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
// its receipts, which must all have been applied. subject is a ForgetSubject. It may be
// repeated.
func Forget(ctx context.Context, js jetstream.JetStream, subject string, before uint64) error {
	s, err := lookUp(ctx, js, StreamEvents)
	if err != nil {
		return err
	}
	n, err := partitionsOf(s.CachedInfo().Config)
	if err != nil {
		return err
	}
	token := lastToken(subject)
	stored := fmt.Sprintf("evp.%d.", tokenPartition(token, n))
	for _, filter := range []string{stored + token, strings.TrimSuffix(stored, ".") + receiptToken + token} {
		if err := s.Purge(ctx, jetstream.WithPurgeSubject(filter), jetstream.WithPurgeSequence(before)); err != nil {
			return fmt.Errorf("forget the events of %s before %d: %w", filter, before, err)
		}
	}
	return nil
}
