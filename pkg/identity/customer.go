package identity

import (
	"fmt"
	"slices"
)

// decideCustomers notes a statement in the rows of two customers, and points all customers who are
// one person with either of them.
func decideCustomers(rows map[string]*Row, st *Statement) Decision {
	a, b := rows[st.A].claim(st.B), rows[st.B].claim(st.A)
	news, later := a.add(st, st.A)
	b.add(st, st.B)
	if !news && !later {
		return st.overruled(&a, Decision{})
	}
	if later {
		a.UID, b.UID = st.UID, st.UID
	}
	near, more := reach(rows, st.A, st.B)
	switch {
	case more != nil:
		return Decision{More: more}
	case a.Joined && len(near) > MaxCustomers:
		return Decision{Refused: fmt.Sprintf("%s and %s would make one person of %d customers, and %d is the most: see who they are joined with, and take back what is wrong (profile.unaliased)", st.A, st.B, len(near), MaxCustomers)}
	}
	for _, side := range []struct{ own, other string }{{st.A, st.B}, {st.B, st.A}} {
		if row := rows[side.own]; row != nil && len(row.Claims) >= MaxClaims {
			if _, known := row.find(side.other); !known {
				return Decision{Refused: fmt.Sprintf("the id %s is already told apart from, or joined with, %d others, which is the most", side.own, MaxClaims)}
			}
		}
	}
	for own, c := range map[string]Claim{st.A: a, st.B: b} {
		if rows[own] == nil {
			rows[own] = &Row{}
		}
		rows[own].put(c)
	}
	w := work{rows: rows, changed: map[string]bool{st.A: true, st.B: true}}
	if news { // Else where they point is what it was.
		w.pointCustomers(st.A, st.B)
	}
	return st.overruled(&a, w.decision())
}

// reach returns the customers that are joined with any of the given ones, by whatever way, and
// these; or those whose rows are needed to say so.
func reach(rows map[string]*Row, from ...string) (ids, more []string) {
	ids = append(ids, from...)
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		seen[id] = true
	}
	for i := 0; i < len(ids); i++ {
		row, ok := rows[ids[i]]
		if !ok {
			more = append(more, ids[i])
		}
		if row == nil {
			continue
		}
		for k := range row.Claims {
			if c := &row.Claims[k]; c.Joined && !seen[c.Other] {
				seen[c.Other] = true
				ids = append(ids, c.Other)
			}
		}
	}
	return ids, more
}

// pointCustomers points all who are one person with any of the given ones to their roots.
func (w *work) pointCustomers(from ...string) {
	seen := map[string]bool{}
	for _, id := range from {
		if seen[id] {
			continue
		}
		members, _ := reach(w.rows, id)
		for _, m := range members {
			seen[m] = true
		}
		w.pointTo(w.root(members), members)
	}
}

// root returns the smallest of those that were never the former id of a joined pair, and of all if there is none.
func (w *work) root(members []string) string {
	slices.Sort(members)
	for _, id := range members {
		row := w.rows[id]
		if row == nil || !slices.ContainsFunc(row.Claims, func(c Claim) bool { return c.Joined && c.Former }) {
			return id
		}
	}
	return members[0]
}

// pointTo points customers to their root, by way of the root: see the package's comment.
func (w *work) pointTo(root string, members []string) {
	var tell []string
	turned := false
	for _, id := range members {
		row, into := w.rows[id], root
		if id == root {
			into = ""
		}
		if row == nil || row.Into == into {
			continue
		}
		turned = true
		row.Into, row.Version = into, w.next()
		w.changed[id] = true
		if id != root {
			tell = append(tell, id)
		}
	}
	if turned {
		if w.rows[root] == nil {
			w.rows[root] = &Row{}
		}
		w.rows[root].Version = w.next()
		w.changed[root] = true
		w.pointings = append(w.pointings, Pointing{ID: root, Version: w.next(), Tell: tell})
	}
}
