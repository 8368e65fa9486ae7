package workspace

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rapport/pkg/condition"
	"rapport/pkg/journey"
	"rapport/pkg/workspace/source"
)

var (
	traitName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`)
	tagName   = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)
	bareWords = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_ -]*$`)
)

const maxAssignments = 50 // of one step

// notTraits are the parts of a profile that no step can set.
func notTraits() []string {
	return []string{"id", "known", "since", "orders", "consent", "traits", "segments", "tags", "loyalty", "predicted", "sent", "events"}
}

// sets reads set: {TRAIT: VALUE}.
func (r *reader) sets(_, n *source.Node, _ string, s *journey.Step) {
	s.Set = &journey.Assign{}
	if !r.mapping(n, "set", "write set: {interest: event.link_category}") {
		return
	}
	s.Set.Traits = r.assignments(n, "a trait")
	for _, p := range n.Pairs {
		if slices.Contains(notTraits(), p.Key) {
			r.At(n.File, p.At, "profile."+p.Key+" cannot be set", "choose another name; it is kept by Rapport itself")
		}
	}
}

// assignments reads names and their values.
func (r *reader) assignments(n *source.Node, what string) []journey.Assignment {
	if len(n.Pairs) > maxAssignments {
		r.At(n.File, n.Place, "a step sets at most "+strconv.Itoa(maxAssignments)+" values", "make two steps of it")
		return nil
	}
	var all []journey.Assignment
	for _, p := range n.Pairs {
		if !traitName.MatchString(p.Key) {
			r.At(n.File, p.At, p.Key+" cannot be the name of "+what, "use letters, digits and underscores, such as favourite_category")
		}
		all = append(all, journey.Assignment{Trait: p.Key, Value: r.assigned(p.Value)})
	}
	return all
}

// assigned reads one value: numbers, truths and lists stand for themselves, a text is an
// expression, and nothing removes what was there.
func (r *reader) assigned(n *source.Node) journey.Expr {
	switch n.Kind {
	case source.Text:
		return r.worded(n, condition.CompileExpr)
	case source.Map:
		r.At(n.File, n.Place, "a value must be a text, a number, true or false, or a list, not a mapping", "give each part a name of its own")
		return nil
	}
	return constant{value: r.literal(n), src: n.Canonical()}
}

// literal is a value as it stands.
func (r *reader) literal(n *source.Node) any {
	switch n.Kind {
	case source.Number:
		v, err := strconv.ParseFloat(n.Value, 64)
		if err != nil || v-v != 0 {
			r.At(n.File, n.Place, n.Value+" is not a number that can be kept", "")
		}
		return v
	case source.Bool:
		return strings.EqualFold(n.Value, "true")
	case source.Text:
		return n.Value
	case source.List:
		list := make([]any, 0, len(n.Items))
		for _, item := range n.Items {
			if item.Kind == source.List || item.Kind == source.Map {
				r.At(item.File, item.Place, "a list holds texts, numbers or truths, not "+item.Kind.String(), "")
				continue
			}
			list = append(list, r.literal(item))
		}
		return list
	}
	return nil
}

// soleWords are the words that are an expression by themselves.
func soleWords() []string {
	return []string{"now", "today", "hour", "weekday", "month", "true", "false", "nil"}
}

// worded reads an expression, and says of a bare word that it is probably meant as a text.
func (r *reader) worded(n *source.Node, compile func(string, condition.Env) (journey.Expr, error)) journey.Expr {
	text := strings.TrimSpace(n.Value)
	if bareWords.MatchString(text) && !slices.Contains(soleWords(), text) {
		r.At(n.File, n.Place, "this is an expression, in which "+text+" is unknown", `did you mean the text "'`+text+`'"? A property is written event.NAME, trigger.NAME or profile.NAME`)
		return nil
	}
	return r.compiled(n, compile, r.inside())
}

// tags reads tag: and untag:, a name or a list of names.
func (r *reader) tags(step, _ *source.Node, _ string, s *journey.Step) {
	s.Tag = &journey.Tag{Add: r.tagNames(step.Get("tag"), "tag"), Remove: r.tagNames(step.Get("untag"), "untag")}
	for _, name := range s.Tag.Add {
		if slices.Contains(s.Tag.Remove, name) {
			r.At(step.File, keyPlace(step, "untag"), name+" is put on and taken off again", "keep one of them")
		}
	}
}

func (r *reader) tagNames(n *source.Node, what string) []string {
	if n == nil {
		return nil
	}
	var names []string
	for _, item := range oneOrMore(n) {
		name := r.Text(item, what)
		if name != "" && !tagName.MatchString(name) {
			r.At(item.File, item.Place, name+" cannot be a tag", "use small letters, digits and hyphens, such as big-spender")
		}
		names = append(names, name)
	}
	if len(names) == 0 || len(names) > maxAssignments {
		r.At(n.File, n.Place, what+" must name 1 to "+strconv.Itoa(maxAssignments)+" tags", "such as "+what+": big-spender")
	}
	return names
}

// awards reads award: 50, or award: {points: event.total * 2, reason: birthday}.
func (r *reader) awards(_, n *source.Node, _ string, s *journey.Step) {
	s.Award = &journey.Award{}
	points := n
	if n.Kind == source.Map {
		if !r.Fields(n, "award", source.Keys{Known: []string{"points", "reason"}}) || !r.required(n, "points", "say how many: points: 50") {
			return
		}
		points, s.Award.Reason = n.Get("points"), r.Text(n.Get("reason"), "reason")
	}
	s.Award.Points = r.compiled(points, condition.CompileNumber, r.inside())
	if v, err := strconv.ParseFloat(points.Value, 64); points.Kind == source.Number && err == nil && v == 0 {
		r.At(n.File, points.Place, "nothing is awarded", "give more than 0 points, or take some away, such as -20")
	}
}

// constant implements journey.Expr for a value that the file spells out.
type constant struct {
	value any
	src   string
}

func (c constant) Value(*journey.Scope) (any, error) { return c.value, nil }

func (c constant) String() string { return c.src }
