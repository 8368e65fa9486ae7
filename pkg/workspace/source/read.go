package source

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/schedule"
)

// Keys are the keys that a map may have.
type Keys struct {
	Known []string
	// Later are keys of the language that are not supported yet.
	Later []string
}

// Fields checks that n is a map with no keys but the known ones.
func (r *Report) Fields(n *Node, what string, keys Keys) bool {
	if r.Seen != nil {
		r.Seen(n, keys.Known)
	}
	if n.Kind != Map {
		r.At(n.File, n.Place, fmt.Sprintf("%s must be a mapping, not %s", what, n.Kind), "write its parts as key: value; "+spelling.OneOf(keys.Known))
		return false
	}
	for _, p := range n.Pairs {
		switch {
		case slices.Contains(keys.Known, p.Key):
		case r.full(n.File.Name): // nothing more is said about the file
		case slices.Contains(keys.Later, p.Key):
			r.At(n.File, p.At, p.Key+": is not supported yet", "leave it out")
		default:
			r.At(n.File, p.At, fmt.Sprintf("%s has no %s:", what, p.Key), spelling.DidYouMean(p.Key, keys.Known))
		}
	}
	return true
}

// Text reads a text; what names it in messages. A missing node reads as empty.
func (r *Report) Text(n *Node, what string) string {
	switch {
	case n == nil:
		return ""
	case n.Kind == Text && n.Value != "":
		return n.Value
	case n.Kind == Number || n.Kind == Bool:
		r.At(n.File, n.Place, what+" must be a text, not "+n.Kind.String(), "put it in quotes: \""+n.Value+"\"")
	case n.Kind == Null || n.Kind == Text:
		r.At(n.File, n.Place, what+" is empty", "")
	default:
		r.At(n.File, n.Place, what+" must be a text, not "+n.Kind.String(), "")
	}
	return ""
}

// Choice reads one of several words; the first when n is missing or wrong.
func (r *Report) Choice(n *Node, what string, choices ...string) string {
	if n == nil {
		return choices[0]
	}
	if !n.Scalar() || !slices.Contains(choices, n.Value) {
		word := n.Value
		if !n.Scalar() {
			word = n.Kind.String()
		}
		r.At(n.File, n.Place, fmt.Sprintf("%s cannot be %s", what, word), spelling.DidYouMean(word, choices))
		return choices[0]
	}
	return n.Value
}

// Int reads a whole number within bounds; otherwise the fallback.
func (r *Report) Int(n *Node, what string, low, high, fallback int) int {
	if n == nil {
		return fallback
	}
	v, err := strconv.Atoi(n.Value)
	if n.Kind != Number || err != nil || v < low || v > high {
		r.At(n.File, n.Place, fmt.Sprintf("%s must be a whole number from %d to %d", what, low, high), "")
		return fallback
	}
	return v
}

// Duration reads a length of time that is more than none: "90m", "36h", "3d" or "2w".
func (r *Report) Duration(n *Node, what string) time.Duration {
	if n.Scalar() {
		if d, err := schedule.ParseDuration(n.Value); err == nil && d > 0 {
			return d
		}
	}
	word := n.Value
	if !n.Scalar() {
		word = n.Kind.String()
	}
	r.At(n.File, n.Place, fmt.Sprintf("%s cannot be %s", what, word), "write a whole number and a unit: 90m, 36h, 3d or 2w")
	return 0
}
