package bus

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// mute is a broker that takes messages and answers none.
type mute struct{ jetstream.JetStream }

func (mute) PublishMsgAsync(*nats.Msg, ...jetstream.PublishOpt) (jetstream.PubAckFuture, error) {
	return silence{}, nil
}
func (mute) Conn() *nats.Conn { return &nats.Conn{} }

type silence struct{}

func (silence) Ok() <-chan *jetstream.PubAck { return nil }
func (silence) Err() <-chan error            { return nil }
func (silence) Msg() *nats.Msg               { return nil }

// Messages that are published at once wait for their answers together: with a wait for each, the
// time for all attempts would be over before a stream without a leader is asked again.
func TestAnAttemptWaitsOnceForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		left, err := publishAll(context.Background(), mute{}, ofKeys("a", "b", "c", "d"), &BatchResult{})
		if took := time.Since(began); took != attemptWithin {
			t.Errorf("it took %s, want %s", took, attemptWithin)
		}
		if len(left) != 4 || !errors.Is(err, errNoAttempt) {
			t.Errorf("%d messages left, %v", len(left), err)
		}
	})
}
