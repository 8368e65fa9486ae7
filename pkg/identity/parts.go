package identity

import (
	"fmt"
	"slices"
)

// maxPartBytes is how many bytes of handles' parts a node keeps apart: they are read and written
// with each of its events.
const maxPartBytes = 256 << 10

// maxFolded is of how many folded parts a node remembers whose they were.
const maxFolded = 4096

// Fold joins two profiles, as stored, into one.
type Fold func(a, b []byte) ([]byte, error)

// Take takes what another node sent. Own gives the node's profile, as stored, as long as it is its
// own alone. It reports whether the message counts; if so, the view is to be made anew
// (Profiles) and the engine's state to be joined, and if the node points on (Into), it sends
// both on (Join). One that is out of date, or came before, changes nothing.
func (n *Node) Take(j *Joined, own func() ([]byte, error), fold Fold) (bool, error) {
	if j.Of == n.ID || slices.ContainsFunc(n.Left, func(l Left) bool { return l.ID == j.Of && j.Version < l.Version }) {
		return false, nil
	}
	if i := part(n.FoldedOf, j.Of); i >= 0 {
		// Its profile is in the view already. Its engine's state is not.
		p := &n.FoldedOf[i]
		news := p.olderThan(j)
		if news {
			p.Version, p.Seq = j.Version, j.Seq
		}
		return news, nil
	}
	i := part(n.Parts, j.Of)
	if i >= 0 && !n.Parts[i].olderThan(j) {
		return false, nil
	}
	if i < 0 {
		if len(n.Parts) == 0 {
			b, err := own()
			if err != nil {
				return false, fmt.Errorf("keep the own part of %s: %w", n.ID, err)
			}
			n.Parts = append(n.Parts, Part{ID: n.ID, Profile: b})
		}
		n.Parts = append(n.Parts, Part{ID: j.Of})
		i = len(n.Parts) - 1
	}
	n.Parts[i] = Part{ID: j.Of, Version: j.Version, Seq: j.Seq, Profile: j.Profile}
	return true, n.foldSurplus(fold)
}

// olderThan says whether a message is newer than the one that the part is of.
func (p *Part) olderThan(j *Joined) bool {
	return p.Version < j.Version || p.Version == j.Version && p.Seq < j.Seq
}

func part(parts []Part, id string) int {
	return slices.IndexFunc(parts, func(p Part) bool { return p.ID == id })
}

// foldSurplus folds handles' parts into one until what is left apart is within bounds: anonymous
// ids first, of which most never leave, then those that came first.
func (n *Node) foldSurplus(fold Fold) error {
	for {
		handles, size, first := 0, 0, -1
		for i := range n.Parts {
			p := &n.Parts[i]
			if p.ID == n.ID || !Handle(p.ID) {
				continue
			}
			handles++
			size += len(p.Profile)
			if first < 0 || rank(p.ID) > rank(n.Parts[first].ID) {
				first = i
			}
		}
		if handles <= MaxParts && size <= maxPartBytes || handles == 0 {
			return nil
		}
		p := n.Parts[first]
		if n.Folded != nil {
			b, err := fold(n.Folded, p.Profile)
			if err != nil {
				return fmt.Errorf("fold the part of %s into %s: %w", p.ID, n.ID, err)
			}
			p.Profile = b
		}
		n.Folded, p.Profile = p.Profile, nil
		if n.FoldedOf = append(n.FoldedOf, p); len(n.FoldedOf) > maxFolded {
			n.FoldedOf = slices.Delete(n.FoldedOf, 0, 1)
		}
		n.Parts = slices.Delete(n.Parts, first, first+1)
	}
}

// Drop takes out the part of a node that points elsewhere now, and reports whether the view is to
// be made anew and, if the node points on, to be sent on. What was folded stays.
func (n *Node) Drop(d *Detached) bool {
	i := slices.IndexFunc(n.Left, func(l Left) bool { return l.ID == d.Of })
	if i < 0 {
		if n.Left = append(n.Left, Left{ID: d.Of}); len(n.Left) > MaxParts {
			n.Left = slices.Delete(n.Left, 0, 1)
		}
		i = len(n.Left) - 1
	}
	n.Left[i].Version = max(n.Left[i].Version, d.Version)
	i = part(n.Parts, d.Of)
	if i < 0 || d.Of == n.ID || n.Parts[i].Version >= d.Version {
		return false
	}
	n.Parts = slices.Delete(n.Parts, i, i+1)
	return true
}

// Profiles returns the profiles, as stored, whose join is the node's view; none when its profile is
// its own alone.
func (n *Node) Profiles() [][]byte {
	if n == nil || len(n.Parts) == 0 {
		return nil
	}
	all := make([][]byte, 0, len(n.Parts)+1)
	for i := range n.Parts {
		all = append(all, n.Parts[i].Profile)
	}
	if n.Folded != nil {
		all = append(all, n.Folded)
	}
	return all
}

// Alone forgets the node's own part when there is no other, and reports whether the node's profile
// is its own alone. It is to be called when the view was made.
func (n *Node) Alone() bool {
	if n == nil {
		return true
	}
	if len(n.Parts) == 1 && n.Folded == nil {
		n.Parts = nil
	}
	return len(n.Parts) == 0
}

// Profile returns where the profile, as stored, is kept to which an event is to be applied that was
// passed on by a node, or came from outside (of is empty), besides the view: nil when the view is all there
// is. It reports false for a node that is not among the parts: then the event is applied to none,
// not to the view either, because what comes of that node, or came, has it.
func (n *Node) Profile(of string) (*[]byte, bool) {
	switch {
	case n == nil:
		return nil, of == ""
	case of == "" && len(n.Parts) == 0:
		return nil, true
	case of == "":
		of = n.ID
	}
	if i := part(n.Parts, of); i >= 0 {
		return &n.Parts[i].Profile, true
	}
	if part(n.FoldedOf, of) >= 0 || len(n.FoldedOf) == maxFolded && Handle(of) { // Then it is not known anymore, but whose else?
		return &n.Folded, true
	}
	return nil, false
}
