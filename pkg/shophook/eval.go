package shophook

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
)

// The bounds of one delivery, all of its mappings together.
const (
	maxSteps  = 400_000
	maxOutput = 4 << 20 // bytes of texts that expressions make and events hold
)

var (
	errSteps  = fmt.Errorf("the delivery takes more than %d steps to map", maxSteps)
	errOutput = fmt.Errorf("the delivery becomes more than %d bytes of events", maxOutput)
	errTruth  = errors.New("is neither true nor false")
)

// scope is what an expression reads, and what is left of the bounds. It serves one delivery.
type scope struct {
	header   func(string) string
	received time.Time
	names    map[string]any      // roots, and what each: binds
	let      map[string]*Expr    // named parts, evaluated where they are first read
	calls    map[string]function // of the expression at hand
	steps    int
	bytes    int
	elements []any // of the loops around, innermost last
}

// run evaluates an expression; nil stands for what is not there.
func (s *scope) run(e *Expr) (any, error) {
	around := s.calls
	s.calls = e.calls
	v, err := s.node(e.root)
	s.calls = around
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", e.at, e.text, err)
	}
	return v, nil
}

// truth evaluates a question; what is not there is false.
func (s *scope) truth(e *Expr) (bool, error) {
	v, err := s.run(e)
	if err != nil {
		return false, err
	}
	yes, err := isTrue(v)
	if err != nil {
		return false, fmt.Errorf("%s: %s: %w: compare it with something", e.at, e.text, err)
	}
	return yes, nil
}

func isTrue(v any) (bool, error) {
	switch v := v.(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	}
	return false, errTruth
}

func (s *scope) spend(steps int) error {
	if s.steps += steps; s.steps > maxSteps {
		return errSteps
	}
	return nil
}

// keep accounts for a text that was made.
func (s *scope) keep(bytes int) error {
	if s.bytes += bytes; s.bytes > maxOutput {
		return errOutput
	}
	return nil
}

func (s *scope) node(n ast.Node) (any, error) {
	if err := s.spend(1); err != nil {
		return nil, err
	}
	switch n := n.(type) {
	case *ast.NilNode:
		return nil, nil
	case *ast.BoolNode:
		return n.Value, nil
	case *ast.StringNode:
		return n.Value, nil
	case *ast.IntegerNode:
		return json.Number(strconv.Itoa(n.Value)), nil
	case *ast.FloatNode:
		return json.Number(strconv.FormatFloat(n.Value, 'f', -1, 64)), nil
	case *ast.IdentifierNode:
		return s.named(n.Value)
	case *ast.PointerNode:
		return s.elements[len(s.elements)-1], nil
	case *ast.UnaryNode:
		return s.unary(n)
	case *ast.BinaryNode:
		return s.binary(n)
	case *ast.ChainNode:
		return s.node(n.Node)
	case *ast.MemberNode:
		return s.member(n)
	case *ast.ConditionalNode:
		yes, err := s.question(n.Cond)
		if err != nil {
			return nil, err
		}
		if yes {
			return s.node(n.Exp1)
		}
		return s.node(n.Exp2)
	case *ast.ArrayNode:
		return s.each(n.Nodes)
	case *ast.BuiltinNode:
		return s.call(n.Name, n.Arguments)
	case *ast.CallNode:
		if name, ok := n.Callee.(*ast.IdentifierNode); ok {
			return s.call(name.Value, n.Arguments)
		}
	case *ast.PredicateNode:
		return s.node(n.Node)
	}
	return nil, errors.New("cannot be evaluated") // Compile refuses what would come here.
}

func (s *scope) each(nodes []ast.Node) ([]any, error) {
	out := make([]any, len(nodes))
	for i, n := range nodes {
		v, err := s.node(n)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func (s *scope) question(n ast.Node) (bool, error) {
	v, err := s.node(n)
	if err != nil {
		return false, err
	}
	return isTrue(v)
}

// named is the value of a name. A part of let: is evaluated once, without the elements of the
// loops around its reader.
func (s *scope) named(name string) (any, error) {
	if v, ok := s.names[name]; ok {
		return v, nil
	}
	e := s.let[name]
	if e == nil {
		return nil, nil
	}
	around := s.elements
	s.elements = nil
	v, err := s.run(e)
	s.elements = around
	if err != nil {
		return nil, err
	}
	s.names[name] = v
	return v, nil
}

// member is a part of a mapping or an element of a list; of anything else there is none.
func (s *scope) member(n *ast.MemberNode) (any, error) {
	of, err := s.node(n.Node)
	if err != nil {
		return nil, err
	}
	key, err := s.node(n.Property)
	if err != nil {
		return nil, err
	}
	switch of := of.(type) {
	case map[string]any:
		if name, ok := key.(string); ok {
			return of[name], nil
		}
	case []any:
		if text, ok := key.(json.Number); ok {
			i, err := strconv.Atoi(string(text))
			if i < 0 {
				i += len(of)
			}
			if err == nil && i >= 0 && i < len(of) {
				return of[i], nil
			}
		}
	}
	return nil, nil
}

func (s *scope) unary(n *ast.UnaryNode) (any, error) {
	v, err := s.node(n.Node)
	if err != nil {
		return nil, err
	}
	if n.Operator == "not" || n.Operator == "!" {
		yes, err := isTrue(v)
		return !yes, err
	}
	d, ok, err := number(v)
	if !ok {
		return nil, err
	}
	if n.Operator == "-" {
		d = d.Neg()
	}
	return digits(d), nil
}

func (s *scope) binary(n *ast.BinaryNode) (any, error) {
	switch n.Operator {
	case "and", "&&", "or", "||":
		yes, err := s.question(n.Left)
		if err != nil || yes == (n.Operator == "or" || n.Operator == "||") {
			return yes, err
		}
		return s.question(n.Right)
	case "??":
		if v, err := s.node(n.Left); err != nil || v != nil {
			return v, err
		}
		return s.node(n.Right)
	}
	both, err := s.each([]ast.Node{n.Left, n.Right})
	if err != nil {
		return nil, err
	}
	a, b := both[0], both[1]
	switch n.Operator {
	case "==":
		return s.same(a, b)
	case "!=":
		is, err := s.same(a, b)
		return !is, err
	case "in":
		return s.within(b, a)
	case "contains":
		if list, ok := a.([]any); ok {
			return s.within(list, b)
		}
		return s.texts(a, b, strings.Contains)
	case "startsWith":
		return s.texts(a, b, strings.HasPrefix)
	case "endsWith":
		return s.texts(a, b, strings.HasSuffix)
	case "+", "-", "*":
		return s.sum(n.Operator, a, b)
	}
	return s.ordered(n.Operator, a, b), nil
}
