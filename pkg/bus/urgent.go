package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"
)

// HeaderUrgent marks a command of SEND that somebody waits for, such as the confirmation of
// an order. It is set on the ordinary subject, which everybody knows; whoever publishes the
// command chooses the subject by who is there to take it (Urgent, UrgentlyServed).
const HeaderUrgent = "Rapport-Urgent"

// urgentToken makes a subject of the urgent family out of an ordinary one. It has a token more
// on purpose: consumers of the ordinary family do not match it.
const urgentToken = "now."

// urgentDurable ends the names of the durable consumers of the urgent family.
const urgentDurable = "-now"

// Urgent is the subject, or the filter, of the urgent family beside an ordinary one of SEND:
// send.<channel>.now.<slot> beside send.<channel>.<slot>. A command there overtakes all that
// wait on the ordinary one; those of one profile keep their order within each family.
func Urgent(subject string) string {
	i := strings.LastIndexByte(subject, '.') + 1
	return subject[:i] + urgentToken + subject[i:]
}

// isUrgent reports whether a subject is of the urgent family.
func isUrgent(subject string) bool {
	return strings.HasPrefix(subject, "send.") && strings.Contains(subject, "."+urgentToken)
}

// sendSubjects are the subjects of SEND. The urgent ones stand last, because a stream that was
// made by an earlier version lacks them.
func sendSubjects() []string {
	usual := []string{"send.email.*", "send.sms.*", "send.whatsapp.*", "send.webhook.*"}
	all := slices.Clone(usual)
	for _, s := range usual {
		all = append(all, Urgent(s))
	}
	return all
}

// lacksUrgent reports whether nothing is wrong with a stream but that it does not have all of
// the urgent family.
func lacksUrgent(have, want jetstream.StreamConfig, differs []string) bool {
	if want.Name != StreamSend || len(differs) != 1 {
		return false
	}
	usual := slices.DeleteFunc(slices.Clone(want.Subjects), isUrgent)
	return slices.Equal(usual, slices.DeleteFunc(slices.Clone(have.Subjects), isUrgent)) && !slices.Equal(have.Subjects, want.Subjects)
}

// Served is whose urgent family somebody works at: the filters of it, such as send.email.now.*.
type Served map[string]bool

// Subject is where an urgent command goes that has the given ordinary subject: there, unless
// somebody takes those of the urgent one.
func (s Served) Subject(usual string) string {
	if s[Urgent(usual[:strings.LastIndexByte(usual, '.')+1]+"*")] {
		return Urgent(usual)
	}
	return usual
}

// UrgentlyServed looks who is served now: the stream has the subjects, and a process asks for
// their messages. While workers of an earlier version run alone, or a stream could not be
// changed, that is nobody, and urgent commands go by the ordinary subjects.
func UrgentlyServed(ctx context.Context, js jetstream.JetStream) (Served, error) {
	s, err := js.Stream(ctx, StreamSend)
	if err != nil {
		return nil, fmt.Errorf("look up stream %s: %w", StreamSend, err)
	}
	served := Served{}
	list := s.ListConsumers(ctx)
	for c := range list.Info() {
		filter := c.Config.FilterSubject
		if c.Config.Durable != "" && c.NumWaiting > 0 && isUrgent(filter) && slices.Contains(s.CachedInfo().Config.Subjects, filter) {
			served[filter] = true
		}
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("list the consumers of %s: %w", StreamSend, err)
	}
	return served, nil
}

// Expedited is a Watermill subscriber of a channel that takes its two families from two
// durable consumers with lanes of their own: however many messages wait on the ordinary one,
// an urgent one is handled when it comes.
//
// Without the urgent family, because the stream does not have it or the process's key does not
// allow it yet, the ordinary one is served all the same, and the other is tried again.
type Expedited struct {
	usual, urgent *Subscriber
	closing       chan struct{}
	once          sync.Once
}

// urgentAgain is how long an Expedited waits before it asks for the urgent family again.
const urgentAgain = 30 * time.Second

// NewExpedited checks the options, which are those of the ordinary family. The urgent one has
// the same, in as many lanes as are given, and the durable name with -now behind it.
func NewExpedited(js jetstream.JetStream, o SubscriberOptions, lanes int) (*Expedited, error) {
	usual, err := NewSubscriber(js, o)
	if err != nil {
		return nil, err
	}
	o.Service, o.Durable, o.Lanes = usual.opt.Service, o.Durable+urgentDurable, lanes
	urgent, err := NewSubscriber(js, o)
	if err != nil {
		return nil, err
	}
	return &Expedited{usual: usual, urgent: urgent, closing: make(chan struct{})}, nil
}

// Subscribe subscribes to topic, the filter of the ordinary family, and to Urgent(topic).
func (e *Expedited) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	usual, err := e.usual.Subscribe(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make(chan *message.Message)
	var open sync.WaitGroup
	open.Go(func() { pass(usual, out) })
	open.Go(func() {
		own, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() {
			select {
			case <-e.closing:
				cancel()
			case <-own.Done():
			}
		}()
		if urgent := e.urgently(own, Urgent(topic)); urgent != nil {
			pass(urgent, out)
		}
	})
	go func() {
		open.Wait()
		close(out)
	}()
	return out, nil
}

// urgently subscribes to the urgent family, and tries again until ctx ends.
func (e *Expedited) urgently(ctx context.Context, topic string) <-chan *message.Message {
	for {
		list, err := e.urgent.Subscribe(ctx, topic)
		if err == nil {
			return list
		}
		if ctx.Err() != nil {
			return nil
		}
		e.usual.opt.Logger.WarnContext(ctx, "urgent messages are taken in line with all others, until the stream has a place for them and this key may read it",
			"subject", topic, "again_in", urgentAgain, "error", err)
		if !sleep(ctx, urgentAgain) {
			return nil
		}
	}
}

// pass hands messages on. One whose handling was given up before anybody took it is let go.
func pass(from <-chan *message.Message, to chan<- *message.Message) {
	for m := range from {
		select {
		case to <- m:
		case <-m.Context().Done():
		}
	}
}

// Close closes both, see Subscriber.Close.
func (e *Expedited) Close() error {
	e.once.Do(func() { close(e.closing) })
	var err error
	var urgent sync.WaitGroup
	urgent.Go(func() { err = e.urgent.Close() })
	usual := e.usual.Close()
	urgent.Wait()
	return errors.Join(usual, err)
}
