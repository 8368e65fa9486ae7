package liquid

import "math"

// forNode is {% for x in list %}...{% else %}...{% endfor %}.
type forNode struct {
	place
	loopHead
	body, otherwise []node
	white           bool
}

// loopHead is what for and tablerow have in common.
type loopHead struct {
	variable string
	list     expr
	name     string // variable-list, as forloop.name and offset: continue use it
	reversed bool
	resume   bool // offset: continue
	offset   expr
	limit    expr
	cols     expr
}

func (p *parser) forTag(tok token) node {
	n := &forNode{place: place(tok.pos), loopHead: p.loopHead(tok)}
	ways := p.branches(tok)
	var next token
	n.body, next = p.block(tok, "else", "endfor")
	ways.end()
	if next.name == "else" {
		p.noMarkup(next)
		n.otherwise, next = p.block(tok, "endfor")
		ways.end()
	}
	p.noMarkup(next)
	ways.done(true)
	n.white = dropWhite(n.body, n.otherwise)
	return n
}

// loopHead reads "x in list reversed limit: 2 offset: 1"; the options may
// come in any order and with commas.
func (p *parser) loopHead(tok token) loopHead {
	m := p.markup(tok)
	var h loopHead
	if m.tok.kind == symName {
		h.variable = m.tok.text
		m.advance()
	} else {
		m.unexpected("the name of the loop variable")
	}
	if !m.word("in") {
		m.unexpected(`"in"`)
	}
	from := m.tok.pos
	h.list = m.expression()
	to := min(m.tok.pos, tok.end)
	for to > from && isSpace(p.src[to-1]) {
		to--
	}
	if from <= to {
		h.name = h.variable + "-" + p.src[from:to]
	}
	for m.tok.kind != symEnd {
		m.loopOption(&h, tok.name)
	}
	return h
}

func (m *markup) loopOption(h *loopHead, tag string) {
	if m.accept(symComma) {
		return
	}
	t := m.tok
	if tag == "for" && m.word("reversed") {
		h.reversed = true
		return
	}
	if t.kind != symName {
		m.unexpected("an option of " + tag)
		return
	}
	m.advance()
	if !m.expect(symColon, `":"`) {
		return
	}
	switch {
	case t.text == "offset" && tag == "for" && m.word("continue"):
		h.resume = true
	case t.text == "offset":
		h.offset = m.expression()
	case t.text == "limit":
		h.limit = m.expression()
	case t.text == "cols" && tag == "tablerow":
		h.cols = m.expression()
	default:
		m.expression()
		if m.p.eng.strict {
			m.p.fail(t.pos, "{% "+tag+" %} has no option "+t.text, didYouMean(t.text, []string{"limit", "offset", "reversed", "cols"}))
		}
	}
}

// items evaluates the head: the list and the part of it to go over.
func (h *loopHead) items(r *renderer) (list sequence, err error) {
	v, err := h.list.eval(r)
	if err != nil {
		return list, err
	}
	if list, err = r.sequence(v); err != nil {
		return list, err
	}
	from := 0
	if h.resume {
		from = r.offsets[h.name]
	} else if from, err = r.option(h.offset, 0); err != nil {
		return list, err
	}
	limit, err := r.option(h.limit, math.MaxInt)
	if err != nil {
		return list, err
	}
	to := list.n
	from = min(max(from, -1<<40), 1<<40) // Far out of bounds, and safe to reckon with.
	if limit < to-from {
		to = from + limit
	}
	from = min(max(from, 0), list.n)
	to = max(min(to, list.n), from)
	list.from, list.n = from, to-from
	return list, nil
}

// option evaluates limit, offset or cols; nil counts as not given.
func (r *renderer) option(x expr, def int) (int, error) {
	if x == nil {
		return def, nil
	}
	v, err := x.eval(r)
	if err != nil || v == nil {
		return def, err
	}
	return toInteger(v)
}

// sequence is something to loop over, without a copy of it.
type sequence struct {
	array []any
	span  interval
	one   any // the only item
	from  int
	n     int
}

func (s *sequence) item(i int) any {
	i += s.from
	switch {
	case s.array != nil:
		return norm(s.array[i])
	case s.one != nil:
		return s.one
	}
	return s.span.lo + int64(i)
}

// sequence views v as a list: an object is a list of [name, value] pairs, a
// string that is not empty a list of itself.
func (r *renderer) sequence(v any) (sequence, error) {
	switch t := v.(type) {
	case []any:
		return sequence{array: t, n: len(t)}, nil
	case interval:
		return sequence{span: t, n: t.size()}, nil
	case string:
		if t != "" {
			return sequence{one: t, n: 1}, nil
		}
	case Safe:
		if t != "" {
			return sequence{one: t, n: 1}, nil
		}
	case map[string]any, Keyed:
		pairs, err := r.pairs(t)
		return sequence{array: pairs, n: len(pairs)}, err
	}
	return sequence{}, nil
}

// pairs turns an object into a list of [name, value].
func (r *renderer) pairs(v any) ([]any, error) {
	if err := r.step(cost(v)); err != nil {
		return nil, err
	}
	keys := keysOf(v)
	if err := r.charge(64 * len(keys)); err != nil {
		return nil, err
	}
	pairs := make([]any, len(keys))
	for i, k := range keys {
		item, _ := entry(v, k)
		pairs[i] = []any{k, norm(item)}
	}
	return pairs, nil
}

func (n *forNode) render(r *renderer) error {
	list, err := n.items(r)
	if err != nil {
		return err
	}
	if r.offsets == nil {
		r.offsets = make(map[string]int)
	}
	r.offsets[n.name] = list.from + list.n
	if list.n == 0 {
		return r.block(n.otherwise)
	}
	loop := &forloop{name: n.name, length: list.n, parent: r.parentLoop()}
	top := len(r.frames)
	r.frames = append(r.frames, frame{name: n.variable}, frame{name: "forloop", value: loop})
	defer func() { r.frames = r.frames[:top] }()
	for i := range list.n {
		if err := r.step(1); err != nil {
			return err
		}
		at := i
		if n.reversed {
			at = list.n - 1 - i
		}
		loop.i = i
		r.frames[top].value = list.item(at)
		if err := r.block(n.body); err != nil {
			return err
		}
		stop := r.stop
		r.stop = noInterrupt
		if stop == breakLoop {
			return nil
		}
	}
	return nil
}

func (n *forNode) blank() bool { return n.white }

func (n *forNode) analyze(a *analysis) {
	a.loop(&n.loopHead, "forloop", n.body)
	a.nodes(n.otherwise)
}
