package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/store"
)

// The broker gives a message to another worker when the one that has it does not say for a while that it lives. That one
// may have died, or have lost the broker alone: it goes on then, and knows better than anybody what became of the
// message. So its successor waits before it takes the message for uncertain, and who was slow says so in its receipt.

// contested is after what time in hand another worker may have been given the message too:
// less than the bus waits for an acknowledgement.
const contested = 3 * time.Second

// askAgain is how often a successor asks whether its predecessor has a result.
const askAgain = 100 * time.Millisecond

// errEnded says that a message has a result of another worker's.
var errEnded = errors.New("another worker has ended the message")

// succeed waits, off the lanes, for the result of the worker whose claim we have taken, Options.Grace long. Without one, the
// message is uncertain. Who takes the claim from us meanwhile waits as we do, and then works: so it has twice the time, or
// the two would take the claim from each other for ever.
func (p *Pipeline) succeed(ctx context.Context, a *attempt) error {
	if p.o.EventTime { // One process replays, so that nobody else is there.
		p.uncertain(ctx, a)
		return nil
	}
	bus.Yield(ctx)
	holder, since := p.o.Worker, time.Now()
	for {
		prior, err := p.claimed(ctx, a)
		if err != nil {
			return err
		}
		if prior.State == store.Done {
			return p.ended(ctx, a, prior)
		}
		if prior.Worker != holder {
			holder, since = prior.Worker, time.Now()
		}
		switch held := time.Since(since); {
		case holder == p.o.Worker && held >= p.o.Grace:
			p.uncertain(ctx, a)
			return nil
		case holder != p.o.Worker && held >= 2*p.o.Grace:
			if prior, err = p.claimAgain(ctx, a); err != nil {
				return err
			}
			if prior.State == store.Done {
				return p.ended(ctx, a, prior)
			}
			holder, since = p.o.Worker, time.Now()
		}
		if err := p.pause(ctx, askAgain); err != nil {
			return fmt.Errorf("wait for the worker who had the message: %w", err)
		}
	}
}

// stillOpen fails with errEnded when a message that is to go again has a result after all: it may have waited long for the
// provider since somebody looked.
func (p *Pipeline) stillOpen(ctx context.Context, a *attempt) error {
	if !a.resent || p.o.EventTime {
		return nil
	}
	prior, err := p.claimed(ctx, a)
	if err != nil || prior.State != store.Done {
		return err
	}
	if err := p.ended(ctx, a, prior); err != nil {
		return err
	}
	return errEnded
}

// claimed looks what has become of the message.
func (p *Pipeline) claimed(ctx context.Context, a *attempt) (prior store.Prior, err error) {
	err = p.insist(ctx, a, "look for its result", func(ctx context.Context) (err error) {
		prior, err = p.o.Claims.Claimed(ctx, a.cmd.Partition, a.cmd.ID)
		return err
	})
	return prior, err
}

// claimAgain takes the claim from whoever took it from us.
func (p *Pipeline) claimAgain(ctx context.Context, a *attempt) (prior store.Prior, err error) {
	err = p.insist(ctx, a, "claim", func(ctx context.Context) (err error) {
		prior, err = p.claimAs(ctx, a.cmd, p.o.Worker)
		return err
	})
	return prior, err
}

// succeeded marks the receipt when somebody has taken this worker for dead and may hand the message over too. It
// reports whether it did.
func (p *Pipeline) succeeded(ctx context.Context, a *attempt) (bool, error) {
	if a.receipt.Resent || time.Since(a.since) < contested || !p.resends(a) {
		return false, nil
	}
	prior, err := p.o.Claims.Claimed(ctx, a.cmd.Partition, a.cmd.ID)
	if err != nil {
		return false, err
	}
	a.receipt.Resent = prior.State == store.Open && prior.Worker != p.o.Worker
	return a.receipt.Resent, nil
}
