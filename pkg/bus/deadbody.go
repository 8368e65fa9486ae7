package bus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Body is what came from outside and never was in a stream: the body of a webhook, whose sender was told
// that it was taken and will not send it again.
type Body struct {
	// Source names who sent it, such as the webhook's name. It is required.
	Source string
	// Header are the headers that whoever reads it again will need, and no others: what proves who sent
	// it (signatures, keys) does not belong into a stream. Those over 16 KiB are left out.
	Header nats.Header
	// Data are the bytes as they came. More than 992 KiB are not kept; the letter then says so.
	Data []byte
	// Received is when it came.
	Received time.Time
}

// maxOwnHeaders bounds the headers that a Body may bring, so that any of them fits beside its data.
const maxOwnHeaders = 16 << 10

// Bury stores a body in the dead-letter stream with the reason and its class, on
// `dead.<service>.body.<source>`. It returns after it is stored. Its id is derived from service, source and
// the digest of its data, so that a body that is buried again while ids are remembered is stored once.
func Bury(ctx context.Context, js jetstream.JetStream, service string, b Body, reason error) error {
	if b.Source == "" {
		return errors.New("store dead letter of a body: its source is not named")
	}
	msg := deadBody(service, b, reason)
	if err := insist(ctx, js, []*nats.Msg{msg}, func() error {
		_, err := js.PublishMsg(ctx, msg)
		return err
	}); err != nil {
		return fmt.Errorf("store dead letter of a body from %s: %w", b.Source, err)
	}
	return nil
}

func deadBody(service string, b Body, reason error) *nats.Msg {
	digest := sha256.Sum256(b.Data)
	msg := nats.NewMsg("dead." + Token(service) + "." + bodyToken + Token(b.Source))
	if ownSize(b.Header) <= maxOwnHeaders {
		copyOwn(msg.Header, b.Header)
	}
	set := msg.Header.Set
	if msg.Data = b.Data; len(b.Data) > maxMessageBytes-deadHeaders {
		msg.Data = nil
		set(headerDeadOmitted, "too large: "+strconv.Itoa(len(b.Data))+" bytes, SHA-256 "+hex.EncodeToString(digest[:]))
	}
	set(jetstream.MsgIDHeader, "dead-"+service+"-"+Token(b.Source)+"-"+hex.EncodeToString(digest[:16]))
	set(headerDeadService, service)
	set(headerDeadClass, string(ClassOf(reason)))
	set(headerDeadReason, oneLine(reason))
	set(headerDeadSource, oneLine(errors.New(b.Source)))
	set(headerDeadSequence, "0")
	set(headerDeadTime, b.Received.UTC().Format(time.RFC3339Nano))
	set(headerDeadAttempts, "1")
	return msg
}

const bodyToken = "body."

func ownSize(h nats.Header) int {
	size := 0
	for name, values := range h {
		for _, v := range values {
			size += len(name) + len(v) + len(": \r\n")
		}
	}
	return size
}

// Again is the dead letter as a message for the place it came from: its subject, the headers that it had,
// and its data, without an id. There is none for a body, for what is not kept whole, and for ticks of
// the clock.
func (d Dead) Again(header nats.Header, data []byte) (*nats.Msg, error) {
	switch original := (Delivery{Subject: d.Subject}); {
	case d.Stream == "":
		return nil, errors.New("it never was in a stream")
	case d.BodyOmitted:
		return nil, fmt.Errorf("it was too large to be kept: its original is at %d in %s", d.Seq, d.Stream)
	case original.IsTick():
		return nil, errors.New("it is a tick of the clock")
	case d.Stream == StreamEvents && !original.IsReceipt():
		// Events are stored under another subject than they are published to.
		return &nats.Msg{Subject: "events." + lastToken(d.Subject), Header: d.Own(header), Data: data}, nil
	}
	return &nats.Msg{Subject: d.Subject, Header: d.Own(header), Data: data}, nil
}
