package recorded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/explain"
	"rapport/pkg/identity"
	"rapport/pkg/journey"
	"rapport/pkg/store"
)

// Person reads one person's past up to a time; zero: up to now. The phases are for the
// caller to add. It is an error when nobody is known by that id.
//
// Of a person with several ids it is the past of all of them, whichever is asked for: events as if
// all had come under the one that acts for the others, and the messages of all.
func (r *Reader) Person(ctx context.Context, id string, until time.Time) (explain.Input, error) {
	in := explain.Input{Until: until, Traces: map[string]string{}}
	ids, err := r.ids(ctx, id)
	if err != nil {
		return in, err
	}
	in.Profile, in.IDs = ids[0].id, make([]string, 0, len(ids))
	if in.Until.IsZero() {
		if in.Until, err = r.Clock(ctx); err != nil {
			return in, err
		}
	}
	for _, x := range ids {
		in.IDs = append(in.IDs, x.id)
		if err := r.history(ctx, &in, x, until.IsZero()); err != nil {
			return in, err
		}
		recorded, err := r.messages(ctx, x.id)
		if err != nil {
			return in, err
		}
		in.Recorded = append(in.Recorded, recorded...)
	}
	if len(ids) > 1 {
		slices.SortStableFunc(in.Events, func(a, b *event.Event) int { return a.Time.Compare(b.Time) })
		slices.SortStableFunc(in.Recorded, func(a, b explain.Recorded) int { return a.DecidedAt.Compare(b.DecidedAt) })
		in.Notes = append(in.Notes, "What happened under each id is replayed as if all had always been one person's; "+
			"what was decided under another id before it was joined has other ids in the replay.")
	}
	return in, nil
}

// history adds what happened under one id. Until moves on to the last of it where open is set.
func (r *Reader) history(ctx context.Context, in *explain.Input, x place, open bool) error {
	rows, err := r.store.History(ctx, x.partition, x.id, time.Time{}, time.Time{})
	if err != nil {
		return err
	}
	for _, line := range rows {
		if line.Trace != "" {
			in.Traces[line.ID] = line.Trace
		}
		if open && line.At.After(in.Until) {
			in.Until = line.At // A timer that fired after the last event.
		}
		if line.Kind == store.KindPublished && (line.Name == event.ProfileMerged || line.Name == event.ProfileSplit) {
			in.Notes = append(in.Notes, turned(&line))
		}
		if line.Kind != store.KindEvent {
			continue // An event of KindPassed is that of KindEvent of another id.
		}
		ev, err := Event(line)
		if err != nil {
			return err
		}
		if ev.Source == event.EngineSource {
			continue // The replay makes it again.
		}
		ev.Subject = in.Profile
		in.Events = append(in.Events, ev)
	}
	return nil
}

// turned says when another id came to an id's, or went.
func turned(line *store.TimelineRow) string {
	var d struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(line.Data, &d) // Without the id it is said all the same.
	how := "was joined to"
	if line.Name == event.ProfileSplit {
		how = "was taken from"
	}
	return fmt.Sprintf("%s: %s %s %s.", line.At.UTC().Format(time.DateTime), d.ID, how, line.Profile)
}

// place is where an id's state is.
type place struct {
	id        string
	partition int
}

// maxIDs bounds the search for a person's ids.
const maxIDs = 1000

// ids are all of a person, by any of them: first the one that acts for the others.
func (r *Reader) ids(ctx context.Context, id string) ([]place, error) {
	for range 8 { // There is more than one step only while ids are being joined.
		st, partition, err := r.state(ctx, id)
		if err != nil {
			return nil, err
		}
		if st.Follows() {
			id = st.Identity.Into
			continue
		}
		list := []place{{id, partition}}
		return list, r.others(ctx, st.Identity, &list)
	}
	return nil, fmt.Errorf("the ids of %q are being joined: try again", id)
}

// others adds the ids that point to one, and those that point to these.
func (r *Reader) others(ctx context.Context, n *identity.Node, list *[]place) error {
	if n == nil {
		return nil
	}
	for _, part := range slices.Concat(n.Parts, n.FoldedOf) {
		if len(*list) >= maxIDs || slices.ContainsFunc(*list, func(x place) bool { return x.id == part.ID }) {
			continue
		}
		st, partition, err := r.state(ctx, part.ID)
		if errors.Is(err, store.ErrNotFound) {
			continue // Erased meanwhile.
		}
		if err != nil {
			return err
		}
		*list = append(*list, place{part.ID, partition})
		if err := r.others(ctx, st.Identity, list); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) state(ctx context.Context, id string) (*journey.State, int, error) {
	row, partition, err := r.find(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	st, err := r.codec.Decode(row.State)
	if err != nil {
		return nil, 0, fmt.Errorf("profile %s: %w", id, err)
	}
	return st, partition, nil
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
