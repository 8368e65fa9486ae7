package delivery

import (
	"context"
	"fmt"
	"sync"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/message"
	"rapport/pkg/store"
)

// Nobody is the worker to whom a claim is passed that was given up before anything was
// handed over. Whoever finds an open claim of Nobody may treat it as fresh: the store
// gives each former claim to one claimer only.
const Nobody = "nobody"

// claim is an open claim of this process, kept as long as it has no recorded result.
type claim struct {
	handed  bool             // the provider may have the message
	receipt *message.Receipt // decided, but not recorded yet
}

// hands is what this process has in hand: ids that are being delivered, and open claims.
type hands struct {
	mu   sync.Mutex
	busy map[string]chan struct{} // closed when the delivery ends
	open map[string]*claim
}

// take waits until no other delivery of the id runs in this process, so that copies of a
// command that arrive together go one after the other. A copy waits off its lane: the other
// may wait for a throttle.
func (h *hands) take(ctx context.Context, id string) (let func(), err error) {
	for {
		h.mu.Lock()
		other, busy := h.busy[id]
		if !busy {
			done := make(chan struct{})
			h.busy[id] = done
			h.mu.Unlock()
			return func() {
				h.mu.Lock()
				delete(h.busy, id)
				h.mu.Unlock()
				close(done)
			}, nil
		}
		h.mu.Unlock()
		bus.Yield(ctx)
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// claim is what is remembered of the id; from now on there is something.
func (h *hands) claim(id string) *claim {
	h.mu.Lock()
	defer h.mu.Unlock()
	c, known := h.open[id]
	if !known {
		c = &claim{}
		h.open[id] = c
	}
	return c
}

func (h *hands) closed(id string) {
	h.mu.Lock()
	delete(h.open, id)
	h.mu.Unlock()
}

// claim makes the message ours, or finds what became of it.
func (p *Pipeline) claim(ctx context.Context, a *attempt) error {
	// Remembered before it is made: a call that fails may have made it all the same.
	own := p.hands.claim(a.cmd.ID)
	a.claim = own
	former, prior, err := p.takeOver(ctx, a)
	switch {
	case err != nil:
		return err
	case prior.State == store.Done:
		return p.ended(ctx, a, prior)
	case prior.State == store.Fresh || prior.Worker == Nobody:
		*own = claim{}
	case own.receipt != nil: // nobody knows better, even if somebody took us for dead
		a.receipt = own.receipt
		a.receipt.Resent = a.receipt.Resent || former != p.o.Worker && p.resends(a)
	case former != p.o.Worker: // another worker has it in hand, or died with it
		own.handed = true
		return p.succeed(ctx, a)
	case own.handed: // this one failed in the middle of handing over
		p.uncertain(ctx, a)
	}
	return nil
}

// takeOver claims the message. former is who had it before us, ourselves if nobody else had. What was delivered before is
// looked at first: a claim whose answer is lost has to be made again, and would then find none but ours.
func (p *Pipeline) takeOver(ctx context.Context, a *attempt) (former string, prior store.Prior, err error) {
	d, _ := bus.Received(ctx)
	err = p.insist(ctx, a, "claim", func(ctx context.Context) (err error) {
		if d.Attempt > 1 && former == "" {
			if prior, err = p.o.Claims.Claimed(ctx, a.cmd.Partition, a.cmd.ID); err != nil {
				return err
			}
			former = prior.Worker
		}
		prior, err = p.claimAs(ctx, a.cmd, p.o.Worker)
		return err
	})
	if former == "" || former == Nobody || prior.Worker != p.o.Worker {
		former = prior.Worker
	}
	return former, prior, err
}

// ended takes over what is recorded of the message.
func (p *Pipeline) ended(ctx context.Context, a *attempt, prior store.Prior) (err error) {
	p.hands.closed(a.cmd.ID)
	p.meter.repeated(ctx, a.cmd)
	a.claim, a.recorded, a.encoded = nil, true, prior.Receipt
	if a.receipt, err = message.DecodeReceipt(prior.Receipt); err != nil {
		return fmt.Errorf("read the recorded receipt: %w", err)
	}
	return nil
}

// uncertain lets the policy choose for a message that may have been handed over: either
// it has its receipt now, or it will be sent again.
func (p *Pipeline) uncertain(ctx context.Context, a *attempt) {
	again := p.resends(a) && !a.resent
	p.meter.uncertain(ctx, a.cmd, again)
	p.log.WarnContext(ctx, "the message may have been handed over before", "message", a.cmd.ID, "journey", a.cmd.Journey, "sent_again", again)
	if again {
		a.resent = true
		return
	}
	p.decide(a, message.Uncertain, message.ReasonInFlight, nil)
}

// resends is the policy's choice.
func (p *Pipeline) resends(a *attempt) bool {
	return p.o.OnUncertain(a.cmd.Channel, a.cmd.Category) == Resend
}

func (p *Pipeline) claimAs(ctx context.Context, c *message.Command, worker string) (store.Prior, error) {
	priors, err := p.o.Claims.Claim(ctx, []store.Claim{{Partition: c.Partition, MessageID: c.ID, Worker: worker, At: p.o.Now().UTC()}})
	if err != nil {
		return store.Prior{}, err
	}
	if len(priors) != 1 {
		return store.Prior{}, fmt.Errorf("the store answered one claim with %d", len(priors))
	}
	return priors[0], nil
}

// releaseTimeout bounds the store's work for a claim that is given up.
const releaseTimeout = 5 * time.Second

// giveUp passes a claim to Nobody whose message certainly was not handed over and has no
// receipt. If that fails the claim stays ours, and after a restart it is uncertain.
func (p *Pipeline) giveUp(ctx context.Context, a *attempt) {
	if a.claim == nil || a.receipt != nil || a.claim.handed {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	prior, err := p.claimAs(ctx, a.cmd, Nobody)
	if err == nil && prior.State == store.Open && prior.Worker != p.o.Worker {
		// Somebody took it over while we waited: it is theirs, give it back.
		_, err = p.claimAs(ctx, a.cmd, prior.Worker)
	}
	if err != nil {
		p.log.ErrorContext(ctx, "could not give a claim up; the message will count as uncertain after a restart", "message", a.cmd.ID, "error", err)
		return
	}
	p.hands.closed(a.cmd.ID)
}
