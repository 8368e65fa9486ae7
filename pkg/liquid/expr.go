package liquid

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// expr is something with a value: a literal, a path or a range.
type expr interface {
	eval(r *renderer) (any, error)
	analyze(a *analysis) string
}

type literal struct{ value any }

func (l literal) eval(*renderer) (any, error) { return l.value, nil }

// path is a variable with the properties read from it: a.b[c].d.
type path struct {
	pos      int
	root     string
	rootExpr expr // for [expr], where the name itself is computed
	segments []segment
	// lenient paths may be undefined: those in tests, and those that the
	// filter default stands behind.
	lenient bool
}

type segment struct {
	pos  int
	name string // .name or ["name"]
	key  expr   // [key]
}

func (x *path) eval(r *renderer) (any, error) {
	root := x.root
	if x.rootExpr != nil {
		k, err := x.rootExpr.eval(r)
		if err != nil {
			return nil, err
		}
		root = text(k)
	}
	v, ok := r.lookup(root)
	if !ok {
		if r.strict && !x.lenient {
			return nil, r.undefined(x.pos, root)
		}
		return nil, nil
	}
	for i := range x.segments {
		next, err := r.descend(v, &x.segments[i], x.lenient)
		if err != nil {
			return nil, err
		}
		if v = next; v == nil && (!r.strict || x.lenient) {
			return nil, nil
		}
	}
	switch t := v.(type) {
	case time.Time:
		if r.cfg.Zone != nil {
			return t.In(r.cfg.Zone), nil
		}
	case unsupported:
		return nil, newError(r.tmpl, x.pos, "a value of Go type "+string(t)+" cannot be used in a template", "pass a map, a slice, a scalar or a Drop", nil)
	}
	return v, nil
}

// descend reads one segment.
func (r *renderer) descend(v any, s *segment, lenient bool) (any, error) {
	name := s.name
	var next any
	var ok bool
	switch v.(type) {
	case map[string]any, Drop, []any, nil:
	default:
		if err := r.step(cost(v)); err != nil {
			return nil, located(r.tmpl, s.pos, err)
		}
	}
	if s.key == nil {
		next, ok = property(v, name)
	} else {
		k, err := s.key.eval(r)
		if err != nil {
			return nil, err
		}
		if err := r.step(cost(k)); err != nil {
			return nil, located(r.tmpl, s.pos, err)
		}
		next, ok = index(v, k)
		name = text(k)
	}
	if ok || lenient || !r.strict {
		return next, nil
	}
	if v == nil {
		return nil, newError(r.tmpl, s.pos, "cannot read "+strconv.Quote(clip(name, 40))+" of a value that is nil", "test it with if, or add | default", nil)
	}
	hint := didYouMean(name, namesIn(v))
	return nil, newError(r.tmpl, s.pos, "unknown property "+strconv.Quote(clip(name, 40)), hint, nil)
}

// undefined makes the error for a name that nothing defines.
func (r *renderer) undefined(pos int, name string) error {
	hint := didYouMean(name, r.names())
	if hint == "" && r.hidden(name) {
		hint = "a rendered partial sees only what it is given: add " + name + ": " + name + " to the render tag"
	}
	return newError(r.tmpl, pos, "unknown variable "+strconv.Quote(clip(name, 40)), hint, nil)
}

// rangeExpr is (lo..hi).
type rangeExpr struct{ lo, hi expr }

func (x rangeExpr) eval(r *renderer) (any, error) {
	lo, err := x.lo.eval(r)
	if err != nil {
		return nil, err
	}
	hi, err := x.hi.eval(r)
	if err != nil {
		return nil, err
	}
	return interval{rangeBound(lo), rangeBound(hi)}, nil
}

func rangeBound(v any) int64 {
	n := toNumber(v)
	if !n.decimal {
		return n.i
	}
	if math.IsNaN(n.f) || math.Abs(n.f) > maxExact {
		return 0
	}
	return int64(n.f)
}

// expression reads one value.
func (m *markup) expression() expr {
	if m.depth++; m.depth > m.p.eng.limits.BlockDepth {
		m.p.limit(m.tok.pos, "BlockDepth")
		m.failed = true // Reported; fail only ends the tag now.
		m.fail(m.tok.pos, "", "")
		return literal{}
	}
	defer func() { m.depth-- }()
	t := m.tok
	switch t.kind {
	case symString:
		m.advance()
		return literal{t.text}
	case symNumber:
		m.advance()
		return literal{numberLiteral(t.text)}
	case symParen:
		return m.rangeExpression()
	case symOpen:
		m.advance()
		x := &path{pos: t.pos, rootExpr: m.expression()}
		m.expect(symClose, `"]"`)
		if l, ok := x.rootExpr.(literal); ok {
			if _, named := l.value.(string); !named && m.p.eng.strict {
				m.fail(t.pos, "expected the name of a variable in quotes behind \"[\"", "there are no array literals; use split")
			}
			x.root, x.rootExpr = text(l.value), nil
		}
		m.segments(x)
		return x
	case symName:
		if v, ok := keyword(t.text); ok && !m.continues() {
			m.advance()
			return literal{v}
		}
		if t.text == "contains" {
			break
		}
		m.advance()
		x := &path{pos: t.pos, root: t.text}
		m.segments(x)
		return x
	}
	m.unexpected("a value")
	return literal{}
}

// continues reports whether a property follows the current name.
func (m *markup) continues() bool {
	rest := strings.TrimLeft(m.p.src[m.pos:m.end], " \t\r\n")
	return strings.HasPrefix(rest, "[") || strings.HasPrefix(rest, ".") && !strings.HasPrefix(rest, "..")
}

func keyword(name string) (any, bool) {
	switch name {
	case "true":
		return true, true
	case "false":
		return false, true
	case "nil", "null":
		return nil, true
	case "empty":
		return emptyWord, true
	case "blank":
		return blankWord, true
	}
	return nil, false
}

func numberLiteral(s string) any {
	if strings.IndexByte(s, '.') < 0 {
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return i
		}
	}
	f, _ := strconv.ParseFloat(s, 64)
	return f
}

func (m *markup) rangeExpression() expr {
	m.advance()
	lo := m.expression()
	if !m.expect(symDots, `".."`) {
		return literal{}
	}
	hi := m.expression()
	m.expect(symUnpar, `")"`)
	return rangeExpr{lo, hi}
}

// segments reads .name and [key] as long as they follow.
func (m *markup) segments(x *path) {
	for {
		switch m.tok.kind {
		case symDot:
			m.advance()
			if m.tok.kind != symName {
				m.unexpected("a property name")
				return
			}
			x.segments = append(x.segments, segment{pos: m.tok.pos, name: m.tok.text})
			m.advance()
		case symOpen:
			m.advance()
			s := segment{pos: m.tok.pos}
			s.key = m.expression()
			if l, ok := s.key.(literal); ok {
				if name, ok := l.value.(string); ok {
					s.name, s.key = name, nil
				}
			}
			x.segments = append(x.segments, s)
			if !m.expect(symClose, `"]"`) {
				return
			}
		default:
			return
		}
	}
}

// setLenient lets the paths in x be undefined.
func setLenient(x expr) {
	switch t := x.(type) {
	case *path:
		t.lenient = true
		if t.rootExpr != nil {
			setLenient(t.rootExpr)
		}
		for _, s := range t.segments {
			if s.key != nil {
				setLenient(s.key)
			}
		}
	case rangeExpr:
		setLenient(t.lo)
		setLenient(t.hi)
	}
}
