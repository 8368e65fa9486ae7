package portal

import (
	"net/netip"
	"sync"
	"time"
)

// maxHouseholds bounds the memory of rates. When it is full, everybody starts anew: that
// allows more, which an attacker with so many addresses has anyway.
const maxHouseholds = 100_000

// rates bounds how many forms each household may send (a token bucket).
type rates struct {
	perMinute float64 // negative: no bound
	mu        sync.Mutex
	buckets   map[netip.Prefix]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// allows takes one form from a household's bucket, if there is one left.
func (r *rates) allows(from netip.Prefix, now time.Time) bool {
	if r.perMinute < 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b, known := r.buckets[from]
	if !known {
		if len(r.buckets) >= maxHouseholds || r.buckets == nil {
			r.buckets = map[netip.Prefix]bucket{}
		}
		b = bucket{left: r.perMinute, at: now}
	}
	b.left = min(b.left+max(0, now.Sub(b.at).Minutes())*r.perMinute, r.perMinute)
	b.at = now
	allowed := b.left >= 1
	if allowed {
		b.left--
	}
	r.buckets[from] = b
	return allowed
}
