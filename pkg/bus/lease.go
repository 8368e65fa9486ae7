package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

const (
	leaseStream  = "KV_" + BucketLease
	leaseSubject = "$KV." + BucketLease + "."

	// minLeaseTTL is the shortest time to live the server knows.
	minLeaseTTL = time.Second

	headerKVOperation  = "KV-Operation"
	headerMarkerReason = "Nats-Marker-Reason"
)

// ErrLeaseHeld says that another holder has the lease and has renewed it in time.
var ErrLeaseHeld = errors.New("lease is held by another worker")

// ErrLeaseLost says that a lease ran out or was taken over.
var ErrLeaseLost = errors.New("lease lost")

// LeaseOptions say who leases, and for how long.
type LeaseOptions struct {
	// Holder names whoever owns the work's state: the id of the data
	// directory on one machine, of the process where several share a store. An
	// entry of the same holder is taken over at once, so that a restart
	// after a kill does not wait for its own lease to run out. Two living processes must
	// never share a holder. Required; it may not contain a space.
	Holder string
	// TTL is how long a lease outlives its last renewal, 3 s when 0, at
	// least 1 s. It is renewed three times in that time.
	TTL time.Duration
}

// Leases acquires leases in the bucket LEASE.
type Leases struct {
	js     jetstream.JetStream
	stream jetstream.Stream
	opt    LeaseOptions
}

// OpenLeases binds to the bucket that Provision made.
func OpenLeases(ctx context.Context, js jetstream.JetStream, o LeaseOptions) (*Leases, error) {
	if o.Holder == "" || strings.Contains(o.Holder, " ") {
		return nil, fmt.Errorf("open leases: holder %q must be a name without spaces", o.Holder)
	}
	if o.TTL == 0 {
		o.TTL = 3 * time.Second
	}
	if o.TTL < minLeaseTTL {
		return nil, fmt.Errorf("open leases: a time to live of %s is too short; the server keeps %s or more", o.TTL, minLeaseTTL)
	}
	stream, err := lookUp(ctx, js, leaseStream)
	if err != nil {
		return nil, fmt.Errorf("open leases: bucket %s: %w", BucketLease, err)
	}
	return &Leases{js: js, stream: stream, opt: o}, nil
}

// Try acquires the lease when it is free, has run out, or is this holder's own
// from before a restart; otherwise it returns an error that is ErrLeaseHeld.
func (l *Leases) Try(ctx context.Context, key string) (*Lease, error) {
	value := l.opt.Holder + " " + nuid.Next()
	start := time.Now()
	token, err := l.put(ctx, key, value, 0)
	if isWrongSeq(err) {
		var free bool
		var last uint64
		if last, free, err = l.inspect(ctx, key); err != nil {
			return nil, fmt.Errorf("acquire lease %s: %w", key, err)
		}
		if !free {
			return nil, fmt.Errorf("acquire lease %s: %w", key, ErrLeaseHeld)
		}
		start = time.Now()
		if token, err = l.put(ctx, key, value, last); isWrongSeq(err) {
			return nil, fmt.Errorf("acquire lease %s: %w", key, ErrLeaseHeld)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("acquire lease %s: %w", key, err)
	}
	return newLease(l, key, value, token, start), nil
}

// Wait acquires the lease as soon as it can be had: at once when it is released, and
// within about a second after its holder's time to live otherwise. While the bucket has no leader it goes on
// trying. It returns the context's error when that ends first.
func (l *Leases) Wait(ctx context.Context, key string) (*Lease, error) {
	var freed <-chan jetstream.KeyValueEntry
	// The watcher reports releases and expiries; the ticker is for the case that
	// the message which would have said so was missed.
	tick := time.NewTicker(l.opt.TTL / 3)
	defer tick.Stop()
	for {
		lease, err := l.tryWithin(ctx, key)
		switch {
		case err == nil:
			return lease, nil
		case ctx.Err() != nil:
			return nil, fmt.Errorf("wait for lease %s: %w", key, ctx.Err())
		case errors.Is(err, ErrLeaseHeld):
		case denied(l.js.Conn(), leaseSubject+key) != nil:
			return nil, fmt.Errorf("wait for lease %s: %w", key, denied(l.js.Conn(), leaseSubject+key))
		case !unanswered(err):
			return nil, err
		}
		if freed == nil && errors.Is(err, ErrLeaseHeld) {
			watch, err := l.watch(ctx, key)
			if err != nil {
				return nil, fmt.Errorf("wait for lease %s: %w", key, err)
			}
			defer func() { _ = watch.Stop() }() //nolint:revive // The loop comes here once.
			freed = watch.Updates()
			continue // It may have been freed before the watch began.
		}
		if err := free(ctx, freed, tick.C); err != nil {
			return nil, fmt.Errorf("wait for lease %s: %w", key, err)
		}
	}
}

// tryWithin bounds an attempt: without a leader the bucket does not answer.
func (l *Leases) tryWithin(ctx context.Context, key string) (*Lease, error) {
	ctx, cancel := context.WithTimeout(ctx, l.opt.TTL)
	defer cancel()
	return l.Try(ctx, key)
}

func (l *Leases) watch(ctx context.Context, key string) (watch jetstream.KeyWatcher, err error) {
	err = ask(ctx, func(attempt context.Context) error {
		kv, err := l.js.KeyValue(attempt, BucketLease)
		if err != nil {
			return err
		}
		// The watch lives as long as this context, not the attempt's.
		watch, err = kv.Watch(ctx, key, jetstream.MetaOnly())
		return err
	})
	return watch, err
}

// free returns when the lease may have become free.
func free(ctx context.Context, entries <-chan jetstream.KeyValueEntry, tick <-chan time.Time) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e := <-entries:
			if e != nil && e.Operation() == jetstream.KeyValuePut {
				continue
			}
			return nil
		case <-tick:
			return nil
		}
	}
}

// put writes the entry with a time to live if last is still its last revision.
// The client library's Update has no time to live, hence the plain publish.
func (l *Leases) put(ctx context.Context, key, value string, last uint64) (uint64, error) {
	ack, err := l.js.Publish(ctx, leaseSubject+key, []byte(value),
		jetstream.WithMsgTTL(l.opt.TTL),
		jetstream.WithExpectLastSequencePerSubject(last))
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// inspect reads the entry: its revision, and whether it may be taken.
func (l *Leases) inspect(ctx context.Context, key string) (uint64, bool, error) {
	last, err := l.stream.GetLastMsgForSubject(ctx, leaseSubject+key)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, true, nil
	}
	if err != nil {
		return 0, false, err
	}
	if last.Header.Get(headerKVOperation) != "" || last.Header.Get(headerMarkerReason) != "" {
		return last.Sequence, true, nil
	}
	holder, _, _ := strings.Cut(string(last.Data), " ")
	return last.Sequence, holder == l.opt.Holder, nil
}

func isWrongSeq(err error) bool { return hasCode(err, codeWrongLastSeq, codeWrongLastSeqRepl) }

// Lease is the right to work on something, as long as it is renewed. Having it
// is no proof: a process that was stopped for a while still believes in it. Every
// effect must therefore be fenced with Token.
type Lease struct {
	from  *Leases
	key   string
	value string
	token uint64

	lost  chan struct{}
	stop  context.CancelFunc
	ended chan struct{}

	mu       sync.Mutex
	rev      uint64
	reason   error
	released bool
}

func newLease(from *Leases, key, value string, token uint64, since time.Time) *Lease {
	ctx, cancel := context.WithCancel(context.Background())
	l := &Lease{
		from: from, key: key, value: value, token: token, rev: token,
		lost: make(chan struct{}), stop: cancel, ended: make(chan struct{}),
	}
	go l.keep(ctx, since)
	return l
}

// Key is what is leased.
func (l *Lease) Key() string { return l.key }

// Token is the fencing token: the revision of the acquisition, greater than that
// of every earlier holder. The store refuses a transaction whose
// token is smaller than the greatest it has seen.
func (l *Lease) Token() uint64 { return l.token }

// Lost is closed when the lease has run out or was taken over. It stays open
// after Release.
func (l *Lease) Lost() <-chan struct{} { return l.lost }

// Err says why the lease was lost; nil while it is not.
func (l *Lease) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reason
}

// Release stops renewing and frees the lease, so that a waiting worker has it
// at once. A lease that cannot be freed runs out by itself. Call it after the
// last effect is committed; calling it again does nothing.
func (l *Lease) Release(ctx context.Context) error {
	l.stop()
	<-l.ended
	l.mu.Lock()
	rev, over := l.rev, l.released || l.reason != nil
	l.released = true
	l.mu.Unlock()
	if over {
		return nil
	}
	err := l.remove(ctx, rev)
	if isWrongSeq(err) {
		// A renewal was under way, and its answer is not known.
		var last *jetstream.RawStreamMsg
		last, err = l.from.stream.GetLastMsgForSubject(ctx, leaseSubject+l.key)
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			return nil
		case err == nil && string(last.Data) != l.value:
			return nil // Somebody else's by now.
		case err == nil:
			err = l.remove(ctx, last.Sequence)
		}
	}
	if err != nil && !isWrongSeq(err) {
		return fmt.Errorf("release lease %s: %w", l.key, err)
	}
	return nil
}

// remove marks the entry as free if rev is still its last revision.
func (l *Lease) remove(ctx context.Context, rev uint64) error {
	msg := nats.NewMsg(leaseSubject + l.key)
	msg.Header.Set(headerKVOperation, "DEL")
	_, err := l.from.js.PublishMsg(ctx, msg, jetstream.WithExpectLastSequencePerSubject(rev))
	return err
}

// keep renews three times per time to live. The lease counts as lost when the
// server says so, or when nothing was heard for its time to live since the
// last renewal was sent: the server counts from its receipt, which is later.
func (l *Lease) keep(ctx context.Context, since time.Time) {
	defer close(l.ended)
	ttl := l.from.opt.TTL
	tick := time.NewTicker(ttl / 3)
	defer tick.Stop()
	expiry := time.NewTimer(time.Until(since.Add(ttl)))
	defer expiry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-expiry.C:
			l.lose(fmt.Errorf("%w: %s: not renewed for %s", ErrLeaseLost, l.key, ttl))
			return
		case <-tick.C:
		}
		sent := time.Now()
		switch err := l.renew(ctx, ttl/3); {
		case err == nil:
			expiry.Reset(time.Until(sent.Add(ttl)))
		case errors.Is(err, ErrLeaseLost):
			l.lose(err)
			return
		}
	}
}

func (l *Lease) renew(ctx context.Context, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	l.mu.Lock()
	rev := l.rev
	l.mu.Unlock()
	next, err := l.from.put(ctx, l.key, l.value, rev)
	if isWrongSeq(err) {
		next, err = l.recheck(ctx)
	}
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.rev = next
	l.mu.Unlock()
	return nil
}

// recheck tells a take-over from a renewal that was stored although its answer
// never came: the entry is then still ours, word for word.
func (l *Lease) recheck(ctx context.Context) (uint64, error) {
	last, err := l.from.stream.GetLastMsgForSubject(ctx, leaseSubject+l.key)
	if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, err
	}
	if err == nil && string(last.Data) == l.value {
		return l.from.put(ctx, l.key, l.value, last.Sequence)
	}
	return 0, fmt.Errorf("%w: %s was taken over or has run out", ErrLeaseLost, l.key)
}

func (l *Lease) lose(reason error) {
	l.mu.Lock()
	l.reason = reason
	l.mu.Unlock()
	close(l.lost)
}
