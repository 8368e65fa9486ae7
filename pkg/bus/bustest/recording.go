package bustest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"

	"rapport/pkg/event"
)

// Recording is a publisher that keeps what it is given, or refuses it. Unlike the stream it keeps what has come before a
// second time. The zero value is ready, and safe for concurrent use.
type Recording struct {
	mu   sync.Mutex
	msgs []*nats.Msg
	err  error
}

// Refusing is a Recording that refuses.
func Refusing(err error) *Recording { return &Recording{err: err} }

// Fail says what PublishBatch returns from now on; after nil it keeps messages again.
func (r *Recording) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// PublishBatch keeps the messages, or none of them.
func (r *Recording) PublishBatch(_ context.Context, msgs []*nats.Msg) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	r.msgs = append(r.msgs, msgs...)
	return nil
}

// Messages are those that were kept, in their order.
func (r *Recording) Messages() []*nats.Msg {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.msgs)
}

// Forget lets go of what was kept.
func (r *Recording) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.msgs = nil
}

// Events are what was kept, in its order.
func (r *Recording) Events(t testing.TB) []event.Event {
	t.Helper()
	var events []event.Event
	for _, m := range r.Messages() {
		events = append(events, decode(t, m.Subject, m.Header, m.Data))
	}
	return events
}
