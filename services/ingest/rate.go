package ingest

import (
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"
)

// rates bounds how many events per second each source may send on average (a token
// bucket; https://en.wikipedia.org/wiki/Token_bucket). There are as many as there are keys.
type rates struct {
	perSecond float64 // zero: no bound
	now       func() time.Time

	mu      sync.Mutex
	sources map[string]*bucket
}

// bucket holds what a source may still send. A request is taken whole as long as there is
// anything left, and what it takes too much is missing from the next: a batch larger than a
// second's worth would otherwise never pass.
type bucket struct {
	left float64
	at   time.Time
}

// burst is how many seconds' worth a source may send at once after a rest.
const burst = 2

// spend takes n events from the source's bucket. When there is nothing left it returns how
// long it takes until there is.
func (r *rates) spend(source string, n int) (wait time.Duration) {
	if r.perSecond <= 0 {
		return 0
	}
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.sources[source]
	if b == nil {
		b = &bucket{left: burst * r.perSecond, at: now}
		r.sources[source] = b
	}
	b.left = min(b.left+max(0, now.Sub(b.at).Seconds())*r.perSecond, burst*r.perSecond)
	b.at = now
	if b.left < 1 {
		return time.Duration((1 - b.left) / r.perSecond * float64(time.Second))
	}
	b.left -= float64(n)
	return 0
}

// admitRate says no to a source that is too fast.
func (s *Service) admitRate(source string, n int) *problem {
	wait := s.rates.spend(source, n)
	if wait <= 0 {
		return nil
	}
	p := newProblem(http.StatusTooManyRequests, tooFast, "Too many events",
		fmt.Sprintf("The source %s sends more than the %d events per second it may. Nothing of this request was stored; repeat it after the time that Retry-After names.",
			source, s.o.Limits.PerSource))
	p.retryAfter = int(math.Ceil(wait.Seconds()))
	return p
}
