package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// publishWithin bounds a publish that the caller left unbounded. A cluster that lost
	// the leader of a stream has elected another after 5 to 10 s on a busy machine.
	publishWithin = 25 * time.Second

	// attemptWithin is how long one attempt waits for its acknowledgement. Asking again
	// sooner would have a slow disk do everything twice.
	attemptWithin = 5 * time.Second

	// attemptPause keeps those who insist from hammering a stream that has no leader.
	attemptPause = 100 * time.Millisecond

	// maxIncomplete is how often a batch is repeated of which the server says that a
	// message is missing. A change of leader in the middle of a batch looks like
	// this, and so does a message that no repetition will make right.
	maxIncomplete = 3
)

var (
	errNoAck     = errors.New("no acknowledgement from the broker within " + publishWithin.String())
	errNoAttempt = errors.New("no acknowledgement from the broker within " + attemptWithin.String())
)

// insist repeats an attempt to publish until it succeeds, fails in a way that will not pass, or ctx
// ends. Without ids nothing is repeated, because it might be stored twice.
func insist(ctx context.Context, js jetstream.JetStream, msgs []*nats.Msg, attempt func() error) error {
	incomplete := 0
	for {
		err := attempt()
		if err == nil || ctx.Err() != nil || !transient(err) || !identified(msgs) || nobodyTakes(err, msgs[0].Subject) {
			return err
		}
		if hasCode(err, codeBatchIncomplete) {
			if incomplete++; incomplete == maxIncomplete {
				return err
			}
		}
		if !sleep(ctx, attemptPause) || !connected(ctx, js.Conn()) {
			return fmt.Errorf("%w, after %w", context.Cause(ctx), err)
		}
	}
}

// connected waits for a connection: what is published without one piles up in the client, and arrives
// as often as it was tried.
func connected(ctx context.Context, nc *nats.Conn) bool {
	for nc.IsReconnecting() {
		if !sleep(ctx, attemptPause) {
			return false
		}
	}
	return true
}

// nobodyTakes reports whether a publish was answered by nobody because its subject is of no
// stream: a stream without a leader does not answer either, but has one again in a while.
func nobodyTakes(err error, subject string) bool {
	if !errors.Is(err, nats.ErrNoResponders) && !errors.Is(err, jetstream.ErrNoStreamResponse) {
		return false
	}
	if isUrgent(subject) {
		return true // The stream may not have it, and the message can go by the ordinary subject at once.
	}
	for _, s := range Streams(Layout{}) {
		for _, filter := range s.Subjects {
			if matches(filter, subject) {
				return false
			}
		}
	}
	return true
}

// matches reports whether a subject is one of a filter's, with wildcards as NATS has them.
func matches(filter, subject string) bool {
	want, have := strings.Split(filter, "."), strings.Split(subject, ".")
	for i, token := range want {
		switch {
		case token == ">":
			return i < len(have)
		case i >= len(have) || token != "*" && token != have[i]:
			return false
		}
	}
	return len(want) == len(have)
}

// identified reports whether all messages have ids.
func identified(msgs []*nats.Msg) bool {
	for _, m := range msgs {
		if m.Header.Get(jetstream.MsgIDHeader) == "" {
			return false
		}
	}
	return true
}

// transient reports whether a publish failed as it does while a stream has no leader, or the
// connection moves to another broker.
func transient(err error) bool {
	if IsFull(err) || IsTooLarge(err) || errors.Is(err, nats.ErrPermissionViolation) {
		return false
	}
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return hasCode(err, codeClusterNotAvailable, codeNotReady, codeStoreFailed, codeBatchIncomplete, codeBatchesInFlight)
	}
	for _, t := range []error{
		errNoAttempt, nats.ErrTimeout, nats.ErrNoResponders, jetstream.ErrNoStreamResponse, jetstream.ErrAsyncPublishTimeout,
		nats.ErrDisconnected, nats.ErrConnectionReconnecting, nats.ErrReconnectBufExceeded, nats.ErrStaleConnection,
	} {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}

// await waits for an acknowledgement, no longer than ctx and an attempt that ends at until. A
// publish that is not allowed is answered by nothing, but the connection hears of it.
func await(ctx context.Context, js jetstream.JetStream, subject string, f jetstream.PubAckFuture, until time.Time) (*jetstream.PubAck, error) {
	ok := f.Ok()
	select {
	case ack := <-ok:
		return ack, nil
	case err := <-f.Err():
		return nil, err
	default:
	}
	limit := time.NewTimer(time.Until(until))
	defer limit.Stop()
	look := time.NewTicker(250 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case ack := <-ok:
			return ack, nil
		case err := <-f.Err():
			return nil, err
		case <-ctx.Done():
			return nil, fmt.Errorf("no acknowledgement: %w", context.Cause(ctx))
		case <-limit.C:
			return nil, errNoAttempt
		case <-look.C:
			if err := denied(js.Conn(), subject); err != nil {
				return nil, err
			}
		}
	}
}

// attemptEnds is when an attempt that begins now has waited long enough.
func attemptEnds() time.Time { return time.Now().Add(attemptWithin) }

// withPublishTimeout bounds a publish that the caller left unbounded.
func withPublishTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, publishWithin, errNoAck)
}
