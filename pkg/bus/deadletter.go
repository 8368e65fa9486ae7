package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Headers of a dead letter. The original's own headers, its trace context
// among them, are kept beside these, except those that steer the server.
const (
	headerDeadService  = "Rapport-Dead-Service"
	headerDeadClass    = "Rapport-Dead-Class"
	headerDeadReason   = "Rapport-Dead-Reason"
	headerDeadStream   = "Rapport-Dead-Stream"
	headerDeadSubject  = "Rapport-Dead-Subject"
	headerDeadSequence = "Rapport-Dead-Sequence"
	headerDeadTime     = "Rapport-Dead-Time"
	headerDeadAttempts = "Rapport-Dead-Attempts"
	headerDeadMsgID    = "Rapport-Dead-Msg-Id"
	headerDeadOmitted  = "Rapport-Dead-Body-Omitted"
	headerDeadSource   = "Rapport-Dead-Source" // who sent what never was in a stream
	headerDeadPrefix   = "Rapport-Dead-"
)

// maxReason keeps a stack trace or an echoed page out of a header.
const maxReason = 1024

// Dead describes a dead letter: what could not be handled, by whom, and why. Stream is empty, and
// Subject and Seq with it, where it never was in a stream, see Bury.
type Dead struct {
	Service  string    // who gave up
	Class    Class     // why, in a word of a closed set; "" in letters of former versions
	Reason   string    // why, on one line
	Stream   string    // where the original lies
	Subject  string    // under which subject
	Seq      uint64    // at which sequence
	Time     time.Time // when it was stored there
	Attempts int       // how often it was delivered
	ID       string    // its message id, "" when it had none
	// Source is who sent it, as far as the door knew: of a body always, else from the subject of IN.
	Source string
	// BodyOmitted says that body and headers together were too large to be
	// stored again; read the original at Stream and Seq.
	BodyOmitted bool
}

// DeadLetter stores a copy of a message in the dead-letter stream with the reason, its class and
// where it came from, on `dead.<service>.<original subject>`. It returns after
// the copy is stored. Repeating it does not store a second copy, because
// the id is derived from service, stream and sequence. The caller then
// terminates or skips the original, which stays in its stream.
func DeadLetter(ctx context.Context, js jetstream.JetStream, service string, original Delivery, reason error) error {
	msg := deadMessage(service, original, reason)
	_, err := js.PublishMsg(ctx, msg)
	if IsTooLarge(err) {
		msg.Data = nil
		msg.Header.Set(headerDeadOmitted, "too large")
		_, err = js.PublishMsg(ctx, msg)
	}
	if err != nil {
		return fmt.Errorf("store dead letter of %s %d: %w", original.Stream, original.Seq, err)
	}
	return nil
}

func deadMessage(service string, original Delivery, reason error) *nats.Msg {
	msg := nats.NewMsg("dead." + Token(service) + "." + original.Subject)
	msg.Data = original.Data
	copyOwn(msg.Header, original.Header)
	set := msg.Header.Set
	seq := strconv.FormatUint(original.Seq, 10)
	set(jetstream.MsgIDHeader, "dead-"+service+"-"+original.Stream+"-"+seq)
	set(headerDeadService, service)
	set(headerDeadClass, string(ClassOf(reason)))
	set(headerDeadReason, oneLine(reason))
	set(headerDeadStream, original.Stream)
	set(headerDeadSubject, original.Subject)
	set(headerDeadSequence, seq)
	set(headerDeadTime, original.Time.UTC().Format(time.RFC3339Nano))
	set(headerDeadAttempts, strconv.Itoa(original.Attempt))
	if id := original.ID(); id != "" {
		set(headerDeadMsgID, id)
	}
	if name, ok := Sender(original.Subject); ok {
		set(headerDeadSource, oneLine(errors.New(name)))
	}
	return msg
}

// copyOwn copies the headers of an original, without those that steer the server, and without ours: an
// original could otherwise say that it was something else.
func copyOwn(to, from nats.Header) {
	for name, values := range from {
		if !strings.HasPrefix(name, "Nats-") && !strings.HasPrefix(name, headerDeadPrefix) {
			to[name] = values
		}
	}
}

// Own are the headers that the original of a dead letter had, without those that steered the server.
func (Dead) Own(letter nats.Header) nats.Header {
	own := nats.Header{}
	copyOwn(own, letter)
	return own
}

// ReadDead reads the headers of a dead letter.
func ReadDead(h nats.Header) (Dead, error) {
	seq, err := strconv.ParseUint(h.Get(headerDeadSequence), 10, 64)
	if err != nil {
		return Dead{}, fmt.Errorf("not a dead letter: header %s: %w", headerDeadSequence, err)
	}
	stored, err := time.Parse(time.RFC3339Nano, h.Get(headerDeadTime))
	if err != nil {
		return Dead{}, fmt.Errorf("not a dead letter: header %s: %w", headerDeadTime, err)
	}
	attempts, err := strconv.Atoi(h.Get(headerDeadAttempts))
	if err != nil {
		return Dead{}, fmt.Errorf("not a dead letter: header %s: %w", headerDeadAttempts, err)
	}
	return Dead{
		Service:     h.Get(headerDeadService),
		Class:       Class(h.Get(headerDeadClass)),
		Reason:      h.Get(headerDeadReason),
		Stream:      h.Get(headerDeadStream),
		Subject:     h.Get(headerDeadSubject),
		Seq:         seq,
		Time:        stored,
		Attempts:    attempts,
		ID:          h.Get(headerDeadMsgID),
		Source:      h.Get(headerDeadSource),
		BodyOmitted: h.Get(headerDeadOmitted) != "",
	}, nil
}

// oneLine makes an error fit for a header: headers end at a line break.
func oneLine(err error) string {
	if err == nil {
		return "no reason was given"
	}
	text := strings.Join(strings.Fields(err.Error()), " ")
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + " ..."
	}
	return text
}
