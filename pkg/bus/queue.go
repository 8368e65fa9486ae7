package bus

import "sync"

// queue is a line of what waits for one reader. It takes memory only for what is in it: a channel that
// could hold as much has room for all of it from the start, and the garbage collector looks through it.
type queue[T any] struct {
	more chan struct{} // tells the reader that there is something, or nothing more to come
	room chan struct{} // tells the writer that something was taken

	mu     sync.Mutex
	items  []T // from next on
	next   int
	size   int // of what is in it, as its writer counts it
	closed bool
}

// keptItems is how much room an empty queue keeps.
const keptItems = 32

func newQueue[T any]() *queue[T] {
	return &queue[T]{more: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// tell leaves one signal, however many there were. Whoever receives it looks at the queue again.
func tell(signal chan struct{}) {
	select {
	case signal <- struct{}{}:
	default:
	}
}

// put appends unless most are there already, or size would exceed maxSize; the first is always taken. It never
// blocks.
func (q *queue[T]) put(v T, size, most, maxSize int) bool {
	q.mu.Lock()
	n := len(q.items) - q.next
	if n > 0 && (n >= most || size > maxSize-q.size) {
		q.mu.Unlock()
		return false
	}
	q.items = append(q.items, v)
	q.size += size
	q.mu.Unlock()
	tell(q.more)
	return true
}

// take moves up to n items to the end of to, first come first. sizeOf is what put was told.
func (q *queue[T]) take(to []T, n int, sizeOf func(T) int) []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	n = min(n, len(q.items)-q.next)
	if n <= 0 {
		return to
	}
	taken := q.items[q.next : q.next+n]
	to = append(to, taken...)
	for _, v := range taken {
		q.size -= sizeOf(v)
	}
	clear(taken)
	q.next += n
	if q.next < len(q.items) {
		tell(q.more)
	}
	q.shrink()
	tell(q.room)
	return to
}

// shrink gives memory back. The caller holds the lock.
func (q *queue[T]) shrink() {
	switch left := len(q.items) - q.next; {
	case left == 0 && cap(q.items) > keptItems:
		q.items, q.next = nil, 0
	case left == 0:
		q.items, q.next = q.items[:0], 0
	case q.next >= keptItems && q.next >= left:
		// What was taken is at least as much as what is left, so each item is moved once on average.
		q.items, q.next = append(make([]T, 0, 2*left), q.items[q.next:]...), 0
	}
}

// pop waits for the next item; false is the end.
func (q *queue[T]) pop() (v T, ok bool) {
	for {
		q.mu.Lock()
		if len(q.items) > q.next {
			var zero T
			v, q.items[q.next] = q.items[q.next], zero
			q.next++
			q.shrink()
			q.mu.Unlock()
			return v, true
		}
		closed := q.closed
		q.mu.Unlock()
		if closed {
			tell(q.more) // for the next one who asks
			return v, false
		}
		<-q.more
	}
}

// close ends the queue: what is in it can still be taken.
func (q *queue[T]) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	tell(q.more)
}
