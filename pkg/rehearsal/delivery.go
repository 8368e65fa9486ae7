package rehearsal

import (
	"container/heap"
	"time"

	"rapport/pkg/journey"
	"rapport/pkg/message"
)

// Delivery is what becomes of a message that goes out.
type Delivery struct {
	// Outcome is Sent, Failed or Uncertain; empty: nobody says anything.
	Outcome message.Outcome
	Reason  message.Reason // of Failed and Uncertain
	Detail  string         // in words, without addresses
	// After is how long it takes. The engine is asked once more then whether the message may
	// go (Recheck); one that may not is told to the Sink as kept back, and comes back as
	// message.suppressed.
	After time.Duration
}

// AtOnce delivers every message at the time at which it was decided.
func AtOnce(*message.Command) Delivery { return Delivery{Outcome: message.Sent} }

// deliver sends a message off.
func (s *Stage) deliver(c *message.Command) Delivery {
	d := s.o.Deliver(c)
	if d.After > 0 {
		s.roads.push(road{at: s.now.Add(d.After), command: c, delivery: d})
		return d
	}
	s.receipt(c, d)
	return d
}

// arrive ends a message's way.
func (s *Stage) arrive(r road) {
	c := r.command
	p := s.people[c.Profile]
	if reason := s.o.Engine.Recheck(p.state, c, s.now); reason != "" {
		s.o.Sink.Happened(Happening{
			Profile: p.id, Effect: journey.Message{Command: *c, Reason: reason}, Cause: Cause{Kind: ByDelivery, At: s.now},
		})
		s.receipt(c, Delivery{Outcome: message.Suppressed, Reason: reason})
		return
	}
	s.receipt(c, r.delivery)
}

// receipt lets the worker's word on a message come back.
func (s *Stage) receipt(c *message.Command, d Delivery) {
	if d.Outcome == "" {
		return
	}
	r := message.ReceiptFor(c, d.Outcome, d.Reason, s.now)
	r.Detail, r.Provider = d.Detail, "rehearsal"
	ev, err := r.Event(worker(c.Channel), c.Profile)
	if err != nil {
		return // There is no such outcome: nobody says anything.
	}
	s.back = append(s.back, &ev)
}

// worker is the source of receipts of a channel.
func worker(c message.Channel) string {
	switch c {
	case message.Email:
		return "rapport/mailer"
	case message.SMS:
		return "rapport/texter"
	}
	return "rapport/" + string(c)
}

// road is a message on its way.
type road struct {
	at       time.Time
	serial   int
	command  *message.Command
	delivery Delivery
}

// roads are the messages on their way, by arrival and then as they were sent off.
type roads struct {
	h      roadHeap
	serial int
}

func (r *roads) push(x road) {
	r.serial++
	x.serial = r.serial
	heap.Push(&r.h, x)
}

func (r *roads) pop() road { return heap.Pop(&r.h).(road) } //nolint:forcetypeassert // The heap holds nothing else.

// next is when the first arrives; zero: none is on its way.
func (r *roads) next() time.Time {
	if len(r.h) == 0 {
		return time.Time{}
	}
	return r.h[0].at
}

type roadHeap []road

func (h roadHeap) Len() int { return len(h) }

func (h roadHeap) Less(i, j int) bool {
	if c := h[i].at.Compare(h[j].at); c != 0 {
		return c < 0
	}
	return h[i].serial < h[j].serial
}

func (h roadHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is part of heap.Interface.
func (h *roadHeap) Push(x any) { *h = append(*h, x.(road)) } //nolint:forcetypeassert // container/heap hands on what push gave it.

// Pop is part of heap.Interface.
func (h *roadHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	(*h)[last] = road{}
	*h = (*h)[:last]
	return x
}
