package liquid

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// partialNode is {% render %} or {% include %}. A rendered partial sees only
// its arguments and the globals; an included one shares all variables.
type partialNode struct {
	place
	isolated bool
	name     string // when fixed
	nameExpr expr   // include only: when computed
	with     expr   // with x, for x
	each     bool   // for
	alias    string
	keys     []string
	values   []expr
}

// PartialUse is one place where a template uses a partial.
type PartialUse struct {
	Name      string // "" when an include computes it
	Line, Col int
	off       int
}

// Partials lists the render and include tags in source order.
func (t *Template) Partials() []PartialUse {
	out := slices.Clone(t.partials)
	offs := make([]int, len(out))
	for i := range out {
		offs[i] = out[i].off
	}
	for i, at := range lineCols(t.src, offs) {
		out[i].Line, out[i].Col = at[0], at[1]
	}
	return out
}

func (p *parser) partialTag(tok token) node {
	m := p.markup(tok)
	n := &partialNode{place: place(tok.pos), isolated: tok.name == "render"}
	nameAt := m.tok.pos
	switch {
	case m.tok.kind == symString:
		n.name = m.tok.text
		m.advance()
	case n.isolated:
		m.unexpected("the name of a partial in quotes")
	default:
		n.nameExpr = m.expression()
	}
	p.tmpl.partials = append(p.tmpl.partials, PartialUse{Name: n.name, off: nameAt})
	if m.tok.kind == symName && (m.tok.text == "with" || m.tok.text == "for") && m.peek() != ':' {
		n.each = m.tok.text == "for"
		m.advance()
		n.with = m.expression()
	}
	if m.word("as") {
		n.alias = m.tok.text
		m.expect(symName, "a name")
	}
	for m.tok.kind != symEnd {
		if m.accept(symComma) {
			continue
		}
		key := m.tok.text
		if !m.expect(symName, "the name of an argument") || !m.expect(symColon, `":"`) {
			break
		}
		n.keys = append(n.keys, key)
		n.values = append(n.values, m.expression())
	}
	if p.allow(tok.pos, false, false) == spotStyle {
		p.fail(tok.pos, "a partial cannot stand in a style attribute", "write the style in the template itself")
	}
	return n
}

func (n *partialNode) render(r *renderer) error {
	name := n.name
	if n.nameExpr != nil {
		v, err := n.nameExpr.eval(r)
		if err != nil {
			return err
		}
		switch v.(type) {
		case string, Safe:
			name = text(v)
		default:
			return &hinted{"the name of a partial is " + kindOf(v) + ", not a string: illegal template name", ""}
		}
	}
	if r.isolated && !n.isolated {
		return &hinted{"include is not allowed inside of a rendered partial", "use render and pass what the partial needs"}
	}
	if r.depth >= r.limits.Depth {
		return &limitError{"Depth", r.limits.Depth}
	}
	t, err := r.eng.partial(name)
	if err != nil {
		var list ParseErrors
		if errors.As(err, &list) {
			return list[0]
		}
		return newError(r.tmpl, n.at(), "cannot load the partial "+strconv.Quote(clip(name, 60))+": "+err.Error(), "", err)
	}
	alias := n.alias
	if alias == "" {
		alias = name[strings.LastIndexByte(name, '/')+1:]
	}
	return n.call(r, t, name, alias)
}

// call evaluates the arguments and runs the partial, once or for each item.
func (n *partialNode) call(r *renderer, t *Template, name, alias string) error {
	var bound any
	var err error
	hasBound := n.with != nil
	if hasBound {
		if bound, err = n.with.eval(r); err != nil {
			return err
		}
	} else if !n.isolated {
		bound, hasBound = r.lookup(name)
	}
	top := len(r.frames)
	defer func() { r.frames = r.frames[:top] }()
	for i, x := range n.values {
		v, err := x.eval(r)
		if err != nil {
			return err
		}
		if n.isolated {
			r.args = append(r.args, v)
		} else {
			r.frames = append(r.frames, frame{name: n.keys[i], value: v})
		}
	}
	if n.isolated {
		// All are values of the caller; only now may they hide its variables.
		given := r.args[len(r.args)-len(n.values):]
		for i, v := range given {
			r.frames = append(r.frames, frame{n.keys[i], v, true})
		}
		r.args = r.args[:len(r.args)-len(given)]
	}

	list, isList := bound.([]any)
	seq := sequence{array: list, n: len(list)}
	switch {
	case isList && (n.each || !n.isolated):
	case n.each && (isObject(bound) || isRange(bound)):
		if seq, err = r.sequence(bound); err != nil {
			return err
		}
	case hasBound:
		seq = sequence{array: []any{bound}, n: 1}
		return n.items(r, t, alias, top, &seq, false)
	default:
		return n.run(r, t, top)
	}
	return n.items(r, t, alias, top, &seq, n.isolated)
}

func isRange(v any) bool {
	_, ok := v.(interval)
	return ok
}

// items runs the partial for each item, with a forloop if asked for.
func (n *partialNode) items(r *renderer, t *Template, alias string, top int, seq *sequence, withLoop bool) error {
	at := len(r.frames)
	r.frames = append(r.frames, frame{alias, nil, n.isolated})
	loop := &forloop{name: t.name, length: seq.n, partial: true}
	if withLoop {
		r.frames = append(r.frames, frame{name: "forloop", value: loop})
	}
	for i := range seq.n {
		if err := r.step(1); err != nil {
			return err
		}
		loop.i = i
		r.frames[at].value = seq.item(i)
		if err := n.run(r, t, top); err != nil {
			return err
		}
		if r.stop == breakLoop {
			break
		}
	}
	return nil
}

// run renders the partial once, with the frames above top as its arguments.
func (n *partialNode) run(r *renderer, t *Template, top int) error {
	caller, url := r.tmpl, r.urlStart
	r.tmpl = t
	r.depth++
	defer func() {
		r.tmpl, r.urlStart = caller, url
		r.depth--
	}()
	if !n.isolated {
		return r.block(t.root)
	}
	outer, was := r.scope, r.isolated
	r.scope, r.isolated = scope{floor: top}, true
	err := r.block(t.root)
	r.scope, r.isolated = outer, was
	r.stop = noInterrupt
	return err
}

func (n *partialNode) blank() bool { return false }

func (n *partialNode) analyze(a *analysis) { a.partial(n) }
