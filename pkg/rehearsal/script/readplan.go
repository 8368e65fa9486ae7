package script

import (
	"strconv"
	"strings"

	"rapport/pkg/event"
	"rapport/pkg/workspace/source"
)

// expected reports what the tracking plan has against an event; n is where it stands. A test
// with events that a door refuses tests nothing that can happen.
func (rd *reader) expected(n *source.Node, ev *event.Event) bool {
	plan := rd.snap.Events()
	wrong := plan.Check(ev)
	if wrong == nil || plan.Keeps(ev.Type) {
		return true
	}
	rd.r.At(n.File, placeOf(n, wrong.Field), "this is no event that Rapport would take: "+wrong.Error(), "")
	return false
}

// placeOf is where a field such as data.products[2].price stands in an event, or the last
// around it that is there.
func placeOf(n *source.Node, field string) source.Place {
	at := n.Place
	for part := range strings.SplitSeq(strings.ReplaceAll(field, "[", ".["), ".") {
		var next *source.Node
		if index, ok := strings.CutPrefix(part, "["); ok {
			if i, err := strconv.Atoi(strings.TrimSuffix(index, "]")); err == nil && i < len(n.Items) {
				next = n.Items[i]
			}
		} else {
			next = n.Get(part)
		}
		if next == nil {
			return at
		}
		n, at = next, next.Place
	}
	return at
}
