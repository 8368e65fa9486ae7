package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"rapport/pkg/store"
)

// The bounds of a group: enough to spread the cost of a sync, few enough that a single
// claim does not wait for long behind the batches of all partitions.
const (
	groupRequests = 128
	// With more rows than this a transaction of people anywhere outgrows the cache of pages, which are then written, and
	// their checksums made, twice. 8192 were some 8 % slower with a million people; half as many are no faster.
	groupRows = 2560
	// backRows is how much of a group nobody waits for: an order's mail passes through two transactions. While 30,000 to
	// 50,000 timers each sent a mail the 99th percentile of orders' mails was 15 s without a bound, and 0.4 s with this one
	// and batches of 16 timers.
	backRows = 200
)

// How long requests that are in no hurry wait for one that is, and how many of their rows are worth a
// transaction of their own.
const (
	leisure     = 5 * time.Millisecond
	leisureRows = 128
)

// errClosed is what a closed store answers.
var errClosed = store.Unavailable(fmt.Errorf("sqlite: the store is closed: %w", os.ErrClosed))

// writer commits in groups: while one transaction runs, requests queue up, and the next
// transaction takes all of them. So the cost of a commit (its sync above all) is shared by
// whoever waits, and a lone request does not wait at all.
//
// Unless it is in no hurry: nobody's mail waits for what records that another one went out, and it
// goes along with the next request that somebody does wait for. At a few hundred events a second that
// halves the transactions, and the pages that they write.
//
// And unless it comes from the background, such as timers that are due by the thousand: of those a group has so many rows
// that it stays short, and the rest lets others pass. The first that stands in line always goes along.
type writer struct {
	conn    *conn
	explain func(error) error
	wrote   func(rows int) // told of each transaction; nil: nobody is

	mu      sync.Mutex
	waiting []*request
	closed  bool

	arrived chan struct{} // holds a token while somebody waits or the end has come
	stopped chan struct{} // closed when the goroutine has ended
}

// request is one caller's part of a group. run may write and read; it must not keep the
// connection, and its effect lasts only when do returns nil. It may run twice, the second
// time after what it did was undone.
type request struct {
	rows  int
	alone bool      // outside of a transaction
	back  bool      // from the background
	until time.Time // when it is in a hurry; zero: at once
	run   func(*conn) error
	err   error
	done  chan struct{}
}

func newWriter(c *conn, explain func(error) error) *writer {
	w := &writer{conn: c, explain: explain, arrived: make(chan struct{}, 1), stopped: make(chan struct{})}
	go w.loop()
	return w
}

// do runs a request in the next group and returns when that is durable, or has failed.
// rows is about how much it writes. When ctx ends before the request was taken, nothing is
// written; once it has been taken, do waits for its result, because only that is true.
func (w *writer) do(ctx context.Context, rows int, run func(*conn) error) error {
	return w.submit(ctx, &request{rows: rows, run: run, done: make(chan struct{})})
}

// along runs a request in the next group that has others, or soon.
func (w *writer) along(ctx context.Context, rows int, run func(*conn) error) error {
	return w.submit(ctx, &request{rows: rows, run: run, until: time.Now().Add(leisure), done: make(chan struct{})})
}

// behind runs a request of the background: nobody waits for it, and there may be many of its kind.
func (w *writer) behind(ctx context.Context, rows int, run func(*conn) error) error {
	return w.submit(ctx, &request{rows: rows, back: true, run: run, until: time.Now().Add(leisure), done: make(chan struct{})})
}

// alone runs something between two transactions.
func (w *writer) alone(ctx context.Context, run func(*conn) error) error {
	return w.submit(ctx, &request{alone: true, run: run, done: make(chan struct{})})
}

func (w *writer) submit(ctx context.Context, r *request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return errClosed
	}
	w.waiting = append(w.waiting, r)
	w.mu.Unlock()
	w.signal()
	select {
	case <-r.done:
	case <-ctx.Done():
		if w.withdraw(r) {
			return ctx.Err()
		}
		<-r.done
	}
	return r.err
}

func (w *writer) signal() {
	select {
	case w.arrived <- struct{}{}:
	default:
	}
}

// withdraw takes back a request that is still waiting.
func (w *writer) withdraw(r *request) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.Index(w.waiting, r)
	if i < 0 {
		return false
	}
	w.waiting = slices.Delete(w.waiting, i, i+1)
	return true
}

// take removes the next group from the queue, in order of arrival but for the background. While nobody there is in a
// hurry it takes nothing, and says how long that may go on.
func (w *writer) take() (group []*request, wait time.Duration, last bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if wait = w.mayWait(); wait > 0 {
		return nil, wait, false
	}
	rows, back, full, enough := 0, 0, false, false
	left := w.waiting[:0]
	for _, r := range w.waiting {
		full = full || len(group) == groupRequests || len(group) > 0 && (r.alone || rows+r.rows > groupRows)
		enough = enough || r.back && back > 0 && back+r.rows > backRows
		if full || r.back && enough {
			left = append(left, r)
			continue
		}
		group = append(group, r)
		rows += r.rows
		if r.back {
			back += r.rows
		}
		full = r.alone
	}
	clear(w.waiting[len(left):])
	w.waiting = left
	return group, 0, w.closed && len(group) == 0
}

// mayWait is how long all that wait may wait; zero: somebody may not, or nobody is there.
func (w *writer) mayWait() time.Duration {
	if len(w.waiting) == 0 || w.closed {
		return 0
	}
	rows := 0
	for _, r := range w.waiting {
		if rows += r.rows; r.until.IsZero() || rows >= leisureRows {
			return 0
		}
	}
	return time.Until(w.waiting[0].until)
}

func (w *writer) loop() {
	defer close(w.stopped)
	late := time.NewTimer(leisure)
	defer late.Stop()
	for {
		group, wait, last := w.take()
		switch {
		case last:
			return
		case wait > 0:
			late.Reset(wait)
			select {
			case <-w.arrived:
			case <-late.C:
			}
			continue
		case len(group) == 0:
			<-w.arrived
			continue
		}
		w.commit(group)
		for _, r := range group {
			close(r.done)
		}
	}
}

// stop refuses new requests, lets those that wait finish, and returns when they have.
func (w *writer) stop() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.signal()
	<-w.stopped
}

// commit runs a group in one transaction and leaves each request's result in it.
func (w *writer) commit(group []*request) {
	if first := group[0]; first.alone {
		first.err = w.explain(first.run(w.conn))
		return
	}
	if !w.together(group) {
		w.apart(group)
	}
	if w.wrote != nil {
		rows := 0
		for _, r := range group {
			rows += r.rows
		}
		w.wrote(rows)
	}
}

// together runs a group without savepoints, before each of which SQLite would begin to copy
// the pages that it changes. When one of the requests fails, nothing of the group has
// happened, and it returns false.
func (w *writer) together(group []*request) bool {
	if _, err := w.conn.exec(begin); err != nil {
		w.abandon(group, fmt.Errorf("begin a transaction: %w", err))
		return true
	}
	for _, r := range group {
		if r.run(w.conn) != nil {
			_, _ = w.conn.exec(rollback) // What it says, the next BEGIN says too.
			return false
		}
	}
	if _, err := w.conn.exec(commit); err != nil {
		w.abandon(group, fmt.Errorf("commit: %w", err))
	}
	return true
}

// apart runs each request of a group in a savepoint of its own, so that one that fails
// costs the others nothing.
func (w *writer) apart(group []*request) {
	if _, err := w.conn.exec(begin); err != nil {
		w.abandon(group, fmt.Errorf("begin a transaction: %w", err))
		return
	}
	for _, r := range group {
		var broken error
		if r.err, broken = w.attempt(r.run); broken != nil {
			w.abandon(group, broken)
			return
		}
	}
	if _, err := w.conn.exec(commit); err != nil {
		w.abandon(group, fmt.Errorf("commit: %w", err))
	}
}

// attempt runs one request within the transaction. err is the request's own failure, which
// left no trace; broken says that the transaction as a whole cannot go on: after a full
// disk or an error of the disk SQLite may have rolled all of it back, and then there is no
// savepoint left to roll back to.
func (w *writer) attempt(run func(*conn) error) (err, broken error) {
	if _, err := w.conn.exec(savepoint); err != nil {
		return nil, err
	}
	if err = run(w.conn); err != nil {
		if _, lost := w.conn.exec(rollbackTo); lost != nil {
			return nil, errors.Join(err, lost)
		}
	}
	_, broken = w.conn.exec(release)
	return w.explain(err), broken
}

// abandon rolls the transaction back and fails the whole group. SQLite may have rolled
// back by itself (a full disk does that), so the answer to ROLLBACK says nothing; should a
// transaction stay open in spite of it, the next BEGIN fails and comes here again.
func (w *writer) abandon(group []*request, cause error) {
	_, _ = w.conn.exec(rollback)
	w.fail(group, cause)
}

// fail gives the cause to all requests of a group that have no error of their own.
func (w *writer) fail(group []*request, cause error) {
	cause = w.explain(cause)
	for _, r := range group {
		if r.err == nil {
			r.err = cause
		}
	}
}
