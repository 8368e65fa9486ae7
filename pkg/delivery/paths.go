package delivery

import (
	"math/rand/v2"
	"sync"
	"time"
)

// path is a group of recipients as one provider reaches it. It is remembered only as long as
// something is wrong there.
type path struct {
	strikes int           // refusals of the sender in a row
	until   time.Time     // nobody goes there before
	gap     time.Duration // between two messages; zero: none
}

type pathKey struct{ provider, group string }

// paths are where mailbox providers refuse what comes from a provider, or ask it to slow
// down. They are apart from the providers' breakers: the same provider goes on to all others.
type paths struct {
	mu sync.Mutex
	of map[pathKey]*path
	// pause is how long a place is left alone that refuses the sender.
	pause time.Duration
}

const (
	// blocks is after how many refusals in a row a place is left alone: one may be about its
	// own message.
	blocks = 3
	// trial is how long others wait for the message that tries a place again.
	trial = time.Minute
	// A place that asks for less gets one message each second, then each two, up to a minute;
	// every message that it takes halves that.
	firstGap, longestGap = time.Second, time.Minute
)

// wait is how long nobody goes to a place, and whether that is because it refuses the sender.
func (p *paths) wait(provider, group string) (d time.Duration, refuses bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.of[pathKey{provider, group}]
	if one == nil {
		return 0, false
	}
	if d = time.Until(one.until); d <= 0 {
		return 0, false
	}
	// Not all who wait come at the same moment, of whom one would be let.
	return d + rand.N(one.gap/4+time.Millisecond), one.strikes >= blocks
}

// enter lets one message go to a place, or says how long it waits. A message that tries a place
// which refused the sender goes alone.
func (p *paths) enter(provider, group string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.of[pathKey{provider, group}]
	if one == nil {
		return 0
	}
	now := time.Now()
	if d := one.until.Sub(now); d > 0 {
		return d
	}
	switch {
	case one.strikes >= blocks:
		one.until = now.Add(trial)
	case one.gap > 0:
		one.until = now.Add(one.gap)
	}
	return 0
}

// tell is what became of a message there. It reports whether the place is left alone now that
// was not before, or the other way round.
func (p *paths) tell(provider, group string, f *Fault) (closed, opened bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := pathKey{provider, group}
	one := p.of[key]
	blocked := f != nil && f.class == blocked
	if one == nil {
		if !blocked && (f == nil || !f.slow) || len(p.of) >= maxPaths {
			return false, false
		}
		one = &path{}
		p.of[key] = one
	}
	now := time.Now()
	was := one.strikes >= blocks
	switch {
	case blocked:
		if one.strikes++; one.strikes >= blocks {
			one.until = now.Add(p.pause)
		}
	case f != nil && f.slow:
		one.strikes = 0
		one.gap = min(max(2*one.gap, firstGap), longestGap)
		one.until = now.Add(one.gap)
	case f == nil || f.class == permanent || f.class == later: // It took the message, or refused it for its own sake.
		one.strikes = 0
		if one.gap /= 2; one.gap < firstGap {
			delete(p.of, key)
		}
		if was {
			one.until = now
		}
	}
	return one.strikes >= blocks && !was, was && one.strikes < blocks
}

// maxPaths bounds what is remembered: refusals beyond it have no consequence for others.
const maxPaths = 10_000
