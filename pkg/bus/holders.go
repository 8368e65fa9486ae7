package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Holders shows who holds which leases, as this process has heard. What it shows may
// be late and is no right to anything: only a Lease is.
type Holders struct {
	js      jetstream.JetStream
	filters []string
	log     *slog.Logger
	deaf    time.Duration // see the constant
	stop    context.CancelFunc
	ended   chan struct{}

	mu      sync.Mutex
	held    map[string]held // by key
	through uint64          // sequence up to which everything has been read
	changed chan struct{}   // closed and replaced when a holder comes or goes
	moved   chan struct{}   // closed and replaced when through grows
}

// held is one lease as it was last heard of.
type held struct {
	holder string
	until  time.Time // when it is no more believed, unless it is renewed
}

// deaf is after how much silence the bucket is read anew. Whoever watches has leases of his own there as a rule, which
// are renewed each second; and after the death of a leader readers were seen that had no error and heard nothing any more.
const deaf = 10 * time.Second

// WatchHolders follows the leases whose keys match the filters ("*", "member.mailer.*").
// It returns when all that are held have been read, and goes on until Close.
func WatchHolders(ctx context.Context, js jetstream.JetStream, log *slog.Logger, filters ...string) (*Holders, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	h := &Holders{
		js: js, log: log, deaf: deaf, ended: make(chan struct{}), held: map[string]held{},
		changed: make(chan struct{}), moved: make(chan struct{}),
	}
	for _, f := range filters {
		h.filters = append(h.filters, leaseSubject+f)
	}
	reader, err := h.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("watch leases: %w", err)
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	h.stop = stop
	go h.run(running, reader)
	return h, nil
}

// open begins to read, from the start: the bucket keeps one entry per key.
func (h *Holders) open(ctx context.Context) (*Reader, error) {
	return Read(ctx, h.js, leaseStream, h.filters, 0, ReadOptions{Linger: -1, Logger: h.log})
}

// run follows the bucket. A reader that fails, or hears nothing, is replaced: what is shown ages meanwhile.
func (h *Holders) run(ctx context.Context, reader *Reader) {
	defer close(h.ended)
	for {
		h.follow(ctx, reader)
		_ = reader.Close() // It reads only; nothing is lost with it.
		for reader = nil; reader == nil; {
			if !sleep(ctx, time.Second) {
				return
			}
			next, err := h.open(ctx)
			if err != nil {
				h.log.Warn("leases cannot be watched, trying again", "error", err)
			}
			h.expire()
			reader = next
		}
	}
}

func (h *Holders) follow(ctx context.Context, reader *Reader) {
	for heard := time.Now(); ctx.Err() == nil && time.Since(heard) < h.deaf; {
		// Now and then it looks whether what it shows is still believed.
		waiting, cancel := context.WithTimeout(ctx, min(time.Second, h.deaf))
		deliveries, err := reader.Next(waiting)
		idle := waiting.Err() != nil
		cancel()
		if err != nil && !idle {
			h.log.Warn("watching leases is interrupted", "error", err)
			return
		}
		if len(deliveries) > 0 {
			heard = time.Now()
		}
		h.note(deliveries)
		h.expire()
	}
	if ctx.Err() == nil {
		h.log.Info("nothing is heard of leases, they are watched anew", "after", h.deaf)
	}
}

// note takes in what was read.
func (h *Holders) note(deliveries []Delivery) {
	if len(deliveries) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	changed := false
	for _, d := range deliveries {
		key := strings.TrimPrefix(d.Subject, leaseSubject)
		before, was := h.held[key]
		h.through = d.Seq
		if d.Header.Get(headerKVOperation) != "" || d.Header.Get(headerMarkerReason) != "" {
			delete(h.held, key)
			changed = changed || was
			continue
		}
		holder, _, _ := strings.Cut(string(d.Data), " ")
		h.held[key] = held{holder: holder, until: time.Now().Add(believed(d))}
		changed = changed || !was || before.holder != holder
	}
	close(h.moved)
	h.moved = make(chan struct{})
	if changed {
		h.tell()
	}
}

// believed is for how long an entry is shown that is not heard of again. The server says
// when one has run out; this is for the case that it was not heard, because the connection
// was lost or the bucket had no leader. It is long, as forgetting somebody who lives makes others reach
// for what he works on.
func believed(d Delivery) time.Duration {
	ttl, err := time.ParseDuration(d.Header.Get(jetstream.MsgTTLHeader))
	if err != nil || ttl <= 0 {
		ttl = time.Hour // An entry without a time to live is held until it is released.
	}
	return 4 * ttl
}

func (h *Holders) expire() {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, changed := time.Now(), false
	for key, e := range h.held {
		if now.After(e.until) {
			delete(h.held, key)
			changed = true
		}
	}
	if changed {
		h.tell()
	}
}

// tell closes the channel that Changed gave out; h.mu is held.
func (h *Holders) tell() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// Of is who holds each key; keys that nobody holds are missing.
func (h *Holders) Of() map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make(map[string]string, len(h.held))
	for key, e := range h.held {
		out[key] = e.holder
	}
	return out
}

// Changed is closed when a holder comes or goes. Take it before looking.
func (h *Holders) Changed() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.changed
}

// reached waits until everything up to a sequence that matches the filters has been read.
func (h *Holders) reached(ctx context.Context, seq uint64) error {
	for {
		h.mu.Lock()
		through, moved := h.through, h.moved
		h.mu.Unlock()
		if through >= seq {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-h.ended:
			return errors.New("the watch is closed")
		}
	}
}

// Close ends the watch.
func (h *Holders) Close() {
	h.stop()
	<-h.ended
}

// sleep waits; it returns false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
