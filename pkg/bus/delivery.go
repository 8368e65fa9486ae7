package bus

import (
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Delivery is a message as it lies in a stream.
type Delivery struct {
	// Stream is the name of the stream it comes from.
	Stream string
	// Consumer is the name of the consumer that delivered it.
	Consumer string
	// Subject is the subject it is stored under: for an event
	// `evp.<partition>.<slot>`, not the one it was published to.
	Subject string
	// Seq is its sequence in the stream, ascending and never reused.
	Seq uint64
	// Time is when the stream stored it.
	Time time.Time
	// Attempt counts how often the server delivered it, from 1.
	Attempt int
	// Since is when this process was given it; zero of what a Reader reads.
	Since time.Time
	// Pending is how many matching messages the stream held behind it.
	Pending uint64
	// Header keys are as the producer wrote them; NATS does not change case.
	Header nats.Header
	// Data is the body. It must not be changed.
	Data []byte
}

// IsTick reports whether the message is a tick of its partition's clock, see ClockSubject.
func (d Delivery) IsTick() bool { return strings.HasSuffix(d.Subject, clockTokens) }

// IsReceipt reports whether the message came by way of Placing.Receipt. Whoever publishes
// there may report what became of messages, and nothing else.
func (d Delivery) IsReceipt() bool {
	tokens := strings.SplitN(d.Subject, ".", 4)
	return len(tokens) == 4 && "."+tokens[2]+"." == receiptToken
}

// place is what the order of a message is kept by: the slot of its profile.
func (d Delivery) place() string { return lastToken(d.Subject) }

// ID is the producer's message id, or "" when it gave none.
func (d Delivery) ID() string { return d.Header.Get(jetstream.MsgIDHeader) }

// deliveryOf copies no body: the client library makes a slice of its own for each message that it
// reads, and the strings of the headers are a copy already.
func deliveryOf(m jetstream.Msg) (Delivery, error) {
	meta, err := m.Metadata()
	if err != nil {
		return Delivery{}, err
	}
	return Delivery{
		Stream:   meta.Stream,
		Consumer: meta.Consumer,
		Subject:  m.Subject(),
		Seq:      meta.Sequence.Stream,
		Time:     meta.Timestamp,
		Attempt:  int(meta.NumDelivered),
		Pending:  meta.NumPending,
		Header:   m.Headers(),
		Data:     m.Data(),
	}, nil
}
