package recorded

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/identity"
	"rapport/pkg/store"
)

// roots are the ids that others act for, and which: by all that was said of ids. The order in
// which it was said does not matter (package identity).
type roots map[string]string

// roots decides what the events up to a time say of ids.
func (r *Reader) roots(ctx context.Context, partitions []int, to time.Time) (roots, error) {
	into, rows := roots{}, map[string]*identity.Row{}
	for _, p := range partitions {
		for row, err := range r.store.Events(ctx, p, time.Time{}, to) {
			if err != nil {
				return nil, fmt.Errorf("read what was said of ids: %w", err)
			}
			if !speaksOfIDs(&row) {
				continue
			}
			ev, err := Event(row)
			if err != nil {
				return nil, err
			}
			for _, st := range identity.StatementsOf(ev) {
				into.decide(rows, st)
			}
		}
	}
	return into, nil
}

// speaksOfIDs reports whether an event may say something of ids. Nearly none does, and reading
// one takes longer than passing it over.
func speaksOfIDs(row *store.TimelineRow) bool {
	return row.Name == event.ProfileAliased || row.Name == event.ProfileUnaliased || bytes.Contains(row.Data, []byte(`"also"`))
}

// decide asks with the rows at hand; those that are not there yet are empty.
func (r roots) decide(rows map[string]*identity.Row, st identity.Statement) {
	for {
		d := identity.Decide(rows, st)
		if len(d.More) == 0 {
			for _, p := range d.Pointings {
				r[p.ID] = p.To
				for _, id := range p.Tell {
					r[id] = p.ID
				}
			}
			return
		}
		for _, id := range d.More {
			rows[id] = nil
		}
	}
}

// maxSteps bounds the way to a root; it has two or three.
const maxSteps = 16

// of is the id that acts for one.
func (r roots) of(id string) string {
	for range maxSteps {
		into := r[id]
		if into == "" {
			return id
		}
		id = into
	}
	return id
}
