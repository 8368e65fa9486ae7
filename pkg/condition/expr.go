package condition

import (
	"rapport/pkg/journey"
)

// CompileExpr checks and compiles an expression with any result: a text, a number, a
// truth, a time, a list, or nothing. Errors are Errors.
func CompileExpr(src string, env Env) (journey.Expr, error) {
	return compileAs(src, env, kindAny, "")
}

// CompileNumber is CompileExpr for what has to be a number, such as points or a goal's
// value.
func CompileNumber(src string, env Env) (journey.Expr, error) {
	return compileAs(src, env, kindNumber, "such as event.total, or 20")
}

// CompileDate is CompileExpr for what has to be a date: a time, or a trait that is written
// as one ("1985-04-12").
func CompileDate(src string, env Env) (journey.Expr, error) {
	return compileAs(src, env, kindTime, "name a trait that holds a date, such as profile.birthday")
}

func compileAs(src string, env Env, want kind, hint string) (journey.Expr, error) {
	root, c, errs := compile(src, env)
	fits := want == kindAny || root.is(want) || want == kindTime && root.is(kindText)
	if errs == nil && root.kind == kindDuration {
		errs = append(errs, c.errorAt(root.at, "this is a length of time, which is not kept as a value", "keep the time itself, such as now"))
	}
	if errs == nil && !fits {
		errs = append(errs, c.errorAt(root.at, root.calls()+", but "+want.words()+" is needed here", hint))
	}
	if errs != nil {
		return nil, errs
	}
	return &expression{src: src, eval: root.eval}, nil
}

// expression implements journey.Expr.
type expression struct {
	src  string
	eval eval
}

func (e *expression) String() string { return e.src }

// Value answers for the scope; nil when the value is missing. The only errors are those of
// an evaluation that was stopped for its cost.
func (e *expression) Value(s *journey.Scope) (any, error) {
	f := frame{scope: s}
	v := e.eval(&f)
	if f.steps > maxSteps {
		return nil, tooCostly(e.src)
	}
	return normal(v), nil
}
