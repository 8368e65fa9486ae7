package mailer

import (
	"context"
	"fmt"
	"sync"
	"time"

	"rapport/pkg/routing"
)

// Tally keeps how far warm-ups have come, so that a restart does not send a day's messages
// again. Where several processes send, they share one.
type Tally interface {
	// Change replaces the progress under a key by what change makes of it, which may be called
	// more than once, and returns what it made last. A key that is not there has the zero
	// Progress.
	Change(ctx context.Context, key string, change func(routing.Progress) routing.Progress) (routing.Progress, error)
}

// memory is the Tally of one life.
type memory struct {
	mu sync.Mutex
	of map[string]routing.Progress
}

func (m *memory) Change(_ context.Context, key string, change func(routing.Progress) routing.Progress) (routing.Progress, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := change(m.of[key])
	m.of[key] = p
	return p, nil
}

// warmth hands out what warm-ups allow. It takes from the tally a hundredth of a day's messages
// at a time, so that not each of them waits for it; what a process has taken and not sent when
// it dies stays unsent that day.
type warmth struct {
	config *routing.Config
	tally  Tally
	now    func() time.Time

	mu sync.Mutex
	of map[string]*warmed // by provider and part
}

// warmed is one ramp of one provider.
type warmed struct {
	ask   sync.Mutex // held while the tally is asked
	mu    sync.Mutex
	day   string
	left  int  // taken from the tally, for this day
	free  bool // the ramp is over
	spent bool // the day's messages are gone
}

const batches = 100

// ramp finds what a message counts under; nil when its provider needs no warm-up.
func (w *warmth) ramp(provider, group string) (up *routing.WarmUp, ramp routing.Ramp, one *warmed, key string) {
	if w.config == nil {
		return nil, nil, nil, ""
	}
	p := w.config.Provider(provider)
	if p == nil || p.WarmUp == nil {
		return nil, nil, nil, ""
	}
	part, ramp := w.config.Part(p.WarmUp, group)
	key = provider + "." + part
	w.mu.Lock()
	defer w.mu.Unlock()
	one = w.of[key]
	if one == nil {
		one = &warmed{}
		w.of[key] = one
	}
	return p.WarmUp, ramp, one, key
}

// wait is how long it takes until a warm-up begins, and until it allows more, as far as this
// process knows.
func (w *warmth) wait(provider, group string) (before, spent time.Duration) {
	up, _, one, _ := w.ramp(provider, group)
	if up == nil {
		return 0, 0
	}
	now := w.now()
	if now.Before(up.From) {
		return up.From.Sub(now), 0
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.spent && one.day == up.Day(now) {
		return 0, up.Next(now).Sub(now)
	}
	return 0, 0
}

// take counts one message, or says how long there is no room for it. Those that somebody waits
// for are counted, and go in any case.
func (w *warmth) take(ctx context.Context, provider, group string, urgent bool) (time.Duration, error) {
	up, ramp, one, key := w.ramp(provider, group)
	if up == nil {
		return 0, nil
	}
	now := w.now()
	day := up.Day(now)
	if one.has(day) {
		return 0, nil
	}
	one.ask.Lock()
	defer one.ask.Unlock()
	if one.has(day) { // Somebody has asked meanwhile.
		return 0, nil
	}
	if before, spent := w.wait(provider, group); spent > 0 && !urgent {
		return spent, nil
	} else if before > 0 {
		return before, nil
	} else if spent > 0 {
		return 0, nil
	}
	granted, free := 0, false
	_, err := w.tally.Change(ctx, key, func(p routing.Progress) routing.Progress {
		p = ramp.On(p, day)
		left, bounded := ramp.Left(p)
		granted, free = 0, !bounded
		if bounded {
			granted = min(left, max(1, ramp[p.Stage]/batches))
			p.Sent += granted
		}
		return p
	})
	if err != nil {
		return 0, fmt.Errorf("count a message in the warm-up of %s: %w", provider, err)
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	one.day, one.free, one.left, one.spent = day, free, max(0, granted-1), !free && granted == 0
	if one.spent && !urgent {
		return up.Next(now).Sub(now), nil
	}
	return 0, nil
}

// has takes one of those that were taken from the tally, if there is one for the day.
func (o *warmed) has(day string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.day != day:
		return false
	case o.free:
		return true
	case o.left > 0:
		o.left--
		return true
	}
	return false
}
