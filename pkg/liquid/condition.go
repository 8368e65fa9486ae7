package liquid

// condition is a list of comparisons joined by and / or, which Liquid reads
// from right to left: a and b or c means a and (b or c).
type condition struct {
	terms []comparison
	ors   []bool // ors[i] joins terms[i] and terms[i+1]
}

type comparison struct {
	pos         int
	op          string // "" for a plain truth test
	left, right expr
}

func (c *condition) eval(r *renderer) (bool, error) {
	for i := range c.terms {
		if err := r.step(1); err != nil {
			return false, located(r.tmpl, c.terms[i].pos, err)
		}
		ok, err := c.terms[i].eval(r)
		if err != nil {
			return false, located(r.tmpl, c.terms[i].pos, err)
		}
		if i == len(c.terms)-1 || ok == c.ors[i] {
			return ok, nil
		}
	}
	return false, nil
}

func (c *comparison) eval(r *renderer) (bool, error) {
	a, err := c.left.eval(r)
	if err != nil {
		return false, err
	}
	if c.op == "" {
		return truthy(a), nil
	}
	b, err := c.right.eval(r)
	if err != nil {
		return false, err
	}
	if err := r.step(cost(a) + cost(b)); err != nil {
		return false, err
	}
	switch c.op {
	case "==":
		return r.equal(a, b, 0)
	case "!=", "<>":
		ok, err := r.equal(a, b, 0)
		return !ok, err
	case "contains":
		return r.contains(a, b)
	}
	return order(c.op, a, b)
}

// condition reads a test up to the end of the markup.
func (m *markup) condition() *condition {
	c := &condition{}
	for {
		c.terms = append(c.terms, m.comparison())
		switch {
		case m.word("and"):
			c.ors = append(c.ors, false)
		case m.word("or"):
			c.ors = append(c.ors, true)
		default:
			m.done()
			return c
		}
	}
}

func (m *markup) comparison() comparison {
	c := comparison{pos: m.tok.pos}
	c.left = m.expression()
	setLenient(c.left)
	switch {
	case m.tok.kind == symOp:
		c.op = m.tok.text
		m.advance()
	case m.word("contains"):
		c.op = "contains"
	case m.tok.kind == symAssign:
		m.fail(m.tok.pos, `"=" sets a variable`, "compare with ==")
		return c
	case m.tok.kind == symPipe:
		m.fail(m.tok.pos, "filters cannot be used in a test", "assign the value to a variable first")
		return c
	case m.tok.kind == symParen:
		m.fail(m.tok.pos, "brackets cannot be used in a test", "nest if tags instead")
		return c
	default:
		return c
	}
	c.right = m.expression()
	setLenient(c.right)
	return c
}
