package ingest

import (
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"
)

// rates bounds how many events per second may be sent with each key on average (a token
// bucket; https://en.wikipedia.org/wiki/Token_bucket). There are as many as there are keys.
type rates struct {
	perSecond int // of keys that do not say; zero: no bound
	now       func() time.Time

	mu   sync.Mutex
	keys map[string]*bucket
}

// bucket holds what a key may still send. A request is taken whole as long as there is
// anything left, and what it takes too much is missing from the next: a batch larger than a
// second's worth would otherwise never pass.
type bucket struct {
	left float64
	at   time.Time
}

// burst is how many seconds' worth a key may send at once after a rest.
const burst = 2

// of is how many events per second a key may send; 0 is any number.
func (r *rates) of(k *Key) int {
	if k.PerSecond > 0 {
		return k.PerSecond
	}
	return r.perSecond
}

// spend takes n events from a key's bucket. When there is nothing left it returns how
// long it takes until there is.
func (r *rates) spend(k *Key, n int) (wait time.Duration) {
	perSecond := float64(r.of(k))
	if perSecond <= 0 {
		return 0
	}
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	name := k.Source + " " + k.ID
	b := r.keys[name]
	if b == nil {
		b = &bucket{left: burst * perSecond, at: now}
		r.keys[name] = b
	}
	b.left = min(b.left+max(0, now.Sub(b.at).Seconds())*perSecond, burst*perSecond)
	b.at = now
	if b.left < 1 {
		return time.Duration((1 - b.left) / perSecond * float64(time.Second))
	}
	b.left -= float64(n)
	return 0
}

// admitRate says no to a key that is too fast.
func (s *Service) admitRate(k *Key, n int) *problem {
	wait := s.rates.spend(k, n)
	if wait <= 0 {
		return nil
	}
	p := newProblem(http.StatusTooManyRequests, tooFast, "Too many events",
		fmt.Sprintf("The source %s sends more than the %d events per second it may. Nothing of this request was stored; repeat it after the time that Retry-After names.",
			k.Source, s.rates.of(k)))
	p.retryAfter = int(math.Ceil(wait.Seconds()))
	return p
}
