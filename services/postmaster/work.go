package postmaster

import (
	"sync"
	"sync/atomic"
)

// work counts the mails in hand.
type work struct {
	mu       sync.Mutex
	hands    int
	stopping bool
	idle     chan struct{} // closed when stopping and nothing is in hand any more
}

func newWork() *work { return &work{idle: make(chan struct{})} }

// begin takes a mail in hand; nil when the service is ending.
func (w *work) begin() *hand {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopping {
		return nil
	}
	w.hands++
	h := &hand{work: w}
	h.open.Store(2)
	return h
}

// ending reports whether no more mails are taken.
func (w *work) ending() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stopping
}

// stop lets no more mails begin. What it returns is closed when those in hand are done.
func (w *work) stop() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopping = true
	if w.hands == 0 {
		close(w.idle)
	}
	return w.idle
}

// hand is one mail from its first byte until it is worked off and its answer is written, which are told in any order: a
// connection may end first.
type hand struct {
	work *work
	open atomic.Int32
}

// release is called twice.
func (h *hand) release() {
	if h == nil || h.open.Add(-1) != 0 {
		return
	}
	w := h.work
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hands--; w.hands == 0 && w.stopping {
		close(w.idle)
	}
}
