package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	wm "github.com/ThreeDotsLabs/watermill/message"

	"rapport/pkg/bus"
	"rapport/pkg/message"
	"rapport/pkg/store"
)

// Claims is what the pipeline needs of a store, see store.Claiming.
type Claims interface {
	Claim(ctx context.Context, claims []store.Claim) ([]store.Prior, error)
	Claimed(ctx context.Context, partition int, messageID string) (store.Prior, error)
	Record(ctx context.Context, results []store.Result) error
}

// Publisher takes receipts. It returns when they are stored, and drops a message whose
// UUID it has seen (the bus's publisher).
type Publisher interface {
	Publish(topic string, messages ...*wm.Message) error
}

// Channel is the road to one provider.
type Channel interface {
	// Provider names the provider in receipts, metrics and spans: "smtp", "twilio".
	Provider() string
	// Render makes a command ready to be handed over, without touching the network. Its
	// errors end the message as failed, with ReasonRender unless they are Permanent with
	// another reason.
	Render(ctx context.Context, c *message.Command) (HandOver, error)
}

// HandOver gives one rendered message to the provider and returns the provider's id for
// it. It is called again after errors that allow it. Errors are Permanent, Transient,
// Unavailable or Unknown; others count as Unknown.
type HandOver func(ctx context.Context) (providerID string, err error)

// Pipeline delivers commands. It is safe for concurrent use: the more commands are in it
// at a time, the better the store can combine their claims.
type Pipeline struct {
	o        Options
	log      *slog.Logger
	breakers breakers
	slots    slots // one for each message in the provider's hands
	rooms    rooms // the same where there are several providers
	paths    paths
	hands    hands
	looks    looks
	meter    *meter

	puttingOff atomic.Int64 // messages that wait for hours

	stopOnce sync.Once
	stopping chan struct{}
}

// attempt is one command on its way through the stages.
type attempt struct {
	cmd      *message.Command
	since    time.Time // when this process was given it
	resent   bool      // it may have been handed over before
	host     string    // where it goes, of a Branching channel
	branch   bool      // the channel is one
	breaker  breaker   // of where it goes
	way      way       // by which provider, of a Routed channel
	putOffs  int       // how often it was put off for long
	lapsed   bool      // throttles did not let it through in time
	handOver HandOver  // rendered
	claim    *claim    // our open claim, nil before the claim and after the record
	receipt  *message.Receipt
	encoded  json.RawMessage // receipt, as it was recorded
	recorded bool
}

type stage func(ctx context.Context, a *attempt) error

// Deliver takes a command to its receipt. It returns nil when the receipt is published:
// the command may be acknowledged. Every error means that the command has to come again,
// except a *CommandError, for which that would be pointless.
func (p *Pipeline) Deliver(ctx context.Context, c *message.Command) error {
	if err := check(c, p.o.Channel); err != nil {
		return err
	}
	let, err := p.hands.take(ctx, c.ID)
	if err != nil {
		return fmt.Errorf("message %s: wait for its other delivery: %w", c.ID, err)
	}
	defer let()

	a := &attempt{cmd: c, since: time.Now()}
	if d, ok := bus.Received(ctx); ok {
		a.since = d.Since
	}
	p.locate(ctx, a)
	defer p.giveUp(ctx, a)
	for _, run := range []stage{
		p.admit,   // wait for a broken provider and for throttles before anything is claimed
		p.claim,   // durable, before the provider sees anything
		p.lapse,   // keep back what throttles did not let through in time
		p.render,  // without the network
		p.send,    // after a last look, with retries, breaker, and a bound on how many at a time
		p.record,  // durable, before anybody is told
		p.publish, // told, under an id that makes repeats harmless
	} {
		if err := run(ctx, a); err != nil {
			return fmt.Errorf("message %s: %w", c.ID, err)
		}
	}
	return nil
}

// ErrStopping says that the pipeline stopped before the message had its receipt.
var ErrStopping = errors.New("delivery: stopping")

// Stop ends all waiting for providers, store and broker: commands that wait come back
// with ErrStopping, those that are being handed over are finished. It may be called more
// than once.
func (p *Pipeline) Stop() { p.stopOnce.Do(func() { close(p.stopping) }) }

func (p *Pipeline) stopped() bool {
	select {
	case <-p.stopping:
		return true
	default:
		return false
	}
}

// pause waits for d, or until the command or the pipeline is asked to stop.
func (p *Pipeline) pause(ctx context.Context, d time.Duration) error {
	if p.stopped() {
		return ErrStopping
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-p.stopping:
		return ErrStopping
	case <-ctx.Done():
		return ctx.Err()
	}
}

// rest is a pause of one message that others need not wait for: where a channel leads to
// many places, the bus's lane goes on meanwhile.
func (p *Pipeline) rest(ctx context.Context, a *attempt, d time.Duration) error {
	if a.branch {
		bus.Yield(ctx)
	}
	return p.pause(ctx, d)
}

// render fills the template. A failure is the template's or the address's, so it is
// final; only a cancelled context is not.
func (p *Pipeline) render(ctx context.Context, a *attempt) error {
	if a.receipt != nil {
		return nil
	}
	ctx, span := p.meter.start(ctx, "render", a.cmd)
	defer span.End()
	hand, err := p.o.Road.Render(through(ctx, a), a.cmd)
	switch {
	case err == nil:
		a.handOver = hand
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("render: %w", ctx.Err())
	}
	f := renderFault(err)
	p.decide(a, message.Failed, f.reason, f)
	p.meter.failed(span, a.receipt)
	return nil
}
