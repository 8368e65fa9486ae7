package rehearsal

import (
	"container/heap"
	"strings"
	"time"

	"rapport/pkg/journey"
)

// person is a profile on stage.
type person struct {
	id    string
	state *journey.State
	due   time.Time
	slot  int // its place in the heap of timers, or none
	again int // how often a timer fired and was due again at once
}

const none = -1

// timers has one entry for each person who waits, so that it never grows beyond them:
// earliest first, then by profile, the order of the orchestrator.
type timers struct{ h personHeap }

// set notes when a person's earliest timer is due; zero: they wait for none.
func (t *timers) set(p *person, due time.Time) {
	switch {
	case due.IsZero() && p.slot == none:
	case due.IsZero():
		heap.Remove(&t.h, p.slot)
	case p.slot == none:
		p.due = due
		heap.Push(&t.h, p)
	case !due.Equal(p.due):
		p.due = due
		heap.Fix(&t.h, p.slot)
	}
	p.due = due
}

// next is when the earliest timer is due; zero: there is none.
func (t *timers) next() time.Time {
	if len(t.h) == 0 {
		return time.Time{}
	}
	return t.h[0].due
}

// first is whose timer is the earliest; there must be one.
func (t *timers) first() *person { return t.h[0] }

type personHeap []*person

func (h personHeap) Len() int { return len(h) }

func (h personHeap) Less(i, j int) bool {
	if c := h[i].due.Compare(h[j].due); c != 0 {
		return c < 0
	}
	return strings.Compare(h[i].id, h[j].id) < 0
}

func (h personHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].slot, h[j].slot = i, j
}

// Push is part of heap.Interface.
func (h *personHeap) Push(x any) {
	p := x.(*person) //nolint:forcetypeassert // container/heap hands on what set gave it.
	p.slot = len(*h)
	*h = append(*h, p)
}

// Pop is part of heap.Interface.
func (h *personHeap) Pop() any {
	last := len(*h) - 1
	p := (*h)[last]
	(*h)[last] = nil
	*h, p.slot = (*h)[:last], none
	return p
}
