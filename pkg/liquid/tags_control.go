package liquid

// ifNode is {% if %} or {% unless %} with its branches.
type ifNode struct {
	place
	branches []branch
	white    bool
}

// branch is a block with the test that opens it; a nil test is else.
type branch struct {
	test   *condition
	negate bool
	body   []node
}

func (p *parser) ifTag(tok token) node {
	n := &ifNode{place: place(tok.pos)}
	end := "end" + tok.name
	ways := p.branches(tok)
	b := branch{test: p.markup(tok).condition(), negate: tok.name == "unless"}
	hasElse, ignored := false, false
	for {
		var next token
		b.body, next = p.block(tok, "elsif", "else", end)
		if !ignored {
			n.branches = append(n.branches, b)
			ways.end()
		}
		switch next.name {
		case "elsif":
			b = branch{test: p.markup(next).condition()}
		case "else":
			p.noMarkup(next)
			b = branch{}
		default:
			p.noMarkup(next)
			ways.done(!hasElse)
			bodies := make([][]node, len(n.branches))
			for i := range n.branches {
				bodies[i] = n.branches[i].body
			}
			n.white = dropWhite(bodies...)
			return n
		}
		if ignored = hasElse; ignored && p.eng.strict {
			p.fail(next.pos, "{% "+next.name+" %} behind {% else %} is never reached", "")
		}
		hasElse = hasElse || next.name == "else"
	}
}

func (n *ifNode) render(r *renderer) error {
	for i := range n.branches {
		b := &n.branches[i]
		if b.test == nil {
			return r.block(b.body)
		}
		ok, err := b.test.eval(r)
		if err != nil {
			return err
		}
		if ok != b.negate {
			return r.block(b.body)
		}
	}
	return nil
}

func (n *ifNode) blank() bool { return n.white }

func (n *ifNode) analyze(a *analysis) {
	for _, b := range n.branches {
		if b.test == nil {
			a.nodes(b.body)
			continue
		}
		a.guarded(b.test.paths(a), func() { a.nodes(b.body) })
	}
}

// paths reports the variables in a test and returns their paths.
func (c *condition) paths(a *analysis) []string {
	var paths []string
	for _, t := range c.terms {
		paths = append(paths, t.left.analyze(a))
		if t.right != nil {
			paths = append(paths, t.right.analyze(a))
		}
	}
	return paths
}

// caseNode is {% case %}. Its branches stay in the order of the source,
// since an else may stand before a when.
type caseNode struct {
	place
	value expr
	whens []when
	white bool
}

type when struct {
	values []expr
	isElse bool
	body   []node
}

func (p *parser) caseTag(tok token) node {
	m := p.markup(tok)
	n := &caseNode{place: place(tok.pos), value: m.expression()}
	setLenient(n.value)
	m.done()
	ways := p.branches(tok)
	before, next := p.block(tok, "when", "else", "endcase")
	if !allBlank(before) && p.eng.strict {
		p.fail(before[0].at(), "text between {% case %} and the first {% when %} is never printed", "")
	}
	p.html = ways.start
	hasElse := false
	for next.name == "when" || next.name == "else" {
		var w when
		if next.name == "else" {
			p.noMarkup(next)
			if hasElse && p.eng.strict {
				p.fail(next.pos, "this case has an {% else %} already", "")
			}
			w.isElse, hasElse = true, true
		} else {
			if hasElse && p.eng.strict {
				p.fail(next.pos, "{% when %} behind {% else %}", "put the else last")
			}
			w.values = p.whenValues(next)
		}
		w.body, next = p.block(tok, "when", "else", "endcase")
		ways.end()
		n.whens = append(n.whens, w)
	}
	p.noMarkup(next)
	ways.done(!hasElse)
	bodies := make([][]node, len(n.whens))
	for i := range n.whens {
		bodies[i] = n.whens[i].body
	}
	n.white = dropWhite(bodies...)
	return n
}

// whenValues reads values separated by comma or or.
func (p *parser) whenValues(tok token) []expr {
	m := p.markup(tok)
	var values []expr
	for {
		v := m.expression()
		setLenient(v)
		values = append(values, v)
		if !m.accept(symComma) && !m.word("or") {
			break
		}
		if m.tok.kind == symEnd && !p.eng.strict {
			break
		}
	}
	if p.eng.strict {
		m.done()
	}
	return values
}

func (n *caseNode) render(r *renderer) error {
	v, err := n.value.eval(r)
	if err != nil {
		return err
	}
	matched := false
	for i := range n.whens {
		w := &n.whens[i]
		if w.isElse {
			if !matched {
				if err := r.block(w.body); err != nil {
					return err
				}
			}
			continue
		}
		for _, x := range w.values {
			if err := r.step(1 + cost(v)); err != nil {
				return err
			}
			want, err := x.eval(r)
			if err != nil {
				return err
			}
			ok, err := r.equal(v, want, 0)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			matched = true
			if err := r.block(w.body); err != nil || r.stop != noInterrupt || r.strict {
				return err
			}
		}
	}
	return nil
}

func (n *caseNode) blank() bool { return n.white }

func (n *caseNode) analyze(a *analysis) {
	paths := []string{n.value.analyze(a)}
	for _, w := range n.whens {
		for _, v := range w.values {
			v.analyze(a)
		}
		a.guarded(paths, func() { a.nodes(w.body) })
	}
}

// ifchangedNode prints its block when it differs from the last time.
type ifchangedNode struct {
	place
	body []node
}

func (p *parser) ifchangedTag(tok token) node {
	p.noMarkup(tok)
	n := &ifchangedNode{place: place(tok.pos)}
	ways := p.branches(tok)
	n.body, _ = p.block(tok, "endifchanged")
	ways.end()
	ways.done(true)
	return n
}

func (n *ifchangedNode) render(r *renderer) error {
	start, before := len(r.out), r.jsonAt
	if err := r.block(n.body); err != nil {
		return err
	}
	now := string(r.out[start:])
	if err := r.charge(len(now)); err != nil {
		return err
	}
	if r.changed != nil && *r.changed == now {
		r.out, r.jsonAt = r.out[:start], before
		return nil
	}
	r.changed = &now
	return nil
}

func (n *ifchangedNode) blank() bool         { return false }
func (n *ifchangedNode) analyze(a *analysis) { a.nodes(n.body) }
