package delivery

import (
	"context"
	"strings"
	"sync"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"rapport/pkg/message"
)

// Branching is a Channel that leads to many places, each of which can break by itself, such
// as the hosts of webhooks. A broken one delays its own messages only.
type Branching interface {
	Channel
	// Host is where the command goes, in lower case, without a port; empty when that is
	// not known. It is asked before the command is claimed, so it must not touch the network.
	Host(ctx context.Context, c *message.Command) string
}

type breaker = circuitbreaker.CircuitBreaker[any]

// maxHosts bounds the breakers that are kept: places that work lose theirs first.
const maxHosts = 1000

// breakers has one circuit breaker for each place; a channel that leads to one provider has
// one, under the empty name.
type breakers struct {
	mu   sync.Mutex
	of   map[string]breaker
	make func(host string) breaker
}

func (b *breakers) get(host string) breaker {
	b.mu.Lock()
	defer b.mu.Unlock()
	if known, ok := b.of[host]; ok {
		return known
	}
	if len(b.of) >= maxHosts {
		for name, old := range b.of {
			if old.IsClosed() {
				delete(b.of, name)
			}
		}
	}
	if len(b.of) >= maxHosts {
		host = "" // a thousand places are broken: the others share a breaker
		if shared, ok := b.of[host]; ok {
			return shared
		}
	}
	made := b.make(host)
	b.of[host] = made
	return made
}

func (p *Pipeline) newBreaker(host string) breaker {
	return circuitbreaker.NewBuilder[any]().
		WithFailureThreshold(p.o.Breaker.Failures).
		WithSuccessThreshold(1).
		WithDelay(p.o.Breaker.Pause).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) { p.breakerChanged(host, e) }).
		Build()
}

func (p *Pipeline) breakerChanged(host string, e circuitbreaker.StateChangedEvent) {
	where := p.o.Road.Provider()
	_, routed := p.o.Road.(Routed)
	switch {
	case routed && host != "":
		where, host = host, ""
	case host != "":
		where += " " + host
	}
	switch e.NewState {
	case circuitbreaker.OpenState:
		p.log.Error("the provider is unavailable and left alone; messages wait", "provider", where, "try_again_in", p.o.Breaker.Pause)
	case circuitbreaker.ClosedState:
		p.log.Info("the provider is available again", "provider", where)
	}
	provider, _, _ := strings.Cut(where, " ")
	p.meter.breaker(provider, host, e.NewState == circuitbreaker.OpenState)
}

// locate finds out where a message goes.
func (p *Pipeline) locate(ctx context.Context, a *attempt) {
	if road, ok := p.o.Road.(Branching); ok {
		a.host, a.branch = road.Host(ctx, a.cmd), true
	}
	a.way.routed, _ = p.o.Road.(Routed)
	if a.way.routed == nil {
		a.breaker = p.breakers.get(a.host)
	}
}

// domain is what throttles know a message's destination by.
func domain(a *attempt) string {
	if a.branch {
		return a.host
	}
	if at := strings.LastIndexByte(a.cmd.To, '@'); at >= 0 {
		return strings.ToLower(strings.TrimRight(a.cmd.To[at+1:], "> "))
	}
	return ""
}
