package ops

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// answer is what a check said.
type answer struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Reason string `json:"reason,omitempty"`
}

// probe asks one check: one question at a time, whoever wants to know, and no new one while
// the last answer is fresh.
type probe struct {
	check  Check
	within time.Duration
	fresh  time.Duration

	mu      sync.Mutex
	asked   chan struct{} // closed when the question in hand is answered; nil without one
	last    answer
	at      time.Time // of the last answer
	started time.Time // of the question in hand
}

func newProbe(c Check, within, fresh time.Duration) *probe {
	return &probe{check: c, within: within, fresh: fresh}
}

// ask returns the answer within the time that the check has, also when the check does
// not keep to it.
func (p *probe) ask(ctx context.Context) answer {
	p.mu.Lock()
	if p.asked == nil {
		if !p.at.IsZero() && time.Since(p.at) < p.fresh {
			defer p.mu.Unlock()
			return p.last
		}
		p.asked, p.started = make(chan struct{}), time.Now()
		// The question is everybody's: it does not end with the request that was first.
		go p.question(context.WithoutCancel(ctx), p.asked)
	}
	asked, left := p.asked, p.within-time.Since(p.started)
	p.mu.Unlock()

	late := time.NewTimer(max(left, 0))
	defer late.Stop()
	select {
	case <-asked:
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.last
	case <-late.C:
	case <-ctx.Done():
	}
	return answer{Name: p.check.Name, Reason: fmt.Sprintf("no answer within %s", p.within)}
}

func (p *probe) question(ctx context.Context, asked chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, p.within)
	defer cancel()
	got := answer{Name: p.check.Name, OK: true}
	if err := p.check.Ready(ctx); err != nil {
		got.OK, got.Reason = false, err.Error()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.at, p.asked = got, time.Now(), nil
	close(asked)
}

// all asks probes beside each other and returns the answers in order.
func all(ctx context.Context, probes []*probe) (answers []answer, ok bool) {
	answers, ok = make([]answer, len(probes)), true
	var wg sync.WaitGroup
	for i, p := range probes {
		wg.Go(func() { answers[i] = p.ask(ctx) })
	}
	wg.Wait()
	for _, a := range answers {
		ok = ok && a.OK
	}
	return answers, ok
}
