package deadletters

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/event"
)

// Options says what the desk works with. JS is required.
type Options struct {
	JS jetstream.JetStream // made by bus.JetStream
	// Bodies has a body that never was in a stream taken again, by the same rules that it failed at; it
	// returns nil when what it says is stored. nil: such letters cannot be retried.
	Bodies func(ctx context.Context, b bus.Body) error
}

// Desk is where letters are worked off.
type Desk struct {
	o      Options
	stream jetstream.Stream
}

// Letter is one dead letter.
type Letter struct {
	bus.Dead

	Number uint64    // its sequence in DEAD, by which it is named
	Buried time.Time // when it became a dead letter
	Sender string    // whose it is: the event's source, or who sent it; "" where nobody knows
	Header nats.Header
	Data   []byte
}

// Filter says which letters are meant; the zero value means all.
type Filter struct {
	Source, Service, Class string    // exactly these; empty: any
	Reason                 string    // a text in the reason, whatever the case
	Since                  time.Time // buried then or later
	Limit                  int       // only the newest; 0: all
}

// Empty reports whether the filter means every letter.
func (f Filter) Empty() bool { return f == Filter{} }

// Open looks the stream up.
func Open(ctx context.Context, o Options) (*Desk, error) {
	stream, err := o.JS.Stream(ctx, bus.StreamDead)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, fmt.Errorf("the broker has no stream %s: start rapport up there, or run rapport provision", bus.StreamDead)
	}
	if err != nil {
		return nil, fmt.Errorf("look up stream %s: %w", bus.StreamDead, err)
	}
	return &Desk{o: o, stream: stream}, nil
}

// List returns the letters that a filter means, the oldest first.
func (d *Desk) List(ctx context.Context, f Filter) ([]Letter, error) {
	info, err := d.stream.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("look at stream %s: %w", bus.StreamDead, err)
	}
	if info.State.Msgs == 0 {
		return nil, nil
	}
	config := jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverAllPolicy}
	if !f.Since.IsZero() {
		config.DeliverPolicy, config.OptStartTime = jetstream.DeliverByStartTimePolicy, &f.Since
		if info.State.LastTime.Before(f.Since) {
			return nil, nil
		}
	}
	consumer, err := d.o.JS.OrderedConsumer(ctx, bus.StreamDead, config)
	if err != nil {
		return nil, fmt.Errorf("read stream %s: %w", bus.StreamDead, err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		return nil, fmt.Errorf("read stream %s: %w", bus.StreamDead, err)
	}
	defer messages.Stop()
	var found []Letter
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return nil, fmt.Errorf("read stream %s: %w", bus.StreamDead, err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return nil, fmt.Errorf("read stream %s: %w", bus.StreamDead, err)
		}
		if l := letter(meta.Sequence.Stream, meta.Timestamp, m.Headers(), m.Data()); f.means(&l) {
			if found = append(found, l); f.Limit > 0 && len(found) > f.Limit {
				found = found[1:]
			}
		}
		if meta.NumPending == 0 {
			return found, nil
		}
	}
}

// Get returns one letter.
func (d *Desk) Get(ctx context.Context, number uint64) (Letter, error) {
	m, err := d.stream.GetMsg(ctx, number)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Letter{}, fmt.Errorf("there is no dead letter %d: rapport deadletters list shows those there are", number)
	}
	if err != nil {
		return Letter{}, fmt.Errorf("read dead letter %d: %w", number, err)
	}
	return letter(m.Sequence, m.Time, m.Header, m.Data), nil
}

// letter reads a message of DEAD. What is no dead letter has what it has: somebody must be able to see and drop it.
func letter(number uint64, buried time.Time, header nats.Header, data []byte) Letter {
	l := Letter{Number: number, Buried: buried.UTC(), Header: header, Data: data}
	dead, err := bus.ReadDead(header)
	if err != nil {
		dead = bus.Dead{Reason: err.Error()}
	}
	l.Dead, l.Sender = dead, dead.Source
	if l.Sender == "" && dead.Stream == bus.StreamEvents {
		if e, err := event.Decode(data); err == nil {
			l.Sender = e.Source
		}
	}
	return l
}

func (f *Filter) means(l *Letter) bool {
	return (f.Source == "" || f.Source == l.Sender) && (f.Service == "" || f.Service == l.Service) && (f.Class == "" || f.Class == string(l.Class)) &&
		(f.Reason == "" || strings.Contains(strings.ToLower(l.Reason), strings.ToLower(f.Reason))) && !l.Buried.Before(f.Since)
}

// Retry sends a letter on its way again, and removes it when what it holds is stored.
func (d *Desk) Retry(ctx context.Context, l *Letter) error {
	if err := d.again(ctx, l); err != nil {
		return fmt.Errorf("dead letter %d: %w", l.Number, err)
	}
	return d.Drop(ctx, l.Number)
}

func (d *Desk) again(ctx context.Context, l *Letter) error {
	if l.Stream == "" && l.Source != "" {
		return d.body(ctx, l)
	}
	msg, err := l.Again(l.Header, l.Data)
	if err != nil {
		return err
	}
	if bus.IsEvent(msg.Subject) {
		if e, err := event.Decode(l.Data); err == nil {
			msg.Subject = bus.EventSubject(e.Key())
		}
	}
	msg.Header.Set(jetstream.MsgIDHeader, fmt.Sprintf("retry-%d-%d", l.Number, l.Buried.UnixNano()))
	if _, err := bus.PublishBatch(ctx, d.o.JS, []*nats.Msg{msg}); err != nil {
		return fmt.Errorf("send it on its way again: %w", err)
	}
	return nil
}

func (d *Desk) body(ctx context.Context, l *Letter) error {
	switch {
	case l.BodyOmitted:
		return errors.New("it was too large to be kept: have its sender send it again")
	case d.o.Bodies == nil:
		return fmt.Errorf("it came from %s over HTTP, which cannot be repeated from here: rapport deadletters show %d --raw writes it out as it came", l.Source, l.Number)
	}
	own := nats.Header{}
	for name, values := range l.Own(l.Header) {
		own[http.CanonicalHeaderKey(name)] = values
	}
	if err := d.o.Bodies(ctx, bus.Body{Source: l.Source, Header: own, Data: l.Data, Received: l.Time}); err != nil {
		return fmt.Errorf("have it taken again: %w", err)
	}
	return nil
}

// Drop removes a letter for good.
func (d *Desk) Drop(ctx context.Context, number uint64) error {
	err := d.stream.DeleteMsg(ctx, number)
	if err == nil {
		return nil
	}
	if _, gone := d.stream.GetMsg(ctx, number); errors.Is(gone, jetstream.ErrMsgNotFound) {
		return nil // Somebody else did.
	}
	return fmt.Errorf("remove dead letter %d: %w", number, err)
}
