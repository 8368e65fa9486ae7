package identity

// Node is an id's place among the ids of its person, kept in its state. A nil node is one that was
// never spoken of. It is used by one at a time.
type Node struct {
	ID      string `cbor:"1,keyasint"`
	Into    string `cbor:"2,keyasint,omitempty"` // where it points; empty: it is a root
	Version uint64 `cbor:"3,keyasint,omitempty"` // of the pointing
	Seq     uint64 `cbor:"4,keyasint,omitempty"` // of the latest Joined it sent
	Said    []Said `cbor:"5,keyasint,omitempty"` // oldest first
	// Parts are empty while the profile is the node's alone. Else the first is its own.
	Parts []Part `cbor:"6,keyasint,omitempty"`
	// Folded are the parts of handles that are no longer told apart, and FoldedIDs whose they were.
	Folded    []byte   `cbor:"7,keyasint,omitempty"`
	FoldedIDs []string `cbor:"8,keyasint,omitempty"`
	Left      []Left   `cbor:"9,keyasint,omitempty"` // who pointed here before, oldest first
}

// Said is a pair that the node has told of, as it knows it: see Claim.
type Said struct {
	Other  string `cbor:"1,keyasint"`
	Joined bool   `cbor:"2,keyasint,omitempty"`
	First  int64  `cbor:"3,keyasint,omitempty"`
	Last   int64  `cbor:"4,keyasint"`
	Former bool   `cbor:"6,keyasint,omitempty"`
	Latter bool   `cbor:"7,keyasint,omitempty"`
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

// Fold joins two profiles, as stored, into one.
type Fold func(a, b []byte) ([]byte, error)

// Turn is what a node has to send after it was pointed, in this order: Detached to Leave (if it is
// not empty), Joined to Join (if it is not empty; see Node.Join), and the pointings in Tell.
type Turn struct {
	Leave    string
	Detached Detached
	Join     string
	Tell     []Pointing
}

// Say notes a statement about the node and another id, and says whether the authority must hear of
// it. One that it must not hear of changes nothing that would have to be stored at once, except
// when changed is true.
func (n *Node) Say(st Statement) (send, changed bool) { return true, true }

// Undone notes what the authority sent back. When the node knows better, it returns a statement
// that the authority is to be sent.
func (n *Node) Undone(st Statement) (again Statement, ok bool) { return Statement{}, false }

// Forgotten forgets what was said of an id that was erased.
func (n *Node) Forgotten(id string) {}

// Point turns the node.
func (n *Node) Point(p Pointing) Turn { return Turn{} }

// Join makes the message by which the node tells the one it points to what it has: its view and the
// engine's state that moves with it.
func (n *Node) Join(view, engine []byte) Joined { return Joined{} }

// Take takes what another node sent. Own is the profile of the node as long as it was its own alone.
// It reports whether the view and the engine's state are to be made anew: false for what is out of date.
// When the node points on (Into), it is then to send Join with its new view and the engine's state.
func (n *Node) Take(j Joined, own func() ([]byte, error), fold Fold) (bool, error) { return false, nil }

// Drop takes out the part of a node that points elsewhere now, and reports whether the view is to
// be made anew (and sent on, see Take).
func (n *Node) Drop(d Detached) bool { return false }

// Profiles returns the profiles whose join is the node's view; none when its profile is its own alone.
func (n *Node) Profiles() [][]byte { return nil }

// Profile returns where the profile is kept that an event passed on by of is to be applied to (empty: the
// node's own); nil when the profile is the node's own alone, or when nothing is to be applied.
func (n *Node) Profile(of string) *[]byte { return nil }

// Settle forgets the node's own part when there is no other: its view is its profile again.
func (n *Node) Settle() {}

// Erase forgets everything but the version, and returns to whom the erasure is to be passed on, and what the
// authority is to be sent.
func (n *Node) Erase() (to []string, f Forgotten) { return nil, Forgotten{} }
