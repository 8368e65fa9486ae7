package orchestrator

import "sync"

// soundPerCredit is how many events have to be applied before one more may be given up.
const soundPerCredit = 20

// budget bounds how many events a process gives up as poison: so many at once, and one for
// every soundPerCredit applied. A deployment that fails at every event, or every tenth,
// stops there instead of draining the stream into the dead letters.
type budget struct {
	mu     sync.Mutex
	left   int
	atMost int
}

func newBudget(n int) *budget { return &budget{left: n, atMost: n} }

func (b *budget) spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left == 0 {
		return false
	}
	b.left--
	return true
}

func (b *budget) earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = min(b.left+1, b.atMost)
}
