package orchestrator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"rapport/pkg/bus"
	"rapport/pkg/identity"
	"rapport/pkg/store"
)

// authority is what a batch knows of ids: the rows that it has read or changed. A row is nil
// where there is none.
type authority struct {
	rows    map[string]*identity.Row
	changed map[string]bool
}

// authorize decides a statement, or an erasure, of the reserved subject. What is refused is a
// dead letter.
func (b *batch) authorize(ctx context.Context, in *input) error {
	switch in.event.Type {
	case identity.TypeStated:
		return reading(in, func(v *identity.Stated) error {
			st := identity.Statement{A: v.A, B: v.B, Joined: v.Joined, At: v.At, UID: v.UID}
			d, err := b.decide(ctx, func(rows map[string]*identity.Row) identity.Decision { return identity.Decide(rows, st) })
			if err != nil {
				return err
			}
			return b.decreed(ctx, in, &d)
		})
	case identity.TypeForgotten:
		return reading(in, func(v *identity.Forgotten) error {
			d, err := b.decide(ctx, func(rows map[string]*identity.Row) identity.Decision { return identity.Forget(rows, v.ID, v.Also) })
			if err != nil {
				return err
			}
			return b.decreed(ctx, in, &d)
		})
	}
	return bus.Permanent(fmt.Errorf("%s is nothing to decide", in.event.Type))
}

// maxRows bounds how many rows a decision may need.
const maxRows = 10_000

// decide asks with the rows at hand, and reads more until they are enough.
func (b *batch) decide(ctx context.Context, ask func(map[string]*identity.Row) identity.Decision) (identity.Decision, error) {
	if b.ids.rows == nil {
		b.ids = authority{rows: map[string]*identity.Row{}, changed: map[string]bool{}}
	}
	for had := len(b.ids.rows); ; {
		d := ask(b.ids.rows)
		if len(d.More) == 0 {
			return d, nil
		}
		if len(b.ids.rows)-had > maxRows {
			return d, bus.Permanent(fmt.Errorf("a decision about ids needs more than %d of them", maxRows))
		}
		if err := b.readIDs(ctx, d.More); err != nil {
			return d, err
		}
	}
}

// readIDs reads rows that the batch does not have.
func (b *batch) readIDs(ctx context.Context, ids []string) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { _, has := b.ids.rows[id]; return has })
	if len(ids) == 0 {
		return bus.Permanent(errors.New("a decision about ids asks for what it has"))
	}
	states, err := b.w.o.Store.Identities(ctx, b.w.partition, ids)
	if err != nil {
		return fmt.Errorf("read what is known of %d ids: %w", len(ids), err)
	}
	for i, id := range ids {
		b.ids.rows[id] = nil
		if states[i] == nil {
			continue
		}
		if b.ids.rows[id], err = identity.DecodeRow(states[i]); err != nil {
			return fmt.Errorf("what is known of the id %s: %w", id, err)
		}
	}
	return nil
}

// decreed carries a decision out.
func (b *batch) decreed(ctx context.Context, in *input, d *identity.Decision) error {
	for _, id := range d.Changed {
		b.ids.changed[id] = true
	}
	if d.Refused != "" {
		in.broken = bus.Because(bus.Refused, errors.New(d.Refused))
		return b.bury(ctx, in)
	}
	for i := range d.Pointings {
		if err := b.point(d.Pointings[i], in.event.Time); err != nil {
			return err
		}
	}
	data := in.event.Data
	if in.event.Type == identity.TypeStated && len(d.Echo) > 0 {
		var err error // Not what was stated: what holds of the pair.
		if data, err = identity.Data(identity.Stated(d.Undone)); err != nil {
			return err
		}
	}
	for _, id := range d.Echo {
		if err := b.tell(id, in.event.Type, data, in.event.Time, nil, in.event.UID()); err != nil {
			return err
		}
	}
	return nil
}

// identities are the rows that the batch changed, in one order everywhere.
func (b *batch) identities() ([]store.IdentityRow, error) {
	var list []store.IdentityRow
	for id := range b.ids.changed {
		row := store.IdentityRow{ID: id}
		if known := b.ids.rows[id]; known != nil {
			var err error
			if row.State, err = known.Encode(); err != nil {
				return nil, fmt.Errorf("id %s: %w", id, err)
			}
		}
		list = append(list, row)
	}
	slices.SortFunc(list, func(x, y store.IdentityRow) int { return compare(x.ID, y.ID) })
	return list, nil
}

// idData is the data of profile.merged and profile.split.
func idData(id string) json.RawMessage {
	data, err := json.Marshal(map[string]string{"id": id})
	if err != nil {
		return nil // A text is always written.
	}
	return data
}
