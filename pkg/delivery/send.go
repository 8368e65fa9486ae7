package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/message"
)

// errOutage says that the provider was left alone for longer than anybody wants to wait.
var errOutage = errors.New("the provider could not be reached in time")

// poll is how often messages look whether a trial of the provider has ended well.
const poll = 50 * time.Millisecond

// admit waits until the message's turn has come: for a provider that the breaker leaves
// alone, and for throttles. A message that waits here is nobody's: if the process dies, it
// is not uncertain.
func (p *Pipeline) admit(ctx context.Context, a *attempt) error {
	for {
		if err := p.recovered(ctx, a); err != nil {
			return err
		}
		if err := p.turn(ctx, a); err != nil || a.lapsed {
			return err
		}
		// It may have broken while the message stood in line; then this turn is over, so
		// that not everybody has had theirs when it comes back.
		broken := a.breaker.IsOpen() && a.breaker.RemainingDelay() > 0
		if p.o.Throttles == nil || !broken || time.Since(a.since) >= p.o.Outage {
			return nil
		}
	}
}

// recovered waits for a provider that the breaker leaves alone.
func (p *Pipeline) recovered(ctx context.Context, a *attempt) error {
	for a.breaker.IsOpen() && time.Since(a.since) < p.o.Outage {
		if err := p.rest(ctx, a, max(a.breaker.RemainingDelay(), poll)); err != nil {
			return fmt.Errorf("wait for %s: %w", p.o.Road.Provider(), err)
		}
		if a.breaker.RemainingDelay() <= 0 {
			return nil // somebody has to try it
		}
	}
	return nil
}

// turn waits for the throttles, without holding a lane of the bus. A message for which they
// have no room in time has lapsed.
func (p *Pipeline) turn(ctx context.Context, a *attempt) error {
	t := p.o.Throttles
	if t == nil || p.o.EventTime {
		return nil
	}
	began := time.Now()
	f := traffic{provider: p.o.Road.Provider(), channel: p.o.Channel, domain: domain(a)}
	left := p.o.Lateness(a.cmd) - p.o.Now().Sub(a.cmd.DecidedAt)
	waited := false
	inTime, err := t.wait(ctx, f, a.cmd.Category == message.Transactional, left, p.stopping, func() {
		waited = true
		bus.Yield(ctx)
	})
	if waited {
		p.meter.waited(ctx, a.cmd, time.Since(began))
	}
	if err != nil {
		return fmt.Errorf("wait for a throttle: %w", err)
	}
	a.lapsed = !inTime
	return nil
}

// lapse ends a message that throttles did not let through in time.
func (p *Pipeline) lapse(_ context.Context, a *attempt) error {
	if a.lapsed && a.receipt == nil {
		p.keepBack(a, message.ReasonThrottled)
	}
	return nil
}

// send hands the message over, and tries again as long as it is certain that the provider
// does not have it and there is hope.
func (p *Pipeline) send(ctx context.Context, a *attempt) error {
	if a.receipt != nil {
		return nil
	}
	wait := p.backoff()
	var putOff time.Time // when the provider first put this message off
	for n := 1; ; n++ {
		if n > 1 { // every attempt is one more that the provider sees
			if err := p.turn(ctx, a); err != nil {
				return err
			}
			if err := p.lapse(ctx, a); err != nil || a.receipt != nil {
				return err
			}
		}
		id, err := p.handOver(ctx, a)
		if errors.Is(err, ErrStopping) || ctx.Err() != nil && err != nil {
			return fmt.Errorf("hand over to %s: %w", p.o.Road.Provider(), err)
		}
		if err == nil {
			p.decide(a, message.Sent, "", nil)
			a.receipt.ProviderID = id
			return nil
		}
		var kept *keptBack
		var blind *blindError
		switch {
		case errors.As(err, &kept):
			p.keepBack(a, kept.reason)
			return nil
		case errors.As(err, &blind):
			return err
		}
		f := faultOf(err)
		if (f.class == transient || f.class == repeatable) && putOff.IsZero() {
			putOff = time.Now()
		}
		p.log.WarnContext(ctx, "an attempt to hand a message over failed", "message", a.cmd.ID, "attempt", n, "reason", f.reason, "error", Scrub(f.Error(), a.cmd.To))
		if p.settle(ctx, a, f, putOff); a.receipt != nil {
			return nil
		}
		if err := p.rest(ctx, a, max(wait.pause(), min(f.after, p.o.Patience))); err != nil {
			return fmt.Errorf("wait for another attempt: %w", err)
		}
	}
}

// settle gives the message its receipt after a failed attempt, unless it may be tried
// again.
func (p *Pipeline) settle(ctx context.Context, a *attempt, f *Fault, putOff time.Time) {
	switch f.class {
	case permanent:
		p.decide(a, message.Failed, f.reason, f)
	case unknown:
		if p.uncertain(ctx, a); a.receipt != nil {
			a.receipt.Detail = Scrub(f.Error(), a.cmd.To)
		}
	case repeatable:
		a.resent = true
		if time.Since(putOff) >= p.o.Patience {
			p.decide(a, message.Uncertain, f.reason, f)
		}
	case transient:
		if time.Since(putOff) >= p.o.Patience {
			p.decide(a, message.Failed, f.reason, f)
		}
	case unavailable:
		if time.Since(a.since) >= p.o.Outage {
			p.decide(a, message.Failed, f.reason, f)
		}
	}
}

// handOver gives the message to the provider once, when the breaker lets it and a slot is
// free. It keeps the claim's memory right: whatever happens, handed is false only if the
// provider certainly does not have the message.
func (p *Pipeline) handOver(ctx context.Context, a *attempt) (id string, err error) {
	leave, err := p.enter(ctx, a)
	if err != nil {
		return "", err
	}
	ctx, span := p.meter.startSend(ctx, p.o.Road.Provider()+" send", a.cmd)
	defer span.End()
	a.claim.handed = true
	alive := false
	defer func() { leave(alive) }()
	id, err = a.handOver(ctx)
	if err == nil {
		alive = true
		return id, nil
	}
	f := faultOf(err)
	if f.class != unknown && f.class != repeatable {
		a.claim.handed = a.resent
	}
	alive = f.class == permanent || f.class == transient
	p.meter.fault(span, f, Scrub(f.Error(), a.cmd.To))
	return "", err
}

// awaited reports whether somebody waits for a message: a transactional one that an event led
// to at once, and no timer.
func awaited(c *message.Command) bool {
	return c.Category == message.Transactional && !c.EventAt.IsZero()
}

// enter takes a slot, has the last look, and takes the breaker's permit. leave must be told
// whether the provider answered for this message, whatever it said.
func (p *Pipeline) enter(ctx context.Context, a *attempt) (leave func(alive bool), err error) {
	blind := p.backoff()
	for {
		if p.stopped() {
			return nil, ErrStopping
		}
		if err := p.slots.take(ctx, p.stopping, awaited(a.cmd)); err != nil {
			return nil, err
		}
		wait, err := p.mayGo(ctx, a, &blind)
		if err == nil && wait == 0 {
			return func(alive bool) { p.leave(a, alive) }, nil
		}
		p.slots.give()
		if err != nil {
			return nil, err
		}
		if err := p.rest(ctx, a, wait); err != nil {
			return nil, err
		}
	}
}

// blindError says that nobody could have the last look for too long.
type blindError struct{ err error }

func (e *blindError) Error() string { return "look at the message for the last time: " + e.err.Error() }
func (e *blindError) Unwrap() error { return e.err }

// mayGo has the last look at a message with a slot and takes the breaker's permit; wait says
// how long to wait when one of them is not to be had now. A broken provider is not looked
// at for every message that waits for it.
func (p *Pipeline) mayGo(ctx context.Context, a *attempt, blind *backoff) (wait time.Duration, err error) {
	out := time.Since(a.since) >= p.o.Outage
	if !a.breaker.IsOpen() || a.breaker.RemainingDelay() <= 0 {
		reason, err := p.look(ctx, a)
		switch {
		case err != nil && out:
			return 0, &blindError{err}
		case err != nil:
			p.log.ErrorContext(ctx, "the message has to wait", "message", a.cmd.ID, "for", "the last look", "error", err)
			return blind.pause(), nil
		case reason != "":
			return 0, &keptBack{reason}
		case a.breaker.TryAcquirePermit():
			return 0, nil
		}
	}
	if out {
		return 0, Unavailable(errOutage)
	}
	return max(a.breaker.RemainingDelay(), poll), nil
}

func (p *Pipeline) leave(a *attempt, alive bool) {
	if alive {
		a.breaker.RecordSuccess()
	} else {
		a.breaker.RecordFailure()
	}
	p.slots.give()
}
