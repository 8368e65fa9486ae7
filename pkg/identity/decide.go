package identity

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Pointing tells a node where it points from now on.
type Pointing struct {
	ID string `json:"id"`
	// To is where ID points; empty: nowhere, it is a root.
	To      string `json:"to,omitempty"`
	Version uint64 `json:"version"`
	// Tell are ids that ID, a root, is to tell that they point to it, by the same version.
	Tell []string `json:"tell,omitempty"`
}

// Decision is what follows of a statement.
type Decision struct {
	// More are ids whose rows are needed too: load them, and ask again. Nothing was changed.
	More []string
	// Changed are the ids whose rows in the map are others now; a nil row is to be deleted.
	Changed []string
	// Pointings are to be sent to the nodes that their IDs name, in this order.
	Pointings []Pointing
	// Echo are ids whose nodes are to be sent what takes back what they may have said: Undone
	// (TypeStated), or, by Forget, the Forgotten (TypeForgotten). See Node.Undone and Node.Forgotten.
	Echo   []string
	Undone Statement // that the pair is no longer joined, which may have been said before
	// Refused says why a statement was not taken; empty when it was.
	Refused string
}

// Concerns returns the ids whose rows Decide needs first. Not all that they name need exist.
func Concerns(st Statement) []string { return []string{Authority, st.A, st.B} }

// Decide takes a statement. The map has the rows of ids; those that do not exist are nil, and those
// that were not loaded are missing. Rows are changed in place.
func Decide(rows map[string]*Row, st Statement) Decision {
	if why := st.bad(); why != "" {
		return Decision{Refused: why}
	}
	if more := missing(rows, Concerns(st)); more != nil {
		return Decision{More: more}
	}
	if Handle(st.A) || Handle(st.B) {
		own, other := st.A, st.B
		if before(own, other) {
			own, other = other, own
		}
		return decideHandle(rows, &st, own, other)
	}
	return decideCustomers(rows, &st)
}

// bad says why nothing can be decided by a statement.
func (st *Statement) bad() string {
	switch {
	case st.A == "" || st.B == "":
		return "a statement about one person's ids has an empty id: name both"
	case st.A == st.B:
		return "the two ids are the same"
	case Reserved(st.A) || Reserved(st.B):
		return fmt.Sprintf("ids that begin with %q are reserved", reserved)
	}
	return ""
}

func missing(rows map[string]*Row, ids []string) []string {
	var more []string
	for _, id := range ids {
		if _, ok := rows[id]; !ok && !slices.Contains(more, id) {
			more = append(more, id)
		}
	}
	return more
}

// decideHandle notes a statement in the row of a handle, which alone decides where it points.
func decideHandle(rows map[string]*Row, st *Statement, own, other string) Decision {
	c := rows[own].claim(other)
	news, later := c.add(st, own)
	if !news && !later {
		return st.overruled(&c, Decision{})
	}
	if later {
		c.UID = st.UID
	}
	row := rows[own]
	if row == nil {
		row = &Row{}
	}
	if _, known := row.find(other); !known && len(row.Claims) >= MaxClaims && !row.makeRoom(&c) {
		return Decision{Refused: fmt.Sprintf("the id %s is already told apart from, or joined with, %d others: those that it was first joined with count", own, MaxClaims)}
	}
	row.put(c)
	rows[own] = row
	w := work{rows: rows, changed: map[string]bool{own: true}}
	w.pointHandle(own)
	return st.overruled(&c, w.decision())
}

// overruled adds to a decision that both ids hear of it when their pair is not joined, as far as
// is known: one that says it is, or has said so, has to say so again if it hears so anew.
func (st *Statement) overruled(c *Claim, d Decision) Decision {
	if !c.Joined {
		d.Echo = []string{st.A, st.B}
		d.Undone = Statement{A: st.A, B: st.B, At: time.Unix(0, c.Last).UTC(), UID: c.UID}
	}
	return d
}

// makeRoom forgets the claim of a full row that was made last, unless it is the new one, and
// reports whether there is room then. So the earliest stay, in whatever order they come.
func (r *Row) makeRoom(c *Claim) bool {
	newest := slices.MaxFunc(r.Claims, byFirst)
	return byFirst(*c, newest) < 0 && r.remove(newest.Other)
}

// byFirst is the order in which a handle is claimed: by the first time, and at the same time the smaller id.
func byFirst(a, b Claim) int {
	return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Other, b.Other))
}

// follows returns whom a handle with these claims follows; empty: nobody.
func (r *Row) follows() string {
	var best *Claim
	for i := range r.Claims {
		c := &r.Claims[i]
		if !c.Joined || best != nil && Handle(c.Other) && !Handle(best.Other) {
			continue
		}
		if best == nil || Handle(best.Other) && !Handle(c.Other) || byFirst(*c, *best) < 0 {
			best = c
		}
	}
	if best == nil {
		return ""
	}
	return best.Other
}

// Forget removes an id that was erased, and what the ids in also (those that its node has said it
// was joined with) have of it. It needs the rows of Authority, of id and of also first.
func Forget(rows map[string]*Row, id string, also []string) Decision {
	if more := missing(rows, append([]string{Authority, id}, also...)); more != nil {
		return Decision{More: more}
	}
	with := slices.Clone(also)
	if row := rows[id]; row != nil {
		for i := range row.Claims {
			with = append(with, row.Claims[i].Other)
		}
	}
	slices.Sort(with)
	with = slices.Compact(with)
	var customers []string
	for _, other := range append([]string{id}, with...) {
		if !Handle(other) {
			customers = append(customers, other)
		}
	}
	if _, more := reach(rows, customers...); more != nil {
		return Decision{More: more}
	}
	w := work{rows: rows, changed: map[string]bool{}}
	for _, other := range with {
		if row := rows[other]; row != nil && row.remove(id) {
			w.changed[other] = true
		}
	}
	if row := rows[id]; row != nil {
		w.changed[id] = true
		row.Claims = nil
		if row.Into != "" && Handle(id) {
			w.pointHandle(id)
		}
	}
	for _, other := range with {
		if Handle(other) && w.changed[other] {
			w.pointHandle(other)
		}
	}
	w.pointCustomers(customers...)
	d := w.decision()
	d.Echo = with
	return d
}

// work is a decision in the making.
type work struct {
	rows      map[string]*Row
	changed   map[string]bool
	pointings []Pointing
	version   uint64 // of this decision's pointings; 0: none yet
}

// next returns the version of this decision's pointings.
func (w *work) next() uint64 {
	if w.version == 0 {
		row := w.rows[Authority]
		if row == nil {
			row = &Row{}
			w.rows[Authority] = row
		}
		row.Version++
		w.version, w.changed[Authority] = row.Version, true
	}
	return w.version
}

// pointHandle points a handle where its row says.
func (w *work) pointHandle(id string) {
	row := w.rows[id]
	if to := row.follows(); to != row.Into {
		row.Into, row.Version = to, w.next()
		w.changed[id] = true
		w.pointings = append(w.pointings, Pointing{ID: id, To: to, Version: row.Version})
	}
}

// decision ends the work. Rows that say nothing are deleted.
func (w *work) decision() Decision {
	d := Decision{Pointings: w.pointings, Changed: slices.Sorted(maps.Keys(w.changed))}
	for _, id := range d.Changed {
		if row := w.rows[id]; row != nil && id != Authority && len(row.Claims) == 0 && row.Into == "" {
			w.rows[id] = nil
		}
	}
	return d
}
