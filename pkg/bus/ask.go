package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// askWithin bounds a question that the caller left unbounded; see publishWithin.
	askWithin = 25 * time.Second

	// askAgain is how long the first attempt waits; each waits twice as long as the one before it, up to
	// askAgainMost. A broker that leads answers in milliseconds; one that has just ceased to answers never.
	askAgain     = 500 * time.Millisecond
	askAgainMost = 4 * time.Second
)

// ask repeats a question to the broker (about a stream, for a consumer) while there is
// nobody to answer it. What is asked must do no harm when it is done twice.
func ask(ctx context.Context, question func(context.Context) error) error {
	if _, ok := ctx.Deadline(); !ok {
		bounded, cancel := context.WithTimeoutCause(ctx, askWithin, errNoAnswerYet)
		defer cancel()
		ctx = bounded
	}
	for wait := askAgain; ; wait = min(2*wait, askAgainMost) {
		attempt, cancel := context.WithTimeout(ctx, wait)
		err := question(attempt)
		expired := attempt.Err() != nil
		cancel()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("%w, last: %w", context.Cause(ctx), err)
		case errors.Is(err, nats.ErrPermissionViolation), !expired && !unanswered(err):
			return err
		}
		if !sleep(ctx, attemptPause) {
			return fmt.Errorf("%w, last: %w", context.Cause(ctx), err)
		}
	}
}

var errNoAnswerYet = errors.New("no answer from the broker within " + askWithin.String())

// unanswered reports whether a question failed because nobody could answer it for the moment.
func unanswered(err error) bool {
	return transient(err) || errors.Is(err, context.DeadlineExceeded)
}

// lookUp asks for a stream.
func lookUp(ctx context.Context, js jetstream.JetStream, name string) (jetstream.Stream, error) {
	var s jetstream.Stream
	err := ask(ctx, func(ctx context.Context) (err error) {
		s, err = js.Stream(ctx, name)
		return allowed(js.Conn(), "$JS.API.STREAM.INFO."+name, err)
	})
	if err != nil {
		return nil, fmt.Errorf("look up stream %s: %w", name, err)
	}
	return s, nil
}
