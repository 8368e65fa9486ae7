package identity

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
	// Pointings are to be sent to the nodes they name, in this order.
	Pointings []Pointing
	// Echo are ids whose nodes are to be sent the statement (TypeStated; TypeForgotten by Forget),
	// because it took back what they may have said: see Node.Undone.
	Echo []string
	// Refused says why a statement was not taken; empty when it was.
	Refused string
}

// Concerns returns the ids whose rows Decide needs first. Not all that they name need exist.
func Concerns(st Statement) []string { return []string{Authority, st.A, st.B} }

// Decide takes a statement. The map has the rows of ids; those that do not exist are nil, and those
// that were not loaded are missing.
func Decide(rows map[string]*Row, st Statement) Decision {
	return Decision{Refused: "not built yet"}
}

// Forget removes an id that was erased, and what the ids in also (those that its node has said it
// was joined with) have of it. It needs the rows of Authority, of id and of also first.
func Forget(rows map[string]*Row, id string, also []string) Decision {
	return Decision{Refused: "not built yet"}
}
