package recorded

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/explain"
	"rapport/pkg/store"
)

// Person reads one person's past up to a time; zero: up to now. The phases are for the
// caller to add. It is an error when nobody is known by that id.
func (r *Reader) Person(ctx context.Context, id string, until time.Time) (explain.Input, error) {
	in := explain.Input{Profile: id, Until: until, Traces: map[string]string{}}
	_, partition, err := r.find(ctx, id)
	if err != nil {
		return in, err
	}
	rows, err := r.store.History(ctx, partition, id, time.Time{}, time.Time{})
	if err != nil {
		return in, err
	}
	if in.Until.IsZero() {
		if in.Until, err = r.Clock(ctx); err != nil {
			return in, err
		}
	}
	for _, line := range rows {
		if line.Trace != "" {
			in.Traces[line.ID] = line.Trace
		}
		if until.IsZero() && line.At.After(in.Until) {
			in.Until = line.At // A timer that fired after the last event.
		}
		if line.Kind != store.KindEvent {
			continue
		}
		ev, err := Event(line)
		if err != nil {
			return in, err
		}
		if ev.Source == event.EngineSource {
			continue // The replay makes it again.
		}
		in.Events = append(in.Events, ev)
	}
	in.Recorded, err = r.messages(ctx, id)
	return in, err
}

// find looks a person up: first where their events ought to be.
func (r *Reader) find(ctx context.Context, id string) (store.ProfileRow, int, error) {
	partitions, err := r.partitions(ctx)
	if err != nil {
		return store.ProfileRow{}, 0, err
	}
	if n := len(partitions); n > 0 {
		partitions = append([]int{bus.Partition(event.Key(id), n)}, partitions...)
	}
	for _, p := range partitions {
		row, err := r.store.Profile(ctx, p, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		return row, p, err
	}
	return store.ProfileRow{}, 0, fmt.Errorf("nobody is known as %q: %w", id, store.ErrNotFound)
}

func (r *Reader) messages(ctx context.Context, id string) ([]explain.Recorded, error) {
	rows, err := r.store.Messages(ctx, store.MessageFilter{Profile: id})
	if err != nil {
		return nil, err
	}
	list := make([]explain.Recorded, 0, len(rows))
	for _, m := range rows {
		list = append(list, explain.Recorded{
			ID: m.ID, Journey: m.Journey, Instance: m.Instance, Step: m.Step, Channel: m.Channel, Template: m.Template,
			DecidedAt: m.DecidedAt, Outcome: m.Outcome, Reason: m.Reason, Trace: m.Trace,
		})
	}
	return list, nil
}
