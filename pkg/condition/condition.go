package condition

import (
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"

	"rapport/pkg/journey"
)

// Env is what an expression may read at its place. The zero value allows everything.
type Env struct {
	// Event is the type of the event at hand; empty means of any type.
	Event string
	// NoEvent forbids event, where a timer may be what asks.
	NoEvent bool
	// Trigger is the type of the event that entered.
	Trigger string
	// NoTrigger forbids trigger and sent, where nobody has entered yet.
	NoTrigger bool
	// NoSent forbids sent, where nothing can have been sent yet.
	NoSent bool
	// Segment forbids event, trigger and sent: who is in a segment is asked at any time.
	Segment bool
	// Sends are the ids of the journey's steps that send.
	Sends []string
	// Segments are the names of all segments; nil: any name will do.
	Segments []string
	// Purposes are what people may consent to; nil: any name will do.
	Purposes []string
	// Catalogue knows events and traits; nil: Builtin.
	Catalogue *Catalogue
	// Zone is where people are of whom nothing else is known; nil: UTC.
	Zone *time.Location
}

const (
	maxSource = 2000 // characters of an expression
	maxNodes  = 300  // of its syntax tree
)

// Compile checks and compiles a condition. Errors are Errors: all that is wrong at once.
func Compile(src string, env Env) (journey.Condition, error) {
	root, c, errs := compile(src, env)
	if errs == nil && !root.is(kindBool) {
		errs = append(errs, c.errorAt(root.at, "this is "+root.words()+", but a condition must be true or false",
			`compare it with something, such as event.total > 20`))
	}
	if errs != nil {
		return nil, errs
	}
	return &condition{src: src, env: env, eval: root.eval, deps: c.deps, warnings: c.warnings}, nil
}

// CompileValue checks and compiles an expression with a text as its result. Errors are
// Errors.
func CompileValue(src string, env Env) (journey.Value, error) {
	root, c, errs := compile(src, env)
	switch {
	case errs != nil:
	case !root.is(kindText) && !root.is(kindNumber):
		errs = append(errs, c.errorAt(root.at, "this is "+root.words()+", but a text or a number is needed here", ""))
	case root.moving:
		errs = append(errs, c.errorAt(root.at, "this changes with the clock", "a key must stay the same"))
	}
	if errs != nil {
		return nil, errs
	}
	return &value{src: src, eval: root.eval}, nil
}

// All is the condition that holds when all of the conditions do. Nil ones are left out;
// of none, it is nil, which journeys read as always.
func All(conditions ...journey.Condition) journey.Condition {
	var all conjunction
	for _, c := range conditions {
		if c != nil {
			all = append(all, c)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}

// compile checks and compiles an expression.
func compile(src string, env Env) (operand, *compiler, Errors) { return compileFor(nil, src, env) }

// compileFor is compile. What is compiled for a tracer tells it about every part as it is
// evaluated.
func compileFor(t *tracer, src string, env Env) (operand, *compiler, Errors) {
	c := &compiler{env: env, tracer: t}
	tree, err := c.parse(src)
	if err != nil {
		return operand{}, c, Errors{err}
	}
	root := c.node(tree)
	if len(c.errs) > 0 {
		return operand{}, c, c.errs
	}
	return root, c, nil
}

func (c *compiler) parse(src string) (ast.Node, *Error) {
	c.lines = lines{0}
	if n := utf8.RuneCountInString(src); n > maxSource {
		return nil, c.errorAt(place{}, fmt.Sprintf("the expression has %d characters, at most %d are allowed", n, maxSource), "split it into several")
	}
	c.source, c.lines, c.prepared = []rune(src), newLines(src), prepare(src)
	config := conf.CreateNew()
	config.MaxNodes = maxNodes
	config.DisableIfOperator = true
	tree, err := parser.ParseWithConfig(c.prepared.text, config)
	if err != nil {
		return nil, c.syntaxError(src, err)
	}
	return tree.Node, nil
}

// condition implements journey.Condition.
type condition struct {
	src      string
	env      Env
	eval     eval
	deps     Deps
	warnings Errors
}

func (c *condition) String() string { return c.src }

// Warnings are what is allowed in a condition and hardly meant, such as 1 == 1.
func Warnings(c journey.Condition) Errors {
	switch c := c.(type) {
	case *condition:
		return c.warnings
	case conjunction:
		var all Errors
		for _, part := range c {
			all = append(all, Warnings(part)...)
		}
		return all
	}
	return nil
}

// Eval answers for the scope. The only errors are those of an evaluation that was stopped
// for its cost; the answer is then false.
func (c *condition) Eval(s *journey.Scope) (bool, error) {
	f := frame{scope: s}
	v := c.eval(&f)
	if f.steps > maxSteps {
		return false, tooCostly(c.src)
	}
	return truth(v), nil
}

// value implements journey.Value.
type value struct {
	src  string
	eval eval
}

func (v *value) String() string { return v.src }

// Text answers for the scope; a missing value is the empty text.
func (v *value) Text(s *journey.Scope) (string, error) {
	f := frame{scope: s}
	result := v.eval(&f)
	if f.steps > maxSteps {
		return "", tooCostly(v.src)
	}
	switch r := result.(type) {
	case string:
		return r, nil
	case float64:
		return strconv.FormatFloat(r, 'f', -1, 64), nil
	case bool:
		return strconv.FormatBool(r), nil
	case time.Time:
		return r.UTC().Format(time.RFC3339Nano), nil
	}
	return "", nil
}

func tooCostly(src string) error {
	return fmt.Errorf("condition %q was stopped after %d steps: its lists are too long for what it does with them", src, maxSteps)
}

// conjunction implements journey.Condition.
type conjunction []journey.Condition

func (all conjunction) Eval(s *journey.Scope) (bool, error) {
	for _, c := range all {
		if ok, err := c.Eval(s); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (all conjunction) String() string {
	text := ""
	for i, c := range all {
		if i > 0 {
			text += " and "
		}
		text += "(" + c.String() + ")"
	}
	return text
}
