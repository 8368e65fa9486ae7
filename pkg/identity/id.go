package identity

import (
	"strings"
	"time"
)

// Authority is the reserved subject in whose partition all statements are decided.
const Authority = "$identity"

// The types of events by which nodes and the authority tell each other.
const (
	TypeStated    = "identity.stated"    // Stated: to the authority, and of undone pairs back to both ids
	TypePointed   = "identity.pointed"   // Pointing: to its ID, from the authority or a root
	TypeJoined    = "identity.joined"    // Joined: to the node pointed to
	TypeDetached  = "identity.detached"  // Detached: to the node pointed to before
	TypeErased    = "identity.erased"    // Erased: to where a node points, and from a root to its parts
	TypeForgotten = "identity.forgotten" // Forgotten: to the authority, and back to ids that were joined with it
)

const (
	// MaxCustomers is how many customers may be one person.
	MaxCustomers = 64
	// MaxClaims is of how many others one id's row may tell.
	MaxClaims = 128
	// MaxParts is how many handles' parts a node keeps apart.
	MaxParts = 64
	// MaxSaid is how many pairs a node remembers to have said.
	MaxSaid = 64
)

// reserved is how subjects of the engine begin.
const reserved = "$"

// Reserved says whether a subject is the engine's own: doors refuse events with it.
func Reserved(subject string) bool { return strings.HasPrefix(subject, reserved) }

// Handle says whether an id is one that people have before, or without, being customers.
func Handle(id string) bool { return rank(id) > 0 }

// Customer says whether an id is a customer's.
func Customer(id string) bool { return id != "" && !Handle(id) && !Reserved(id) }

// rank is 0 for customers, 1 for addresses and numbers, and 2 for anonymous ids.
func rank(id string) int {
	switch {
	case strings.HasPrefix(id, "anonymous:"):
		return 2
	case strings.HasPrefix(id, "email:"), strings.HasPrefix(id, "phone:"):
		return 1
	}
	return 0
}

// before says whether a handle may follow: to a comes before from.
func before(to, from string) bool {
	if a, b := rank(to), rank(from); a != b {
		return a < b
	}
	return to < from
}

// Statement says that two ids are one person, or no longer.
type Statement struct {
	A      string // the former id, or the handle
	B      string // the id that is used now
	Joined bool
	At     time.Time // of the event that says so
	UID    string    // the event, see event.Event.UID; for the records, nothing is decided by it
}
