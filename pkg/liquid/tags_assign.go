package liquid

import "strings"

// assignNode is {% assign name = value %}.
type assignNode struct {
	place
	name  string
	value *filtered
}

func (p *parser) assignTag(tok token) node {
	m := p.markup(tok)
	n := &assignNode{place: place(m.tok.pos)}
	if m.tok.kind == symString {
		m.unexpected("the name of a variable")
	}
	n.name = m.variableName()
	m.expect(symAssign, `"="`)
	n.value = m.chain()
	return n
}

func (n *assignNode) render(r *renderer) error {
	v, err := n.value.eval(r)
	if err != nil {
		return err
	}
	return r.assign(n.name, v)
}

func (n *assignNode) blank() bool { return true }

func (n *assignNode) analyze(a *analysis) { a.define(n.name, a.value(n.value)) }

// captureNode is {% capture name %}...{% endcapture %}. What it captures in
// HTML mode is escaped already and therefore Safe.
type captureNode struct {
	place
	name string
	body []node
}

func (p *parser) captureTag(tok token) node {
	m := p.markup(tok)
	n := &captureNode{place: place(tok.pos), name: m.variableName()}
	m.done()
	around := p.html
	p.html = htmlState{}
	var end token
	n.body, end = p.block(tok, "endcapture")
	p.noMarkup(end)
	if p.track && p.html.mode != htmlText && len(p.errs) == 0 {
		p.fail(tok.pos, "this capture ends inside "+p.html.name(), "capture whole elements")
	}
	p.html = around
	return n
}

func (n *captureNode) render(r *renderer) error {
	start, url, inJSON := len(r.out), r.urlStart, r.json
	r.json = false // What is captured is a text, whatever it is printed into.
	err := r.block(n.body)
	r.urlStart, r.json = url, inJSON
	if err != nil {
		return err
	}
	if err := r.charge(len(r.out) - start); err != nil {
		return err
	}
	s := string(r.out[start:])
	r.out = r.out[:start]
	if r.html {
		return r.assign(n.name, Safe(s))
	}
	return r.assign(n.name, s)
}

func (n *captureNode) blank() bool { return true }

func (n *captureNode) analyze(a *analysis) {
	a.nodes(n.body)
	a.define(n.name, "")
}

// counterNode is {% increment name %} or {% decrement name %}. Counters are
// apart from variables that assign sets.
type counterNode struct {
	place
	name string
	up   bool
}

func (p *parser) counterTag(tok token) node {
	m := p.markup(tok)
	n := &counterNode{place(tok.pos), m.variableName(), tok.name == "increment"}
	m.done()
	p.allow(tok.pos, false, false)
	return n
}

func (n *counterNode) render(r *renderer) error {
	if r.counters == nil {
		r.counters = make(map[string]int64)
	}
	v := r.counters[n.name]
	if !n.up {
		v--
	}
	if err := r.print(v, 0); err != nil {
		return err
	}
	if n.up {
		v++
	}
	r.counters[n.name] = v
	return nil
}

func (n *counterNode) blank() bool { return false }

func (n *counterNode) analyze(a *analysis) { a.define(n.name, "") }

// cycleNode is {% cycle group: a, b, c %}, which prints the next value each
// time it runs.
type cycleNode struct {
	place
	group  expr   // nil when not named
	key    string // when not named: the values as written, or the tag's place
	values []expr
	where  spot
}

func (p *parser) cycleTag(tok token) node {
	m := p.markup(tok)
	n := &cycleNode{place: place(tok.pos)}
	first := m.expression()
	if m.accept(symColon) {
		n.group = first
		first = m.expression()
	}
	n.values = append(n.values, first)
	for m.accept(symComma) {
		if m.tok.kind == symEnd && !p.eng.strict {
			break
		}
		n.values = append(n.values, m.expression())
	}
	m.done()
	n.where = p.allow(tok.pos, false, false)
	// Tags with the same literals share a counter; one with a variable has
	// its own.
	n.key = "\x00" + strings.TrimSpace(p.src[tok.start:tok.end])
	for _, v := range n.values {
		if _, ok := v.(literal); !ok {
			n.key = "\x00" + string(appendInt(nil, int64(tok.pos))) + p.tmpl.name
		}
	}
	return n
}

func (n *cycleNode) render(r *renderer) error {
	key := n.key
	if n.group != nil {
		v, err := n.group.eval(r)
		if err != nil {
			return err
		}
		key = text(v)
	}
	if err := r.charge(len(key)); err != nil {
		return err
	}
	if r.cycles == nil {
		r.cycles = make(map[string]int)
	}
	i := r.cycles[key]
	var v any
	if i < len(n.values) {
		var err error
		if v, err = n.values[i].eval(r); err != nil {
			return err
		}
	}
	if i++; i >= len(n.values) {
		i = 0
	}
	r.cycles[key] = i
	if n.where == spotStyle {
		if err := checkStyle(v); err != nil {
			return err
		}
	}
	return r.print(v, 0)
}

func (n *cycleNode) blank() bool { return false }

func (n *cycleNode) analyze(a *analysis) {
	if n.group != nil {
		n.group.analyze(a)
	}
	for _, v := range n.values {
		v.analyze(a)
	}
}
