package condition

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"rapport/pkg/journey"
	"rapport/pkg/schedule"
)

// Trace is what one part of a condition saw.
type Trace struct {
	Source string // the part, as it is written
	// Saw is the value, short and readable: "missing" where there was none, and empty where
	// nobody looked.
	Saw     string
	Verdict Verdict // of what is true or false; empty for other values
	Parts   []Trace // that it is made of, in their order; what is written out is left out
}

// Verdict is whether a part of a condition held.
type Verdict string

// The verdicts. NotAsked is that of parts that could not change the answer any more.
const (
	Holds    Verdict = "holds"
	Fails    Verdict = "does not hold"
	NotAsked Verdict = "not asked"
)

// Explain answers a condition as Eval does and tells what each of its parts saw. It
// compiles the condition anew for that, so that nothing else pays for it. Conditions of
// other packages have no parts.
func Explain(c journey.Condition, s *journey.Scope) Trace {
	if e, ok := c.(explained); ok {
		return e.explain(s)
	}
	return whole(c, s)
}

// explained is a condition that knows its parts.
type explained interface{ explain(s *journey.Scope) Trace }

func whole(c journey.Condition, s *journey.Scope) Trace {
	ok, err := c.Eval(s)
	if err != nil {
		return Trace{Source: c.String(), Saw: err.Error(), Verdict: Fails}
	}
	return Trace{Source: c.String(), Saw: strconv.FormatBool(ok), Verdict: verdict(ok)}
}

func verdict(holds bool) Verdict {
	if holds {
		return Holds
	}
	return Fails
}

func (c *condition) explain(s *journey.Scope) Trace {
	t := &tracer{}
	root, _, errs := compileFor(t, c.src, c.env)
	if errs != nil || len(t.root.parts) != 1 {
		return whole(c, s)
	}
	f := frame{scope: s}
	root.eval(&f)
	if f.steps > maxSteps {
		return whole(c, s)
	}
	return t.root.parts[0].trace()
}

func (all conjunction) explain(s *journey.Scope) Trace {
	t := Trace{Source: all.String(), Saw: "true", Verdict: Holds}
	for _, c := range all {
		part := Trace{Source: c.String(), Verdict: NotAsked}
		if t.Verdict == Holds {
			part = Explain(c, s)
		}
		if part.Verdict == Fails {
			t.Saw, t.Verdict = "false", Fails
		}
		t.Parts = append(t.Parts, part)
	}
	return t
}

// tracer collects the parts of a condition as they are compiled, and what they see.
type tracer struct {
	root part
	open []*part
}

// part is one part of a condition. What is inside a list function or where() is asked many
// times, and is no part.
type part struct {
	source string
	truth  bool
	asked  bool
	saw    any
	parts  []*part
}

func (t *tracer) begin(c *compiler, n ast.Node) *part {
	p := &part{source: c.sourceOf(n)}
	t.open = append(t.open, p)
	return p
}

// end wraps what was compiled so that it tells what it saw.
func (t *tracer) end(p *part, o operand) operand {
	t.open = t.open[:len(t.open)-1]
	if o.fixed != nil || o.eval == nil || o.kind == kindNil {
		return o
	}
	parent := &t.root
	if n := len(t.open); n > 0 {
		parent = t.open[n-1]
	}
	parent.parts = append(parent.parts, p)
	p.truth = o.kind == kindBool
	inner := o.eval
	o.eval = func(f *frame) any {
		v := inner(f)
		p.asked, p.saw = true, v
		return v
	}
	return o
}

func (p *part) trace() Trace {
	t := Trace{Source: p.source}
	if p.asked {
		t.Saw = readable(p.saw)
	}
	switch {
	case !p.asked:
		t.Verdict = NotAsked
	case p.truth || p.saw == true || p.saw == false:
		t.Verdict = verdict(truth(p.saw))
	}
	for _, q := range p.parts {
		t.Parts = append(t.Parts, q.trace())
	}
	return t
}

// sourceOf is a part as it is written. Nodes know where their names and operators stand, so
// it reaches from the first to the last of all that are in it, and to the brackets of both.
func (c *compiler) sourceOf(n ast.Node) string {
	e := extent{from: len(c.source)}
	ast.Walk(&n, &e)
	from, to := min(e.from, len(c.source)), min(e.to, len(c.source))
	for range 2 * maxNodes {
		open := unclosed(c.source[from:to])
		switch {
		case open > 0 && to < len(c.source):
			to++
		case open < 0 && from > 0:
			from--
		case from > 0 && to < len(c.source) && c.source[from-1] == '.':
			from-- // .price
		default:
			return strings.TrimSpace(string(c.source[from:to]))
		}
	}
	return strings.TrimSpace(string(c.source[from:to]))
}

// extent is the stretch that the nodes of a tree take.
type extent struct{ from, to int }

// Visit implements ast.Visitor.
func (e *extent) Visit(n *ast.Node) {
	at := placeOf(*n)
	e.from, e.to = min(e.from, at.from), max(e.to, at.to)
}

// unclosed is how many brackets are open at the end of a text; negative when there are more
// that close.
func unclosed(src []rune) int {
	open, quote := 0, rune(0)
	for i := 0; i < len(src); i++ {
		switch r := src[i]; {
		case quote != 0:
			if r == '\\' && quote != '`' {
				i++
			} else if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'' || r == '`':
			quote = r
		case strings.ContainsRune("([{", r):
			open++
		case strings.ContainsRune(")]}", r):
			open--
		}
	}
	return open
}

const (
	maxSeen  = 60 // characters of a value in a trace
	maxItems = 5  // of a list
)

// readable writes a value for people.
func readable(v any) string {
	text := ""
	switch v := normal(v).(type) {
	case nil:
		return "missing"
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		text = strconv.Quote(v)
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05 UTC")
	case time.Duration:
		return schedule.FormatDuration(v.Truncate(time.Second))
	case []any:
		items := make([]string, 0, maxItems)
		for _, e := range v[:min(len(v), maxItems)] {
			items = append(items, readable(e))
		}
		text = "[" + strings.Join(items, ", ") + "]"
		if more := len(v) - maxItems; more > 0 {
			text = fmt.Sprintf("%s and %d more", strings.TrimSuffix(text, "]"), more) + "]"
		}
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		text = "{" + strings.Join(names, ", ") + "}"
	}
	if r := []rune(text); len(r) > maxSeen {
		return string(r[:maxSeen-1]) + "…"
	}
	return text
}
