package stack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/store"
)

// housekeeping keeps the streams from filling up: they refuse what is new rather than
// forget what is old, so somebody has to take away what everybody is done with.
//
// SEND loses what its workers have answered. EVENTS is kept as long as there is room,
// because the recommender learns from it at every start; from three quarters of its size
// on it loses its older half, as far as that has been applied.
type housekeeping struct {
	js        jetstream.JetStream
	positions func(context.Context) (map[int]store.Position, error)
	retain    func(ctx context.Context) error // nil: timelines are kept for ever
	every     time.Duration
	log       *slog.Logger
}

// Run tidies up now and then until ctx ends. What fails is tried again the next time.
func (h *housekeeping) Run(ctx context.Context) error {
	tick := time.NewTicker(h.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		tasks := []func(context.Context) error{h.send, h.events}
		if h.retain != nil {
			tasks = append(tasks, h.retain)
		}
		for _, tidy := range tasks {
			if err := tidy(ctx); err != nil && ctx.Err() == nil {
				h.log.Warn("not tidied up, trying again later", "error", err)
			}
		}
	}
}

func (h *housekeeping) send(ctx context.Context) error {
	through, err := bus.Acknowledged(ctx, h.js, bus.StreamSend)
	if err != nil || through == 0 {
		return err
	}
	if _, err := bus.Trim(ctx, h.js, bus.StreamSend, through); err != nil {
		return fmt.Errorf("trim %s: %w", bus.StreamSend, err)
	}
	return nil
}

func (h *housekeeping) events(ctx context.Context) error {
	stream, err := h.js.Stream(ctx, bus.StreamEvents)
	if err != nil {
		return fmt.Errorf("look up %s: %w", bus.StreamEvents, err)
	}
	info := stream.CachedInfo()
	limit := info.Config.MaxBytes
	if limit <= 0 || info.State.Bytes < uint64(limit)/4*3 {
		return nil
	}
	through, err := h.applied(ctx, stream, info.State.LastSeq)
	if err != nil {
		return err
	}
	half := info.State.FirstSeq + (info.State.LastSeq-info.State.FirstSeq)/2
	if _, err := bus.Trim(ctx, h.js, bus.StreamEvents, min(through, half)); err != nil {
		return fmt.Errorf("trim %s: %w", bus.StreamEvents, err)
	}
	return nil
}

// applied is the sequence through which every partition has applied its events. A
// partition that has applied its last one holds nobody up, however long ago that was.
func (h *housekeeping) applied(ctx context.Context, stream jetstream.Stream, last uint64) (uint64, error) {
	positions, err := h.positions(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the positions: %w", err)
	}
	n, err := bus.Partitions(ctx, h.js)
	if err != nil {
		return 0, fmt.Errorf("look up the partitions: %w", err)
	}
	if len(positions) < n {
		return 0, nil // Nobody has worked on the others yet.
	}
	through := last
	for p, pos := range positions {
		latest, err := stream.GetLastMsgForSubject(ctx, fmt.Sprintf("evp.%d.>", p))
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
		case err != nil:
			return 0, fmt.Errorf("look up the last event of partition %d: %w", p, err)
		case latest.Sequence > pos.Seq:
			through = min(through, pos.Seq)
		}
	}
	return through, nil
}

// retention drops what timelines hold beyond Config.Keep, once a day; nil when they are kept for ever.
func (s *Stack) retention(now func() time.Time) func(context.Context) error {
	st, ok := s.Store.(interface {
		Retain(ctx context.Context, before time.Time) (int, error)
	})
	if !ok || s.cfg.Keep <= 0 {
		return nil
	}
	var last time.Time
	return func(ctx context.Context) error {
		if now().Sub(last) < 24*time.Hour {
			return nil
		}
		months, err := st.Retain(ctx, now().Add(-s.cfg.Keep))
		if err != nil {
			return fmt.Errorf("drop old months of the timeline: %w", err)
		}
		last = now()
		if months > 0 {
			s.cfg.Logger.Info("old months of the timeline are dropped", "months", months)
		}
		return nil
	}
}
