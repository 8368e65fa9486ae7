package orchestrator

import (
	"container/heap"
	"strings"

	"rapport/pkg/store"
)

// timers is a queue of wakes, earliest first, then by profile: the order of store.Due.
type timers struct{ h wakeHeap }

func (t *timers) push(w store.Wake) { heap.Push(&t.h, w) }
func (t *timers) pop()              { heap.Pop(&t.h) }

func (t *timers) peek() (store.Wake, bool) {
	if len(t.h) == 0 {
		return store.Wake{}, false
	}
	return t.h[0], true
}

type wakeHeap []store.Wake

func (h wakeHeap) Len() int           { return len(h) }
func (h wakeHeap) Less(i, j int) bool { return compareWakes(h[i], h[j]) < 0 }
func (h wakeHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *wakeHeap) Push(x any)        { *h = append(*h, x.(store.Wake)) } //nolint:forcetypeassert // container/heap hands back what push gave it.

func (h *wakeHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

func compareWakes(a, b store.Wake) int {
	if c := a.Due.Compare(b.Due); c != 0 {
		return c
	}
	return compare(a.Profile, b.Profile)
}

func compare(a, b string) int { return strings.Compare(a, b) }
