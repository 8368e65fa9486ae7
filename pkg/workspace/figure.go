package workspace

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/schedule"
	"rapport/pkg/workspace/source"
)

// share reads a part of a whole, 10% or 0.1; zero when n is missing or wrong.
func (r *reader) share(n *source.Node, what string) float64 {
	if n == nil {
		return 0
	}
	const hint = "write a percentage or a fraction: 10% or 0.1"
	text, percent := strings.CutSuffix(strings.TrimSpace(n.Value), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	switch {
	case !n.Scalar() || err != nil || !percent && n.Kind != source.Number || !(v >= 0):
		r.At(n.File, n.Place, what+" cannot be "+plainly(n), hint)
	case percent && v > 100:
		r.At(n.File, n.Place, what+" cannot be more than all", hint)
	case !percent && v > 1:
		r.At(n.File, n.Place, what+" cannot be "+text+" times everybody", "did you mean "+text+"%?")
	case percent:
		return v / 100
	default:
		return v
	}
	return 0
}

// number reads a number that is more than zero; zero when it is none.
func (r *reader) number(n *source.Node, what string, most float64) float64 {
	v, err := strconv.ParseFloat(n.Value, 64)
	if n.Kind != source.Number || err != nil || !(v > 0) || v > most {
		r.At(n.File, n.Place, fmt.Sprintf("%s must be a number that is more than 0 and at most %.0f", what, most), "")
		return 0
	}
	return v
}

// atMost reads a duration that is no longer than anything in a journey takes.
func (r *reader) atMost(n *source.Node, what string) time.Duration {
	d := r.Duration(n, what)
	if d > longest {
		r.At(n.File, n.Place, what+" is longer than 365 days", "use at most 365d")
	}
	return d
}

// days reads an offset of whole days: -3d, 2w, 0d.
func (r *reader) days(n *source.Node, what string) int {
	if n == nil {
		return 0
	}
	d, err := schedule.ParseDuration(n.Value)
	switch {
	case !n.Scalar() || err != nil:
		r.At(n.File, n.Place, what+" cannot be "+plainly(n), "write whole days: -3d for three days before, 2w for two weeks after")
	case d%(24*time.Hour) != 0:
		r.At(n.File, n.Place, what+" must be whole days", "write -3d for three days before, 2w for two weeks after, and the time of day as at:")
	case d < -longest || d > longest:
		r.At(n.File, n.Place, what+" is more than 365 days", "")
	default:
		return int(d / (24 * time.Hour))
	}
	return 0
}

// clock reads a time of day.
func (r *reader) clock(n *source.Node, what string) schedule.Clock {
	text := n.Value
	if !n.Scalar() {
		text = n.Kind.String()
	}
	c, err := schedule.ParseClock(text)
	if err != nil {
		r.At(n.File, n.Place, what+" cannot be "+plainly(n), `write hours and minutes in quotes: "09:30"`)
	}
	return c
}

// weekdays reads [mon, tue], or one word.
func (r *reader) weekdays(n *source.Node) []time.Weekday {
	var days []time.Weekday
	for _, item := range oneOrMore(n) {
		d, err := schedule.ParseDays([]string{item.Value})
		if !item.Scalar() || err != nil {
			choices := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun", "weekdays", "weekend"}
			r.At(item.File, item.Place, "days cannot be "+plainly(item), spelling.DidYouMean(plainly(item), choices))
			continue
		}
		for _, day := range d {
			if !slices.Contains(days, day) {
				days = append(days, day)
			}
		}
	}
	if len(oneOrMore(n)) == 0 {
		r.At(n.File, n.Place, "days is empty", "name some, such as [mon, tue], or leave it out")
	}
	return days
}

// oneOrMore is the items of a list, or the one thing that stands for a list of one.
func oneOrMore(n *source.Node) []*source.Node {
	if n.Kind == source.List {
		return n.Items
	}
	return []*source.Node{n}
}

// truth reads true or false.
func (r *reader) truth(n *source.Node, what string) bool {
	if n == nil {
		return false
	}
	if n.Kind != source.Bool {
		r.At(n.File, n.Place, what+" cannot be "+plainly(n), "use true or false")
	}
	return n.Kind == source.Bool && strings.EqualFold(n.Value, "true")
}

// kindOf names what a node is instead of what it should be, empty ones in so many words.
func kindOf(n *source.Node) string {
	if (n.Kind == source.List || n.Kind == source.Map) && len(n.Items)+len(n.Pairs) == 0 {
		return "an empty one"
	}
	return n.Kind.String()
}

// plainly names a node's word, or what it is instead of one.
func plainly(n *source.Node) string {
	if n.Scalar() {
		return strings.TrimSpace(n.Value)
	}
	return n.Kind.String()
}
