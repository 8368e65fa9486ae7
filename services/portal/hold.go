package portal

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/event"
	"rapport/pkg/link"
	"rapport/pkg/visitor"
)

// holdFor is how long a click waits for those after it, see the package.
const holdFor = 2 * time.Second

// trapFor is how long a visitor who followed a message's hidden link is taken for a machine there.
const trapFor = 10 * time.Minute

// click is one that is not judged yet.
type click struct {
	ticket link.Ticket
	visit  visitor.Visit
	from   netip.Prefix // the visitor's network
	span   trace.SpanContext
}

// hold keeps clicks back until their neighbours are known. All clicks wait equally long, so they are
// judged in the order in which they came.
type hold struct {
	judged  func(ctx context.Context, c *click, v visitor.Verdict)
	again   func(ctx context.Context)
	waiting chan *click

	mu     sync.Mutex
	recent map[string]*recent // by message
	traps  map[trap]time.Time // when they may be forgotten
	closed bool
}

// recent is what happened to one message while clicks of it are held.
type recent struct {
	visits []visitor.Recent
	held   int
}

// trap is that somebody followed a message's hidden link.
type trap struct {
	message string
	from    netip.Prefix
}

// maxTraps bounds the memory of traps; when it is full, all are forgotten.
const maxTraps = 10_000

func newHold(most int) *hold {
	return &hold{waiting: make(chan *click, most), recent: map[string]*recent{}, traps: map[trap]time.Time{}}
}

// key is the message, and the person as well: a test message has no identity.
func (c *click) key() string { return c.ticket.Ref.ID + " " + c.ticket.Profile }

// trapped remembers that the click was on the hidden link.
func (h *hold) trapped(c *click) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.traps) >= maxTraps {
		clear(h.traps)
	}
	h.traps[trap{c.key(), c.from}] = c.visit.At.Add(trapFor)
}

// add holds a click back. A second click on the same link is none. When too many are held, or none
// any more, it is judged by what is known.
func (h *hold) add(ctx context.Context, c *click) {
	h.mu.Lock()
	m := h.recent[c.key()]
	if m == nil {
		m = &recent{}
		h.recent[c.key()] = m
	}
	if slices.ContainsFunc(m.visits, func(v visitor.Recent) bool { return v.Link == c.visit.Link && c.visit.At.Sub(v.At).Abs() < holdFor }) {
		h.mu.Unlock()
		h.again(ctx)
		return
	}
	m.visits = append(m.visits, visitor.Recent{Link: c.visit.Link, At: c.visit.At})
	m.held++
	held := false
	if !h.closed {
		select {
		case h.waiting <- c:
			held = true
		default:
		}
	}
	h.mu.Unlock()
	if !held {
		h.judge(ctx, c)
	}
}

// close says that nobody adds any more; what is held is judged at once.
func (h *hold) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	close(h.waiting)
}

// run judges clicks when they have waited long enough, until the hold is closed and empty. now is the
// clock that the clicks have their times from; once hurry is closed none waits any longer.
func (h *hold) run(ctx context.Context, now func() time.Time, hurry <-chan struct{}) {
	for c := range h.waiting {
		if wait := c.visit.At.Add(holdFor).Sub(now()); wait > 0 {
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
			case <-hurry:
				timer.Stop()
			}
		}
		h.judge(ctx, c)
	}
}

// judge passes a click on, with its neighbours.
func (h *hold) judge(ctx context.Context, c *click) {
	h.mu.Lock()
	m := h.recent[c.key()]
	c.visit.Others = slices.Clone(m.visits)
	m.visits = slices.DeleteFunc(m.visits, func(v visitor.Recent) bool { return c.visit.At.Sub(v.At) > holdFor })
	if m.held--; m.held == 0 { // What comes now is no neighbour of what was.
		delete(h.recent, c.key())
	}
	c.visit.Honeypot = c.visit.At.Before(h.traps[trap{c.key(), c.from}])
	h.mu.Unlock()
	h.judged(ctx, c, visitor.Judge(c.visit))
}

// typeOf is the type of a judged click's event.
func typeOf(v visitor.Verdict) string {
	if v.Machine {
		return event.EmailScanned
	}
	return event.EmailClicked
}
