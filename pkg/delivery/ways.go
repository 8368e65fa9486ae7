package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/message"
	"rapport/pkg/routing"
)

// Routed is a Channel with several providers. For each attempt the pipeline takes the first
// that can have the message now: one that is broken delays nobody's message that may take
// another. Its hand-overs, and Render, learn from ProviderOf by which one.
type Routed interface {
	Channel
	// Route lists the providers of a message. standing is what the pipeline knows of them: its
	// breakers. It is asked for every attempt, so it must not touch the network.
	Route(c *message.Command, standing func(provider, group string) routing.Standing) routing.Decision
	// Room is how many messages a provider has in its hands at a time, and how many of all of
	// them are for a group of recipients; zero: any number.
	Room(provider, group string) (at, of int)
	// Take counts a message that is about to be handed to a provider. wait is how long there
	// is no room for it; nothing was counted then. It is asked again for no second attempt by
	// the same provider.
	Take(ctx context.Context, c *message.Command, provider, group string) (wait time.Duration, err error)
}

type providerKey struct{}

// ProviderOf is the provider that the pipeline has chosen for what a Routed channel is asked
// to do; empty for others.
func ProviderOf(ctx context.Context) string {
	name, _ := ctx.Value(providerKey{}).(string)
	return name
}

// way is how one message goes, of a Routed channel. The zero way is that of others.
type way struct {
	routed          Routed // nil: the channel has one provider
	provider, group string
	several         bool     // there are others
	tried           []string // since the message last rested
	counted         []string // by Take
}

// provider is who has the message, or gets it next.
func (p *Pipeline) provider(a *attempt) string {
	if a.way.provider != "" {
		return a.way.provider
	}
	return p.o.Road.Provider()
}

// through tells a channel by which provider a message goes.
func through(ctx context.Context, a *attempt) context.Context {
	if a.way.provider == "" {
		return ctx
	}
	return context.WithValue(ctx, providerKey{}, a.way.provider)
}

// standing is how a provider stands, as far as breakers know. One that may be tried again
// stands well: somebody has to try it.
func (p *Pipeline) standing(provider, group string) (s routing.Standing) {
	if b := p.breakers.get(provider); b.IsOpen() {
		s.Down = max(0, b.RemainingDelay())
	}
	if d, refuses := p.paths.wait(provider, group); refuses {
		s.Blocked = d
	}
	return s
}

// choose finds the provider for the next attempt among those that were not tried since the
// message last rested. When there is none it says how long there certainly is none.
func (p *Pipeline) choose(a *attempt) (wait time.Duration, why routing.Why) {
	d := a.way.routed.Route(a.cmd, p.standing)
	a.way.group, a.way.several = d.Group, len(d.Candidates) > 1
	for _, c := range d.Candidates {
		switch {
		case slices.Contains(a.way.tried, c.Provider):
		case c.Wait > 0:
			if wait == 0 || c.Wait < wait {
				wait, why = c.Wait, c.Why
			}
		default:
			a.way.provider, a.breaker = c.Provider, p.breakers.get(c.Provider)
			return 0, routing.Open
		}
	}
	if len(a.way.tried) > 0 { // They can be tried again at once, as far as anybody knows.
		a.way.tried = a.way.tried[:0]
		return poll, routing.Down
	}
	if a.way.provider == "" && len(d.Candidates) > 0 {
		a.way.provider = d.Candidates[0].Provider // Somebody has to be named.
		a.breaker = p.breakers.get(a.way.provider)
	}
	return max(wait, poll), why
}

// another reports whether there is a provider that can have the message at once although the
// last one could not.
func (p *Pipeline) another(a *attempt) bool {
	if a.way.routed == nil {
		return false
	}
	a.way.tried = append(a.way.tried, a.way.provider)
	for _, c := range a.way.routed.Route(a.cmd, p.standing).Candidates {
		if c.Wait == 0 && !slices.Contains(a.way.tried, c.Provider) {
			return true
		}
	}
	a.way.tried = a.way.tried[:0]
	return false
}

// find waits until a provider can have the message. A message whose time is over before that
// has lapsed; one for which all are down for too long goes on, and fails where it is tried.
func (p *Pipeline) find(ctx context.Context, a *attempt) error {
	for a.way.routed != nil {
		wait, why := p.choose(a)
		if why == routing.Open {
			// A mailbox provider that wants fewer messages gets no more by another provider.
			if wait, _ = p.paths.wait(a.way.provider, a.way.group); wait == 0 {
				return nil
			}
			why = routing.Blocked
		}
		if why == routing.Down && time.Since(a.since) >= p.o.Outage {
			return nil
		}
		if left := p.left(a); why != routing.Down && left <= wait {
			a.lapsed = true
			return nil
		}
		if a.way.several || why != routing.Down {
			bus.Yield(ctx)
		}
		if err := p.pause(ctx, min(wait, lookAgainAtWays)); err != nil {
			return err
		}
	}
	return nil
}

// lookAgainAtWays bounds how long a message waits without asking whether a provider has
// recovered sooner than it was to be expected.
const lookAgainAtWays = 10 * time.Second

// left is how long a message may wait for its turn.
func (p *Pipeline) left(a *attempt) time.Duration {
	if p.o.EventTime {
		return p.o.Outage - time.Since(a.since)
	}
	left := p.o.Lateness(a.cmd) - p.o.Now().Sub(a.cmd.DecidedAt)
	if !a.cmd.Until.IsZero() {
		left = min(left, a.cmd.Until.Sub(p.o.Now()))
	}
	return left
}

// errMoved says that the provider which was chosen cannot have the message any more.
var errMoved = errors.New("another provider has to be found")

// count lets the channel count the message, once for each provider.
func (p *Pipeline) count(ctx context.Context, a *attempt) (time.Duration, error) {
	w := &a.way
	if w.routed == nil || slices.Contains(w.counted, w.provider) {
		return 0, nil
	}
	wait, err := w.routed.Take(ctx, a.cmd, w.provider, w.group)
	if err == nil && wait == 0 {
		w.counted = append(w.counted, w.provider)
	}
	return wait, err
}

// seat takes what bounds the messages in hand: the pipeline's slots, or those of the group of
// recipients and then of the provider. Who waits for others of the group holds up nobody else.
func (p *Pipeline) seat(ctx context.Context, a *attempt) (give func(), err error) {
	if a.way.routed == nil {
		return p.slots.give, p.slots.take(ctx, p.stopping, awaited(a.cmd))
	}
	at, of := a.way.routed.Room(a.way.provider, a.way.group)
	var seats []*slots
	give = func() {
		for _, s := range seats {
			s.give()
		}
	}
	for _, bound := range []struct {
		name  string
		room  int
		apart bool // it holds up the others of a group only
	}{{"to " + a.way.group, of, true}, {"at " + a.way.provider, at, false}} {
		if bound.room == 0 {
			continue
		}
		s := p.rooms.get(bound.name, bound.room)
		if !s.try() {
			if bound.apart {
				bus.Yield(ctx)
			}
			if err := s.take(ctx, p.stopping, awaited(a.cmd)); err != nil {
				give()
				return nil, err
			}
		}
		seats = append(seats, s)
	}
	return give, nil
}
