package recorded

import (
	"container/heap"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/store"
)

// Store is what is read from.
type Store interface {
	store.Replaying
	store.Reading
	store.Tallying
}

// Reader reads from a store.
type Reader struct {
	store Store
	codec *journey.Codec
}

// New makes a reader of a store.
func New(s Store) (*Reader, error) {
	codec, err := journey.NewCodec()
	if err != nil {
		return nil, err
	}
	return &Reader{store: s, codec: codec}, nil
}

// Clock is how far time has come in the store; zero when nothing was ever applied.
func (r *Reader) Clock(ctx context.Context) (latest time.Time, err error) {
	positions, err := r.store.Positions(ctx)
	if err != nil {
		return time.Time{}, fmt.Errorf("read how far time has come: %w", err)
	}
	for _, p := range positions {
		if p.Clock.After(latest) {
			latest = p.Clock
		}
	}
	return latest, nil
}

// partitions are the numbers of the partitions that there are, in order.
func (r *Reader) partitions(ctx context.Context) ([]int, error) {
	positions, err := r.store.Positions(ctx)
	if err != nil {
		return nil, fmt.Errorf("read which partitions there are: %w", err)
	}
	return slices.Sorted(maps.Keys(positions)), nil
}

// Lines says in a report what is left out of long orders.
const Lines = "Of orders with more than 20 lines, the others are kept by their product ids alone."

// Events yields the events of everybody up to a time (zero: all), merged by time. What came
// under one of several ids of a person has the one that acts for all of them in the end, as if
// it always had.
func (r *Reader) Events(ctx context.Context, to time.Time) iter.Seq2[*event.Event, error] {
	return func(yield func(*event.Event, error) bool) {
		partitions, err := r.partitions(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		known, err := r.roots(ctx, partitions, to)
		if err != nil {
			yield(nil, err)
			return
		}
		var heads sources
		defer func() {
			for _, s := range heads {
				s.stop()
			}
		}()
		for _, p := range partitions {
			s := &source{partition: p}
			s.next, s.stop = iter.Pull2(r.store.Events(ctx, p, time.Time{}, to))
			heads = append(heads, s)
			if err := s.advance(); err != nil {
				yield(nil, err)
				return
			}
		}
		heads.drop()
		heap.Init(&heads)
		for len(heads) > 0 {
			s := heads[0]
			ev, err := Event(s.row)
			if err != nil {
				yield(nil, err)
				return
			}
			ev.Subject = known.of(ev.Subject)
			if !yield(ev, nil) {
				return
			}
			if err := s.advance(); err != nil {
				yield(nil, err)
				return
			}
			if s.done {
				heap.Pop(&heads)
			} else {
				heap.Fix(&heads, 0)
			}
		}
	}
}

// Event makes the event of a row of the timeline again.
func Event(row store.TimelineRow) (*event.Event, error) {
	source, id, _ := strings.Cut(row.ID, "#")
	data, err := event.Restored(row.Data)
	if err != nil {
		return nil, fmt.Errorf("event %s of profile %s: %w", row.ID, row.Profile, err)
	}
	if len(data) == 0 {
		data = []byte("{}")
	}
	return &event.Event{ID: id, Source: source, Type: row.Name, Subject: row.Profile, Time: row.At, Data: data}, nil
}

// source is one partition's events with the next one at hand.
type source struct {
	partition int
	row       store.TimelineRow
	done      bool
	next      func() (store.TimelineRow, error, bool)
	stop      func()
}

func (s *source) advance() error {
	row, err, ok := s.next()
	switch {
	case !ok:
		s.done = true
	case err != nil:
		return err
	}
	s.row = row
	return nil
}

// sources is a heap by time, and then by partition.
type sources []*source

// drop leaves out those that have nothing.
func (h *sources) drop() {
	kept := (*h)[:0]
	for _, s := range *h {
		if s.done {
			s.stop()
			continue
		}
		kept = append(kept, s)
	}
	*h = kept
}

func (h sources) Len() int { return len(h) }

func (h sources) Less(i, j int) bool {
	if c := h[i].row.At.Compare(h[j].row.At); c != 0 {
		return c < 0
	}
	return h[i].partition < h[j].partition
}

func (h sources) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is part of heap.Interface; nothing is ever added.
func (h *sources) Push(x any) { *h = append(*h, x.(*source)) } //nolint:forcetypeassert // container/heap hands on what it was given.

// Pop is part of heap.Interface.
func (h *sources) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	s.stop()
	*h = (*h)[:last]
	return s
}
