package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	wm "github.com/ThreeDotsLabs/watermill/message"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/store"
)

// decide gives the attempt its receipt.
func (p *Pipeline) decide(a *attempt, outcome message.Outcome, reason message.Reason, f *Fault) {
	at := p.o.Now()
	if p.o.EventTime {
		at = a.cmd.DecidedAt
	}
	r := message.ReceiptFor(a.cmd, outcome, reason, at.UTC())
	r.Provider, r.Resent = p.provider(a), a.resent
	if f != nil {
		r.Detail = Scrub(f.Error(), a.cmd.To)
		if outcome == message.Failed {
			r.Kind, r.Code = f.kind, f.code
		}
	}
	a.receipt = &r
}

// record closes the claim with the receipt. From here on the message can be neither sent
// again nor counted twice.
func (p *Pipeline) record(ctx context.Context, a *attempt) error {
	if a.recorded {
		return nil
	}
	raw, err := a.receipt.Encode()
	if err != nil {
		return err
	}
	a.claim.receipt = a.receipt // for the next delivery, should the store stay away
	err = p.insist(ctx, a, "record the receipt", func(ctx context.Context) error {
		marked, err := p.succeeded(ctx, a)
		if err != nil {
			return err
		}
		if marked {
			if raw, err = a.receipt.Encode(); err != nil {
				return err
			}
		}
		return p.o.Claims.Record(ctx, []store.Result{{Partition: a.cmd.Partition, MessageID: a.cmd.ID, Worker: p.o.Worker, Receipt: raw}})
	})
	if err != nil {
		return err
	}
	p.hands.closed(a.cmd.ID)
	a.recorded, a.claim, a.encoded = true, nil, raw
	if err := p.agree(ctx, a); err != nil {
		return err
	}
	p.meter.ended(ctx, a)
	if a.receipt.Outcome != message.Sent {
		p.log.WarnContext(ctx, "a message was not sent", "message", a.cmd.ID, "journey", a.cmd.Journey,
			"outcome", a.receipt.Outcome, "reason", a.receipt.Reason, "detail", a.receipt.Detail)
	}
	return nil
}

// agree makes the receipt the one that stands. A worker that was stopped, or cut off from
// the broker, finds when it is back that another one has ended its message: the first result
// stays, and two receipts that contradict each other must not be told. An uncertain one gives
// way to what this worker knows.
func (p *Pipeline) agree(ctx context.Context, a *attempt) error {
	if !a.resent && time.Since(a.since) < contested {
		return nil
	}
	prior, err := p.claimed(ctx, a)
	if err != nil || prior.State != store.Done {
		return err
	}
	first, err := message.DecodeReceipt(prior.Receipt)
	if err != nil {
		return fmt.Errorf("read the recorded receipt: %w", err)
	}
	switch {
	case first.Outcome != message.Uncertain:
		a.receipt, a.encoded = first, prior.Receipt
	case first.Resent && !a.receipt.Resent: // It is certain now, and may have gone twice.
		a.receipt.Resent = true
		a.encoded, err = a.receipt.Encode()
	}
	return err
}

// publish tells the engine. The event's id is derived from the message and the outcome.
func (p *Pipeline) publish(ctx context.Context, a *attempt) error {
	ev, err := a.receipt.EventOf(a.encoded, p.o.Source, a.cmd.Profile)
	if err != nil {
		return err
	}
	raw, err := event.Encode(&ev)
	if err != nil {
		return err
	}
	bounce, bounced, err := bounceOf(a.cmd, a.receipt, p.o.Source)
	if err != nil {
		return err
	}
	// Nothing is uncertain any more, and nobody's mail need wait until the broker, which may be
	// busy, has this: the lane goes on.
	bus.Yield(ctx)
	if bounced {
		if err := p.tell(ctx, a, bus.EventSubject(bounce.Key()), &bounce); err != nil {
			return err
		}
	}
	return p.insist(ctx, a, "publish the receipt", func(ctx context.Context) error {
		m := wm.NewMessage(ev.UID(), raw)
		m.SetContext(ctx)
		return p.o.Publisher.Publish(p.o.Receipts(ev.Key()), m)
	})
}

// tell publishes an event that goes beside the receipt.
func (p *Pipeline) tell(ctx context.Context, a *attempt, topic string, ev *event.Event) error {
	raw, err := event.Encode(ev)
	if err != nil {
		return err
	}
	return p.insist(ctx, a, "publish why the recipient was refused", func(ctx context.Context) error {
		m := wm.NewMessage(ev.UID(), raw)
		m.SetContext(ctx)
		return p.o.Publisher.Publish(topic, m)
	})
}

// insistTimeout bounds one call of the store or the broker.
const insistTimeout = 15 * time.Second

// insist calls the store or the broker until it works. The call under way is not cut off
// when the command is cancelled: a receipt that is only almost recorded is an uncertain
// message. Between two calls a stop ends it.
func (p *Pipeline) insist(ctx context.Context, a *attempt, what string, call func(context.Context) error) error {
	wait := p.backoff()
	for n := 1; ; n++ {
		err := once(ctx, call)
		if err == nil {
			return nil
		}
		if time.Since(a.since) >= p.o.Outage {
			return fmt.Errorf("%s: %w", what, err)
		}
		p.log.ErrorContext(ctx, "the message has to wait", "message", a.cmd.ID, "for", what, "attempt", n, "error", err)
		if stop := p.pause(ctx, wait.pause()); stop != nil {
			return fmt.Errorf("%s: %w", what, errors.Join(stop, err))
		}
	}
}

func once(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), insistTimeout)
	defer cancel()
	return call(ctx)
}
