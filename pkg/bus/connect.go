package bus

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// asyncMaxPending bounds what one connection has published and not yet
	// heard about; 4000 is where more stops being faster.
	asyncMaxPending = 4000

	// ackTimeout bounds the wait for an acknowledgement. Without it the
	// futures of PublishAsync never resolve when the server dies.
	ackTimeout = 10 * time.Second
)

// ConnOptions are the options every connection of ours is opened with: it
// reconnects for ever (a broker that is restarted is not an outage), and
// asynchronous errors are logged, because denied permissions otherwise look
// like timeouts.
func ConnOptions(name string, log *slog.Logger) []nats.Option {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return []nats.Option{
		nats.Name(name),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(100*time.Millisecond, 500*time.Millisecond),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			log.Error("nats reports an error", "error", err, "subscription", subject)
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("connection to nats lost; reconnecting", "error", err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			log.Info("connected to nats again", "server", nc.ConnectedServerName())
		}),
	}
}

// streams is a JetStream context on which atomic batches are sent one after the other.
type streams struct {
	jetstream.JetStream
	sending sync.Mutex

	mu   sync.Mutex
	full map[string]time.Time // when a stream was last full
}

// JetStream opens a JetStream context whose asynchronous publishes are bounded
// in number and time. Everything in this package expects one made here, and one per
// connection.
func JetStream(nc *nats.Conn) (jetstream.JetStream, error) {
	js, err := jetstream.New(nc,
		jetstream.WithPublishAsyncMaxPending(asyncMaxPending),
		jetstream.WithPublishAsyncTimeout(ackTimeout),
		jetstream.WithDefaultTimeout(ackTimeout))
	if err != nil {
		return nil, fmt.Errorf("open jetstream: %w", err)
	}
	return &streams{JetStream: js, full: map[string]time.Time{}}, nil
}
