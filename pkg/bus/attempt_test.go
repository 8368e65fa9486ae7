package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
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

// prompt is a broker that stores a message in a millisecond.
type prompt struct{ jetstream.JetStream }

func (prompt) PublishMsgAsync(m *nats.Msg, _ ...jetstream.PublishOpt) (jetstream.PubAckFuture, error) {
	f := stored{msg: m, ack: make(chan *jetstream.PubAck, 1)}
	time.AfterFunc(time.Millisecond, func() { f.ack <- &jetstream.PubAck{} })
	return f, nil
}
func (prompt) Conn() *nats.Conn { return &nats.Conn{} }

type stored struct {
	msg *nats.Msg
	ack chan *jetstream.PubAck
}

func (s stored) Ok() <-chan *jetstream.PubAck { return s.ack }
func (s stored) Err() <-chan error            { return nil }
func (s stored) Msg() *nats.Msg               { return s.msg }

// A single publisher waits for nobody. Several that publish again when they are answered wait no longer for
// each other than they take to come, but once for each that has come for the last time.
func TestGathererLingersForThoseWhoCome(t *testing.T) {
	t.Parallel()
	for publishers, want := range map[int]time.Duration{1: 10 * time.Millisecond, 5: 4*time.Minute/8 + 20*time.Millisecond} {
		t.Run(fmt.Sprint(publishers), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := NewGatherer(&streams{JetStream: prompt{}, full: map[string]time.Time{}}, time.Minute)
				began := time.Now()
				var all sync.WaitGroup
				for p := range publishers {
					all.Go(func() {
						for i := range 10 {
							id := fmt.Sprint(p, "-", i)
							if err := g.Publish(EventSubject(fmt.Sprint(p)), message.NewMessage(id, nil)); err != nil {
								t.Error(err)
							}
						}
					})
				}
				all.Wait()
				if took := time.Since(began); took > want {
					t.Errorf("ten times each took %s, want %s at most", took, want)
				}
				if err := g.Close(); err != nil {
					t.Error(err)
				}
				synctest.Wait()
			})
		})
	}
}
