package identity_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rapport/pkg/identity"
)

// history is what happened to each id, and all that was said.
type history struct {
	events map[string][]string
	said   []identity.Statement
}

// live lets things happen, arrive, and arrive again, as rapid likes.
func live(t *rapid.T, w *world) *history {
	h := &history{events: map[string][]string{}}
	count := 0
	happen := func(t *rapid.T, says *identity.Statement, id string) {
		count++
		name := fmt.Sprintf("e%d", count)
		h.events[id] = append(h.events[id], name)
		w.send(letter{from: "door", to: id, kind: kindEvent, event: happening{name: name, says: says}})
	}
	t.Repeat(map[string]func(*rapid.T){
		"event": func(t *rapid.T) { happen(t, nil, someID().Draw(t, "id")) },
		"statement": func(t *rapid.T) {
			st := someStatement().Draw(t, "statement")
			h.said = append(h.said, st)
			happen(t, &st, rapid.SampledFrom([]string{st.A, st.B}).Draw(t, "id"))
		},
		"deliver": func(t *rapid.T) {
			if keys := w.waiting(); len(keys) > 0 {
				w.deliver(rapid.SampledFrom(keys).Draw(t, "channel"))
			}
		},
		"deliver much": func(t *rapid.T) {
			for range rapid.IntRange(2, 12).Draw(t, "letters") {
				if keys := w.waiting(); len(keys) > 0 {
					w.deliver(rapid.SampledFrom(keys).Draw(t, "channel"))
				}
			}
		},
		"again": func(t *rapid.T) {
			if len(w.delivered) > 0 {
				w.handle(rapid.SampledFrom(w.delivered).Draw(t, "letter"))
			}
		},
	})
	return h
}

// check compares what the ids came to with the rule.
func (w *world) check(h *history) {
	into, decided := map[string]string{}, map[string]string{}
	for id := range w.places {
		if n := w.node(id); n.Into != "" {
			into[id] = n.Into
		}
	}
	for id, b := range w.authority.rows {
		if row, err := identity.DecodeRow(b); err != nil {
			w.t.Fatalf("row of %s: %v", id, err)
		} else if row.Into != "" {
			decided[id] = row.Into
		}
	}
	if want := reference(h.said); !maps.Equal(decided, want) {
		w.t.Fatalf("the authority points ids to %v, by the rule to %v", decided, want)
	}
	if want := reference(h.said); !maps.Equal(into, want) {
		w.t.Fatalf("ids point to %v, by the rule to %v", into, want)
	}
	people := map[string]facts{}
	for id := range w.places {
		root := w.root(id)
		if people[root] == nil {
			people[root] = facts{}
		}
		for _, e := range h.events[id] {
			people[root][e]++
			if w.evaluated[e] != 1 {
				w.t.Fatalf("the engine acted %d times on %s of %s", w.evaluated[e], e, id)
			}
		}
	}
	var engines []string
	for id, p := range w.places {
		if root := w.root(id); root == id {
			if !maps.Equal(p.view, people[id]) {
				w.t.Fatalf("the view of %s is %v, its ids have %v", id, p.view, people[id])
			}
		} else if len(p.engine) > 0 {
			w.t.Fatalf("%s points to %s, and its engine still has %v", id, root, p.engine)
		}
		engines = append(engines, p.engine...)
		w.checkParts(id)
	}
	slices.Sort(engines)
	if all := slices.Sorted(maps.Keys(w.places)); !slices.Equal(engines, all) {
		w.t.Fatalf("engines have %v, of %v", engines, all)
	}
}

// checkParts compares a node's parts with the nodes that point to it.
func (w *world) checkParts(id string) {
	n := w.node(id)
	var of []string
	for i, part := range n.Parts {
		if i == 0 {
			continue
		}
		of = append(of, part.ID)
		if view := w.places[part.ID].view; !maps.Equal(readFacts(part.Profile), view) {
			w.t.Fatalf("%s has %q of %s, which has %v", id, part.Profile, part.ID, view)
		}
	}
	slices.Sort(of)
	var want []string
	for other := range w.places {
		if w.node(other).Into == id {
			want = append(want, other)
		}
	}
	slices.Sort(want)
	if !slices.Equal(of, want) || len(n.Parts) == 1 {
		w.t.Fatalf("%s has parts of %v, and to it point %v", id, of, want)
	}
}

func TestInterleavingsComeToTheSamePeople(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		h := live(t, w)
		w.settle()
		w.check(h)
	})
}

func TestUndoingAllRestoresAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		h := live(t, w)
		for i, st := range slices.Clone(h.said) {
			st.Joined, st.At = false, noon.AddDate(0, 0, 1)
			h.said = append(h.said, st)
			name := fmt.Sprintf("undo%d", i)
			h.events[st.B] = append(h.events[st.B], name)
			w.send(letter{from: "door", to: st.B, kind: kindEvent, event: happening{name: name, says: &st}})
		}
		w.settle()
		w.check(h)
		for id, p := range w.places {
			if n := w.node(id); n.Into != "" || len(n.Parts) > 0 || len(p.view) != len(h.events[id]) {
				t.Fatalf("%s is not as if nothing had been said: %+v, %v", id, n, p.view)
			}
		}
	})
}

func TestErasureReachesAllIDsOfThePerson(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		h := live(t, w)
		w.settle()
		if len(w.places) == 0 {
			t.Skip("nobody came")
		}
		id := rapid.SampledFrom(slices.Sorted(maps.Keys(w.places))).Draw(t, "erased")
		root, gone := w.root(id), map[string]bool{}
		for other := range w.places {
			gone[other] = w.root(other) == root
		}
		post(w, "door", id, identity.TypeErased, identity.Erased{Origin: id})
		w.settle()
		for other, p := range w.places {
			n := w.node(other)
			if !gone[other] {
				continue
			}
			if len(p.view) > 0 || n.Into != "" || len(n.Parts) > 0 || len(n.Said) > 0 || w.authority.rows[other] != nil {
				t.Fatalf("of %s is left: %+v, %v, row %q", other, n, p.view, w.authority.rows[other])
			}
		}
		into := map[string]string{}
		for other := range w.places {
			if n := w.node(other); n.Into != "" {
				into[other] = n.Into
			}
		}
		h.said = slices.DeleteFunc(h.said, func(st identity.Statement) bool { return gone[st.A] || gone[st.B] })
		if want := reference(h.said); !maps.Equal(into, want) {
			t.Fatalf("without %v ids point to %v, by the rule to %v", gone, into, want)
		}
	})
}
