package identity

import (
	"cmp"
	"slices"
	"time"
)

// Node is an id's place among the ids of its person, kept in its state. A nil node is that of an id
// of which nothing was said: Undone, Forgotten, Profiles, Alone and Profile do with it. It is used by one at a time.
type Node struct {
	ID      string `cbor:"1,keyasint"`
	Into    string `cbor:"2,keyasint,omitempty"` // where it points; empty: it is a root
	Version uint64 `cbor:"3,keyasint,omitempty"` // of the pointing
	Seq     uint64 `cbor:"4,keyasint,omitempty"` // of the latest Joined it sent
	Said    []Said `cbor:"5,keyasint,omitempty"` // no more than MaxSaid
	// Parts are empty while the profile is the node's alone. Else the first is its own.
	Parts []Part `cbor:"6,keyasint,omitempty"`
	// Folded is the join of the parts of handles that are no longer told apart, and FoldedOf whose
	// they were, with no profiles of their own.
	Folded   []byte `cbor:"7,keyasint,omitempty"`
	FoldedOf []Part `cbor:"8,keyasint,omitempty"`
	Left     []Left `cbor:"9,keyasint,omitempty"` // who pointed here before, oldest first, no more than MaxParts
}

// Said is what the node has heard of a pair, the node's own id and another.
type Said struct {
	Other string `cbor:"1,keyasint"`
	Pair  `cbor:"2,keyasint"`
}

// Part is what one node brought in.
type Part struct {
	ID      string `cbor:"1,keyasint"`
	Version uint64 `cbor:"2,keyasint,omitempty"`
	Seq     uint64 `cbor:"3,keyasint,omitempty"`
	Profile []byte `cbor:"4,keyasint,omitempty"` // as stored, see the package profile
}

// Left is a node that points elsewhere by a version: what it sent before is out of date.
type Left struct {
	ID      string `cbor:"1,keyasint"`
	Version uint64 `cbor:"2,keyasint"`
}

// Turn is what a node has to send after it was pointed, in this order: Detached to Leave (if that
// is not empty), Joined to Join (if that is not empty; see Node.Join), and the pointings in Tell.
type Turn struct {
	Leave    string
	Detached Detached
	Join     string
	Tell     []Pointing
}

// Say notes a statement about the node's own id and another, and reports whether it is to be sent to
// the authority. Most are not: that a visitor is who he was before, every event says.
func (n *Node) Say(st *Statement) bool {
	other := st.B
	switch n.ID {
	case st.A:
	case st.B:
		other = st.A
	default:
		return false
	}
	i := n.said(other)
	if i < 0 {
		if st.bad() != "" {
			return false
		}
		if len(n.Said) >= MaxSaid {
			n.unsay()
		}
		n.Said = append(n.Said, Said{Other: other})
		i = len(n.Said) - 1
	}
	news, later := n.Said[i].add(st, n.ID)
	return news || later && !st.Joined
}

// said returns where a pair is, or -1. The one that was asked for last comes first: visitors
// come back with the id that they came with.
func (n *Node) said(other string) int {
	last := len(n.Said) - 1
	for i := last; i >= 0; i-- {
		if s := n.Said[i]; s.Other == other {
			copy(n.Said[i:], n.Said[i+1:])
			n.Said[last] = s
			return last
		}
	}
	return -1
}

// unsay forgets the pair that was said longest ago: it is said again when it comes again.
func (n *Node) unsay() {
	oldest := slices.MinFunc(n.Said, func(a, b Said) int {
		return cmp.Or(cmp.Compare(a.Last, b.Last), cmp.Compare(a.Other, b.Other))
	})
	n.Forgotten(oldest.Other)
}

// Undone notes a statement that the authority sent back, by which a pair is no longer joined. If
// the node has heard since that it is, it returns the statement that the authority is to be sent.
func (n *Node) Undone(st *Statement) (again Statement, ok bool) {
	if n == nil || st.Joined {
		return Statement{}, false
	}
	other := st.B
	if n.ID == st.B {
		other = st.A
	}
	i := n.said(other)
	if i < 0 {
		return Statement{}, false
	}
	s := &n.Said[i]
	if s.add(st, n.ID); !s.Joined {
		return Statement{}, false
	}
	again = Statement{A: n.ID, B: other, Joined: true, At: time.Unix(0, s.Last).UTC(), UID: st.UID}
	if !s.Former {
		again.A, again.B = again.B, again.A
	}
	return again, true
}

// Forgotten forgets what was said of another id, which was erased.
func (n *Node) Forgotten(id string) {
	if n != nil {
		n.Said = slices.DeleteFunc(n.Said, func(s Said) bool { return s.Other == id })
	}
}

// Point turns the node. A pointing that is older than the node's is passed on to whom it tells, and
// otherwise left.
func (n *Node) Point(p *Pointing) Turn {
	var t Turn
	if p.To == "" {
		for _, id := range p.Tell {
			t.Tell = append(t.Tell, Pointing{ID: id, To: n.ID, Version: p.Version})
		}
	}
	if p.Version <= n.Version {
		return t
	}
	n.Version = p.Version
	if p.To == n.Into {
		return t
	}
	if n.Into != "" {
		t.Leave, t.Detached = n.Into, Detached{Of: n.ID, Version: p.Version}
	}
	n.Into, t.Join = p.To, p.To
	return t
}

// Join makes the message by which the node tells the one it points to what it has: its view, as
// stored, and the engine's state that moves with it. It goes to Into.
func (n *Node) Join(view, engine []byte) Joined {
	n.Seq++
	return Joined{Of: n.ID, Version: n.Version, Seq: n.Seq, Profile: view, Engine: engine}
}
