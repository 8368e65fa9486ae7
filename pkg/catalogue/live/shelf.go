package live

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/catalogue"
)

// Shelf is one process's view of the catalogue.
type Shelf struct {
	js  jetstream.JetStream
	kv  jetstream.KeyValue
	log *slog.Logger

	mu       sync.RWMutex
	products map[string]stocked // by product id
	through  uint64             // sequence of the last record that was heard of
	moved    chan struct{}      // closed and replaced whenever something changes
	ready    chan struct{}      // closed when all that was stored at the start is known
}

type stocked struct {
	product catalogue.Product
	seq     uint64
}

// Open opens the catalogue, and makes it when it is not there, which takes the right to. Run
// fills the shelf.
func Open(ctx context.Context, js jetstream.JetStream, replicas int, log *slog.Logger) (*Shelf, error) {
	kv, err := bus.OpenBucket(ctx, js, bus.BucketCatalogue, replicas)
	if err != nil {
		return nil, fmt.Errorf("open the catalogue: %w", err)
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Shelf{
		js: js, kv: kv, log: log, products: map[string]stocked{}, moved: make(chan struct{}), ready: make(chan struct{}),
	}, nil
}

// key is a product's key in the bucket: ids may be any text.
func key(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:12])
}

func subject(id string) string { return "$KV." + bus.BucketCatalogue + "." + key(id) }

// Ready is closed when the shelf has all that was stored when Run began.
func (s *Shelf) Ready() <-chan struct{} { return s.ready }

// Run keeps the shelf up to date until ctx ends.
func (s *Shelf) Run(ctx context.Context) error {
	// A consumer that went with its broker is missed by its heartbeats alone, after many seconds. The
	// connection knows sooner.
	again := s.js.Conn().StatusChanged(nats.CONNECTED)
	defer s.js.Conn().RemoveStatusListener(again)
	w, err := s.kv.WatchAll(ctx)
	if err != nil {
		return fmt.Errorf("watch the catalogue: %w", err)
	}
	for begun := false; ; begun = true {
		err := s.follow(ctx, w, again, begun)
		_ = w.Stop() // Its consumer runs out by itself.
		if err != nil || ctx.Err() != nil {
			return err
		}
		if w = s.resume(ctx); w == nil {
			return nil
		}
	}
}

// follow takes what a watcher brings until ctx ends, or the connection is a new one.
func (s *Shelf) follow(ctx context.Context, w jetstream.KeyWatcher, again <-chan nats.Status, begun bool) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, open := <-again:
			if !open {
				again = nil
			} else if begun {
				return nil
			}
		case entry, ok := <-w.Updates():
			switch {
			case !ok && ctx.Err() != nil:
				return nil
			case !ok:
				return errors.New("watch the catalogue: the broker ended it")
			case entry != nil:
				s.put(entry)
			case !begun:
				begun = true
				close(s.ready)
			}
		}
	}
}

// resume watches from what was heard of last; nil: ctx has ended. A broker that has just started may
// need a moment.
func (s *Shelf) resume(ctx context.Context) jetstream.KeyWatcher {
	for {
		_, through := s.at()
		w, err := s.kv.WatchAll(ctx, jetstream.ResumeFromRevision(through+1))
		if err == nil {
			return w
		}
		s.log.Warn("the catalogue cannot be watched, trying again", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(resumeAfter):
		}
	}
}

const resumeAfter = 250 * time.Millisecond

func (s *Shelf) put(entry jetstream.KeyValueEntry) {
	p, err := catalogue.Parse(entry.Value())
	if err != nil {
		s.log.Warn("a record of the catalogue cannot be read and is passed over", "key", entry.Key(), "error", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && entry.Revision() > s.products[p.ID].seq {
		s.products[p.ID] = stocked{p, entry.Revision()}
	}
	s.through = max(s.through, entry.Revision())
	close(s.moved)
	s.moved = make(chan struct{})
}

// Product is the record of a product; ok is false when nobody spoke of it.
func (s *Shelf) Product(id string) (p catalogue.Product, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, ok := s.products[id]
	return found.product, ok
}

// Each calls with every product, in no order, until it answers false. Nobody is told of changes
// meanwhile: with must neither take long nor use the shelf.
func (s *Shelf) Each(with func(p *catalogue.Product) bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, found := range s.products {
		if !with(&found.product) {
			return
		}
	}
}

// Len is how many products the shelf has, those that were removed among them.
func (s *Shelf) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.products)
}

// Moved is closed when something changes after the call.
func (s *Shelf) Moved() <-chan struct{} {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.moved
}

// at is the sequence of the last record that was heard of, and Moved.
func (s *Shelf) at() (moved <-chan struct{}, through uint64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.moved, s.through
}

// known is the record and its sequence; nil and 0 when there is none.
func (s *Shelf) known(id string) (former *catalogue.Product, seq uint64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if found, ok := s.products[id]; ok {
		return &found.product, found.seq
	}
	return nil, 0
}

// Record is all that was said of a product, and whether it is for sale; ok is false when nobody
// spoke of it. The bytes must not be changed.
func (s *Shelf) Record(id string) (record []byte, sold, ok bool) {
	p, ok := s.Product(id)
	return p.Record, p.ForSale(), ok
}
