package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"rapport/pkg/message"
)

// errOutage says that the provider was left alone for longer than anybody wants to wait.
var errOutage = errors.New("the provider could not be reached in time")

// poll is how often messages look whether a trial of the provider has ended well.
const poll = 50 * time.Millisecond

// admit waits for a provider that the breaker leaves alone. A message that waits here is
// nobody's: if the process dies, it is not uncertain.
func (p *Pipeline) admit(ctx context.Context, a *attempt) error {
	for p.breaker.IsOpen() && time.Since(a.since) < p.o.Outage {
		if err := p.pause(ctx, max(p.breaker.RemainingDelay(), poll)); err != nil {
			return fmt.Errorf("wait for %s: %w", p.o.Road.Provider(), err)
		}
		if p.breaker.RemainingDelay() <= 0 {
			return nil // somebody has to try it
		}
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
		id, err := p.handOver(ctx, a)
		if errors.Is(err, ErrStopping) || ctx.Err() != nil && err != nil {
			return fmt.Errorf("hand over to %s: %w", p.o.Road.Provider(), err)
		}
		if err == nil {
			p.decide(a, message.Sent, "", nil)
			a.receipt.ProviderID = id
			return nil
		}
		f := faultOf(err)
		if f.class == transient && putOff.IsZero() {
			putOff = time.Now()
		}
		p.log.WarnContext(ctx, "an attempt to hand a message over failed", "message", a.cmd.ID, "attempt", n, "reason", f.reason, "error", Scrub(f.Error(), a.cmd.To))
		if p.settle(ctx, a, f, putOff); a.receipt != nil {
			return nil
		}
		if err := p.pause(ctx, wait.pause()); err != nil {
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
	if f.class != unknown {
		a.claim.handed = a.resent
	}
	alive = f.class == permanent || f.class == transient
	p.meter.fault(span, f, Scrub(f.Error(), a.cmd.To))
	return "", err
}

// enter takes a slot and the breaker's permit. leave must be told whether the provider
// answered for this message, whatever it said.
func (p *Pipeline) enter(ctx context.Context, a *attempt) (leave func(alive bool), err error) {
	for {
		if p.stopped() {
			return nil, ErrStopping
		}
		select {
		case p.slots <- struct{}{}:
		case <-p.stopping:
			return nil, ErrStopping
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if p.breaker.TryAcquirePermit() {
			return p.leave, nil
		}
		<-p.slots
		if time.Since(a.since) >= p.o.Outage {
			return nil, Unavailable(errOutage)
		}
		if err := p.pause(ctx, max(p.breaker.RemainingDelay(), poll)); err != nil {
			return nil, err
		}
	}
}

func (p *Pipeline) leave(alive bool) {
	if alive {
		p.breaker.RecordSuccess()
	} else {
		p.breaker.RecordFailure()
	}
	<-p.slots
}

func (p *Pipeline) breakerChanged(e circuitbreaker.StateChangedEvent) {
	switch e.NewState {
	case circuitbreaker.OpenState:
		p.log.Error("the provider is unavailable and left alone; messages wait", "provider", p.o.Road.Provider(), "try_again_in", p.o.Breaker.Pause)
	case circuitbreaker.ClosedState:
		p.log.Info("the provider is available again", "provider", p.o.Road.Provider())
	}
	p.meter.breaker(e.NewState == circuitbreaker.OpenState)
}
