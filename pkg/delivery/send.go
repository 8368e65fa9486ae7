package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/message"
	"rapport/pkg/routing"
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
		if err := p.recovered(ctx, a); err != nil || a.lapsed {
			return err
		}
		if err := p.turn(ctx, a); err != nil || a.lapsed {
			return err
		}
		// It may have broken while the message stood in line; then this turn is over, so
		// that not everybody has had theirs when it comes back.
		if p.o.Throttles == nil || !p.broken(a) || time.Since(a.since) >= p.o.Outage {
			return nil
		}
	}
}

// broken reports whether nobody should go now where a message goes.
func (p *Pipeline) broken(a *attempt) bool {
	if a.way.routed != nil {
		return p.standing(a.way.provider, a.way.group) != (routing.Standing{})
	}
	return a.breaker.IsOpen() && a.breaker.RemainingDelay() > 0
}

// recovered waits for a provider that the breaker leaves alone, or for one of several.
func (p *Pipeline) recovered(ctx context.Context, a *attempt) error {
	if a.way.routed != nil {
		return p.find(ctx, a)
	}
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

// again is admit for a message that is in hand already.
func (p *Pipeline) again(ctx context.Context, a *attempt) error {
	if a.way.routed != nil {
		return p.admit(ctx, a)
	}
	return p.turn(ctx, a)
}

// turn waits for the throttles, without holding a lane of the bus. A message for which they
// have no room in time has lapsed.
func (p *Pipeline) turn(ctx context.Context, a *attempt) error {
	t := p.o.Throttles
	if t == nil || p.o.EventTime {
		return nil
	}
	began := time.Now()
	f := traffic{provider: p.provider(a), channel: p.o.Channel, domain: domain(a)}
	if a.way.routed != nil {
		f.group = routing.GroupPrefix + a.way.group
	}
	left := p.left(a)
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
	if !a.lapsed || a.receipt != nil {
		return nil
	}
	reason := message.ReasonThrottled
	if until := a.cmd.Until; !until.IsZero() && until.Sub(a.cmd.DecidedAt) < p.o.Lateness(a.cmd) {
		reason = message.ReasonQuietHours // They begin before its turn comes.
	}
	p.keepBack(a, reason)
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
			if err := p.again(ctx, a); err != nil {
				return err
			}
			if err := p.lapse(ctx, a); err != nil || a.receipt != nil {
				return err
			}
		}
		id, err := p.handOver(ctx, a)
		switch {
		case errors.Is(err, errMoved):
			continue
		case errors.Is(err, errEnded):
			return nil
		}
		if errors.Is(err, ErrStopping) || ctx.Err() != nil && err != nil {
			return fmt.Errorf("hand over to %s: %w", p.provider(a), err)
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
		if err := p.settle(ctx, a, f, putOff); err != nil || a.receipt != nil {
			return err
		}
		if f.class == later || (f.class == unavailable || f.class == blocked) && len(a.way.tried) > 0 {
			continue // It has rested, or another provider can have it.
		}
		if err := p.rest(ctx, a, max(wait.pause(), min(f.after, p.o.Patience))); err != nil {
			return fmt.Errorf("wait for another attempt: %w", err)
		}
	}
}

// settle gives the message its receipt after a failed attempt, unless it may be tried
// again.
func (p *Pipeline) settle(ctx context.Context, a *attempt, f *Fault, putOff time.Time) error {
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
		if !p.another(a) && time.Since(a.since) >= p.o.Outage {
			p.decide(a, message.Failed, f.reason, f)
		}
	case blocked:
		if !p.another(a) {
			p.decide(a, message.Failed, f.reason, f)
		}
	case later:
		return p.later(ctx, a, f)
	}
	return nil
}

// handOver gives the message to the provider once, when the breaker lets it and a slot is
// free. It keeps the claim's memory right: whatever happens, handed is false only if the
// provider certainly does not have the message.
func (p *Pipeline) handOver(ctx context.Context, a *attempt) (id string, err error) {
	leave, err := p.enter(ctx, a)
	if err != nil {
		return "", err
	}
	ctx, span := p.meter.startSend(ctx, p.provider(a), a.cmd)
	defer span.End()
	a.claim.handed = true
	alive := false
	defer func() { leave(alive) }()
	id, err = a.handOver(through(ctx, a))
	if err == nil {
		alive = true
		p.told(a, nil)
		return id, nil
	}
	f := faultOf(err)
	p.told(a, f)
	if f.class != unknown && f.class != repeatable {
		a.claim.handed = a.resent
	}
	alive = f.class == permanent || f.class == transient || f.class == later || f.class == blocked
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
		give, err := p.seat(ctx, a)
		if err != nil {
			return nil, err
		}
		wait, err := p.mayGo(ctx, a, &blind)
		if err == nil && wait == 0 {
			return func(alive bool) { p.leave(a, alive, give) }, nil
		}
		give()
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
		if err := p.stillOpen(ctx, a); err != nil {
			return 0, err
		}
		reason, err := p.look(ctx, a)
		switch {
		case err != nil && out:
			return 0, &blindError{err}
		case err != nil:
			p.log.ErrorContext(ctx, "the message has to wait", "message", a.cmd.ID, "for", "the last look", "error", err)
			return blind.pause(), nil
		case reason != "":
			return 0, &keptBack{reason}
		}
		if p.permitted(ctx, a) {
			return 0, nil
		}
	}
	switch {
	case out:
		return 0, Unavailable(errOutage)
	case a.way.routed != nil:
		return 0, errMoved
	}
	return max(a.breaker.RemainingDelay(), poll), nil
}

// permitted takes what a hand-over needs: the place's leave, one of the provider's allowance,
// and last, because it cannot be given back, the breaker's permit.
func (p *Pipeline) permitted(ctx context.Context, a *attempt) bool {
	if a.way.routed == nil {
		return a.breaker.TryAcquirePermit()
	}
	if p.paths.enter(a.way.provider, a.way.group) > 0 {
		return false
	}
	switch wait, err := p.count(ctx, a); {
	case err != nil:
		p.log.ErrorContext(ctx, "the message has to wait", "message", a.cmd.ID, "for", "its place in the warm-up", "error", err)
		a.way.tried = append(a.way.tried, a.way.provider)
		return false
	case wait > 0:
		return false
	}
	if !a.breaker.TryAcquirePermit() {
		a.way.tried = append(a.way.tried, a.way.provider) // Another message tries it right now.
		return false
	}
	return true
}

// told passes on what a hand-over says about the place that the message goes to.
func (p *Pipeline) told(a *attempt, f *Fault) {
	if a.way.routed == nil {
		return
	}
	closed, opened := p.paths.tell(a.way.provider, a.way.group, f)
	switch {
	case closed:
		p.log.Error("a mailbox provider refuses the sender; messages for it take another provider or wait",
			"provider", a.way.provider, "to", a.way.group, "try_again_in", p.o.Block, "error", Scrub(f.Error(), a.cmd.To))
	case opened:
		p.log.Info("a mailbox provider takes mail from the sender again", "provider", a.way.provider, "to", a.way.group)
	}
}

func (p *Pipeline) leave(a *attempt, alive bool, give func()) {
	if alive {
		a.breaker.RecordSuccess()
	} else {
		a.breaker.RecordFailure()
	}
	give()
}
