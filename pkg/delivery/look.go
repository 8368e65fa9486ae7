package delivery

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"rapport/pkg/message"
)

// Recheck is the last look at messages before they are handed over: for each one, in order,
// why it must not go any more, or nothing. Its errors put the messages off.
type Recheck func(ctx context.Context, commands []*message.Command) ([]message.Reason, error)

// keptBack ends an attempt at a message that must not go any more.
type keptBack struct{ reason message.Reason }

func (k *keptBack) Error() string { return "kept back: " + string(k.reason) }

// keepBack gives a message its receipt that does not go. What may have been handed over
// before was perhaps not kept back at all.
func (p *Pipeline) keepBack(a *attempt, reason message.Reason) {
	if a.resent {
		p.decide(a, message.Uncertain, message.ReasonInFlight, nil)
		a.receipt.Detail = "not sent again: " + string(reason)
		return
	}
	p.decide(a, message.Suppressed, reason, nil)
}

// look asks Recheck about a message. Replays have no last look: what they replay is over.
func (p *Pipeline) look(ctx context.Context, a *attempt) (message.Reason, error) {
	if p.o.Recheck == nil || p.o.EventTime {
		return "", nil
	}
	return p.looks.ask(ctx, p.o.Recheck, a.cmd)
}

// looks puts questions together that come up at the same time: whoever finds nobody asking
// asks, for all who have come since the last question. Nobody waits for company.
type looks struct {
	mu     sync.Mutex
	asking bool
	next   []*glance
}

// glance is one message's question.
type glance struct {
	cmd    *message.Command
	lead   chan struct{} // closed when this one has to ask
	done   chan struct{} // closed when there is an answer
	reason message.Reason
	err    error
}

func (l *looks) ask(ctx context.Context, recheck Recheck, c *message.Command) (message.Reason, error) {
	g := &glance{cmd: c, lead: make(chan struct{}), done: make(chan struct{})}
	l.mu.Lock()
	l.next = append(l.next, g)
	if !l.asking {
		l.asking = true
		close(g.lead)
	}
	l.mu.Unlock()
	select {
	case <-g.done:
		return g.reason, g.err
	case <-g.lead:
	}
	runtime.Gosched() // Those who could ask right now may: it is one question more, not a wait.
	l.mu.Lock()
	all := l.next
	l.next = nil
	l.mu.Unlock()
	answer(ctx, recheck, all)
	l.mu.Lock()
	if l.asking = len(l.next) > 0; l.asking {
		close(l.next[0].lead)
	}
	l.mu.Unlock()
	return g.reason, g.err
}

// answer asks about all together, and about each by itself when that fails, so that one
// which cannot be judged does not hold up the others.
func answer(ctx context.Context, recheck Recheck, all []*glance) {
	commands := make([]*message.Command, len(all))
	for i, g := range all {
		commands[i] = g.cmd
	}
	var reasons []message.Reason
	err := once(ctx, func(ctx context.Context) (err error) {
		reasons, err = recheck(ctx, commands)
		if err == nil && len(reasons) != len(commands) {
			err = fmt.Errorf("%d messages have %d answers", len(commands), len(reasons))
		}
		return err
	})
	if err != nil && len(all) > 1 && !errors.Is(err, context.DeadlineExceeded) {
		for i := range all {
			answer(ctx, recheck, all[i:i+1])
		}
		return
	}
	for i, g := range all {
		if g.err = err; err == nil {
			g.reason = reasons[i]
		}
		close(g.done)
	}
}
