package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	wm "github.com/ThreeDotsLabs/watermill/message"

	"rapport/pkg/bus"
	"rapport/pkg/message"
)

// Intake is where commands come from.
type Intake struct {
	Name       string // of the handler, in logs and errors: "mailer"
	Topic      string // such as "send.email.*"
	Subscriber wm.Subscriber
	// Drain is how long a stop waits for messages in hand (10 s); those that the provider
	// has not answered by then are cut off, and are uncertain for the next life.
	Drain time.Duration
}

// Handle is the pipeline as a Watermill handler. What cannot be read as a command is
// marked as permanent, so that the bus buries it at once, and as unreadable.
func (p *Pipeline) Handle(m *wm.Message) error {
	c, err := message.DecodeCommand(m.Payload)
	if err != nil {
		return unreadable(&CommandError{Reason: err.Error()})
	}
	err = p.Deliver(m.Context(), c)
	var bad *CommandError
	if errors.As(err, &bad) {
		return unreadable(err)
	}
	return err
}

func unreadable(err error) error { return bus.Because(bus.Unreadable, bus.Permanent(err)) }

// Run consumes commands until ctx ends, then stops taking new ones and waits up to
// Intake.Drain for those in hand: what waits comes back unsent and unclaimed, what is
// being handed over is finished and recorded. A pipeline runs once.
func (p *Pipeline) Run(ctx context.Context, in Intake) error {
	if in.Name == "" || in.Topic == "" || in.Subscriber == nil {
		return errors.New("delivery: an intake needs a name, a topic and a subscriber")
	}
	fill(&in.Drain, 10*time.Second)
	router, err := bus.NewRouter(bus.RouterOptions{Logger: p.log, TracerProvider: p.o.Tracer, CloseTimeout: in.Drain + cutTimeout})
	if err != nil {
		return fmt.Errorf("%s: %w", in.Name, err)
	}
	// The router must not see ctx end: it would cut off the messages in hand with it.
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	router.AddConsumerHandler(in.Name, in.Topic, in.Subscriber, func(m *wm.Message) error {
		own, done := context.WithCancel(m.Context())
		defer done()
		defer context.AfterFunc(work, done)()
		m.SetContext(own)
		return p.Handle(m)
	})
	ended := make(chan error, 1)
	go func() { ended <- router.Run(work) }()
	select {
	case err = <-ended:
		return wrap(in.Name, "consume", err)
	case <-ctx.Done():
	}
	p.Stop()
	deadline := time.AfterFunc(in.Drain, cut)
	defer deadline.Stop()
	err = wrap(in.Name, "drain", router.Close())
	cut()
	return errors.Join(err, wrap(in.Name, "consume", <-ended))
}

// cutTimeout is what messages get to come back after they were cut off.
const cutTimeout = 5 * time.Second

func wrap(name, doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %s: %w", name, doing, err)
}
