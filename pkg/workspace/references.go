package workspace

import (
	"slices"
	"strings"
	"time"

	"rapport/pkg/condition"
	"rapport/pkg/condition/spelling"
	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/render"
	"rapport/pkg/trackingplan"
	"rapport/pkg/workspace/source"
)

// references are the things of a workspace that its files name in each other.
type references struct {
	messages     *render.Set
	segmentNames []string // sorted; empty: there are none
	purposeNames []string // as policy.yaml lists them; nil: any
	policy       *policy.Policy
	zone         *time.Location       // the shop's
	plan         *trackingplan.Plan   // the types of events; nil: none is expected
	catalogue    *condition.Catalogue // the same, as expressions know it; nil: the built-in one
	mailServers  []string             // the providers of delivery.yaml; none: smtp is the one
}

// knowsSegment reports a segment that is not there; n holds its name.
func (x *references) knowsSegment(r *source.Report, n *source.Node, name string) {
	if name != "" && !slices.Contains(x.segmentNames, name) {
		r.At(n.File, placeOf(n, name), "there is no segment "+name, x.segmentHint(name))
	}
}

func (x *references) segmentHint(name string) string {
	if spelling.Nearest(name, x.segmentNames) == "" {
		return "write segments/" + name + ".yaml"
	}
	return spelling.DidYouMean(name, x.segmentNames)
}

// placeOf is where a quoted name stands in a node's text; the node's place if it does not.
func placeOf(n *source.Node, name string) source.Place {
	for _, quote := range []string{`"`, `'`} {
		before, _, found := strings.Cut(n.Value, quote+name+quote)
		if !found || n.Kind != source.Text {
			continue
		}
		line := strings.Count(before, "\n") + 1
		col := len([]rune(before[strings.LastIndex(before, "\n")+1:])) + 2
		return n.Within(line, col, len([]rune(name)))
	}
	return n.Place
}

// knowsPurpose reports a purpose that people cannot agree to. n names it, or, where a
// journey leaves it out, is where its category stands, whose name it then has.
func (x *references) knowsPurpose(r *source.Report, n *source.Node, purpose string) {
	if purpose == "" || purpose == string(message.Transactional) || len(x.purposeNames) == 0 || slices.Contains(x.purposeNames, purpose) {
		return
	}
	hint := spelling.DidYouMean(purpose, x.purposeNames) + ", or add it to purposes in policy.yaml"
	r.At(n.File, n.Place, "nobody can agree to "+purpose+": it is none of the purposes in policy.yaml", hint)
}
