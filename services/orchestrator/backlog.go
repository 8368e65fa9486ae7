package orchestrator

import (
	"sync/atomic"
	"time"
)

// backlog keeps timers that are due, however many, from holding up events. All partitions
// share one store, which commits one thing after the other, so that what counts is how much
// lies before an event there:
//
//   - a batch without events is small while events keep coming, only so many of them are under way at a time, of all
//     partitions together, and the store lets what somebody waits for pass them (store.Batch);
//   - a batch with events never waits for a place, and takes a few timers along. So timers go
//     on also where events never cease;
//   - while events keep coming a place rests for half as long as its batch took, so that processors
//     and store have time to spare, on a fast machine and on a slow one. It rests on
//     while the relay or the workers have much before them: a message that somebody waits for comes behind what
//     lies in the outbox, and see flood. But it does not rest for long, so that timers always go on, also when a
//     provider takes nothing: about a thousand in a second were measured.
//
// It is for the wall's clock alone. By the events' clock the order of all timers and events
// of a partition is given.
type backlog struct {
	// places is received from by who fires timers alone, and sent to when that is committed.
	places chan struct{}
	calm   atomic.Int64 // batches of timers alone since the last event, of all partitions
}

const (
	// sparePlaces: some batches are made while others are committed. SQLite takes about two of fewTimers into a
	// transaction; what waits there beside them keeps it busy, and holds nobody up.
	sparePlaces = 6
	// fewTimers is how many timers a batch without events fires while events keep coming: the fewer, the shorter are the
	// transactions that an event and its mail have to wait for. Measured with 40,000 due at once and 500 orders a second,
	// the 99th percentile of the orders' mails: two places of 64 timers 200 to 310 ms, six of 16 130 to 150 ms, and as many
	// timers a second; eight of 8 made a third less.
	fewTimers = 16
	// calmBatches is after how many batches without an event the next ones are twice as large.
	calmBatches = 64
	// besides is how many timers a batch with events takes along at least. With many events it
	// takes one for each fourth of them, so that timers have a fifth of what the store can do.
	besides = 4
	// crammed is how many commands the relay may have before it while timers are fired alone:
	// about as many as it publishes at a time.
	crammed = 256
	// placeLook is how often a place that rests looks whether there are fewer, and
	// placeRest is after how long it is free all the same.
	placeLook, placeRest = 2 * time.Millisecond, 100 * time.Millisecond
)

// newPlaces makes the places of a backlog, all of them free.
func newPlaces() chan struct{} {
	places := make(chan struct{}, sparePlaces)
	for range sparePlaces {
		places <- struct{}{}
	}
	return places
}

// saw notes a batch that was committed, with so many events.
func (b *backlog) saw(events int) {
	if events > 0 {
		b.calm.Store(0)
	} else {
		b.calm.Add(1)
	}
}

// alone is how many timers a batch without events fires.
func (b *backlog) alone() int {
	return min(fewTimers<<min(b.calm.Load()/calmBatches, 10), maxWakes)
}

// rest is for how long a place rests whose batch took so long, with its wait for the store.
func (b *backlog) rest(took time.Duration) time.Duration {
	if b.calm.Load() >= calmBatches {
		return 0
	}
	return min(took/2, placeRest)
}

// allowance is how many due timers go into a batch with so many events.
func (w *worker) allowance(events int) int {
	switch {
	case w.o.Clock == EventClock:
		return maxWakes
	case events > 0:
		if w.o.relay.flood.yes() {
			return 1
		}
		return max(besides, events/4)
	case len(w.pending) > 0:
		return maxWakes // What fails is being looked for: all timers have to be out of the way.
	}
	if w.firing.IsZero() {
		w.firing = time.Now()
	}
	return w.o.backlog.alone()
}

// late reports whether a timer is due.
func (w *worker) late() bool {
	return w.o.Clock == WallClock && !w.due.IsZero() && !w.due.After(w.o.Now())
}

// spared gives back the worker's place among those who fire timers alone, if it has one: after
// the commit, and before it rests for any reason.
func (w *worker) spared() {
	if w.sparing {
		took := time.Duration(0)
		if !w.firing.IsZero() {
			took = time.Since(w.firing)
		}
		w.sparing = false
		w.o.backlog.free(w.o.relay, w.o.backlog.rest(took), placeRest)
	}
	w.firing = time.Time{}
}

// free gives a place back after a rest, and then when the relay has few commands before it, or
// so long from now at the latest.
func (b *backlog) free(r *Relay, rest, within time.Duration) {
	if rest <= 0 && (within <= 0 || r.waitingInAll() <= crammed && !r.flood.yes()) {
		b.places <- struct{}{}
		return
	}
	pause := max(rest, placeLook)
	time.AfterFunc(pause, func() { b.free(r, 0, within-pause) })
}

// waitingInAll is how many commands of all partitions were committed by this process and are
// not published.
func (r *Relay) waitingInAll() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, k := range r.waiting {
		n += k
	}
	return n
}
