package identity

import "slices"

// Erasure is what follows for a node of an erasure, in the order in which it is to be sent.
type Erasure struct {
	// Here says that the id's own state is to be erased now. Else the erasure is only passed on, to
	// the root, and will come back.
	Here bool
	// To are the nodes that the message Erased is to be sent to.
	To     []string
	Erased Erased
	// Leave is where Detached is to be sent, if it is not empty.
	Leave    string
	Detached Detached
	// Forgotten is to be sent to the authority when the erasure is here.
	Forgotten Forgotten
}

// Erase takes an erasure: one from outside names the node's own id as its Origin, and nothing else.
// It goes up to the root first, and from there down to all ids of the person. So none of them has
// left, because of it, for another person before it comes; and who it does find with another
// person does not take that person along.
//
// Where it is carried out, the node forgets all but the version.
func (n *Node) Erase(e Erased) Erasure {
	if !e.Down && n.Into != "" {
		return Erasure{To: []string{n.Into}, Erased: e}
	}
	out := Erasure{Here: true, Erased: Erased{Origin: e.Origin, Down: true}, Forgotten: Forgotten{ID: n.ID}}
	if !e.Down && e.Origin != n.ID {
		out.To = append(out.To, e.Origin) // Even when it has been pointed elsewhere meanwhile.
	}
	for _, parts := range [][]Part{n.Parts, n.FoldedOf} {
		for i := range parts {
			if id := parts[i].ID; id != n.ID && !slices.Contains(out.To, id) {
				out.To = append(out.To, id)
			}
		}
	}
	if n.Into != "" {
		out.Leave, out.Detached = n.Into, Detached{Of: n.ID, Version: n.Version + 1}
	}
	for i := range n.Said {
		out.Forgotten.Also = append(out.Forgotten.Also, n.Said[i].Other)
	}
	*n = Node{ID: n.ID, Version: n.Version, Seq: n.Seq}
	return out
}
