package liquid

// tablerowNode is {% tablerow %}, which writes the rows and cells of a table.
type tablerowNode struct {
	place
	loopHead
	body []node
}

func (p *parser) tablerowTag(tok token) node {
	n := &tablerowNode{place: place(tok.pos), loopHead: p.loopHead(tok)}
	ways := p.branches(tok)
	var end token
	n.body, end = p.block(tok, "endtablerow")
	p.noMarkup(end)
	ways.end()
	ways.done(true)
	return n
}

func (n *tablerowNode) render(r *renderer) error {
	v, err := n.list.eval(r)
	if err != nil || v == nil || v == false {
		return err
	}
	list, err := n.items(r)
	if err != nil {
		return err
	}
	cols, err := r.option(n.cols, list.n)
	if err != nil {
		return err
	}
	loop := &tablerowloop{length: list.n, cols: cols, row: 1, col: 1}
	top := len(r.frames)
	r.frames = append(r.frames, frame{name: n.variable}, frame{name: "tablerowloop", value: loop})
	defer func() { r.frames = r.frames[:top] }()
	if err := r.write("<tr class=\"row1\">\n"); err != nil {
		return err
	}
	for i := range list.n {
		loop.i = i
		r.frames[top].value = list.item(i)
		stop, err := n.cell(r, loop)
		if err != nil {
			return err
		}
		if stop {
			break
		}
	}
	return r.write("</tr>\n")
}

// cell writes one cell, and the border between two rows behind the last one
// of a row.
func (n *tablerowNode) cell(r *renderer, loop *tablerowloop) (stop bool, err error) {
	if err := r.step(1); err != nil {
		return false, err
	}
	if err := r.numbered(`<td class="col`, loop.col); err != nil {
		return false, err
	}
	if err := r.block(n.body); err != nil {
		return false, err
	}
	if err := r.write("</td>"); err != nil {
		return false, err
	}
	stop = r.stop == breakLoop
	r.stop = noInterrupt
	if stop || loop.i == loop.length-1 {
		return stop, nil
	}
	if loop.col != loop.cols {
		loop.col++
		return false, nil
	}
	loop.row++
	loop.col = 1
	return false, r.numbered("</tr>\n<tr class=\"row", loop.row)
}

// numbered writes a tag whose class ends in a number.
func (r *renderer) numbered(s string, i int) error {
	if err := r.write(s); err != nil {
		return err
	}
	r.out = appendInt(r.out, int64(i))
	return r.write(`">`)
}

func (n *tablerowNode) blank() bool { return false }

func (n *tablerowNode) analyze(a *analysis) { a.loop(&n.loopHead, "tablerowloop", n.body) }

// tablerowloop is the variable of that name inside a tablerow.
type tablerowloop struct {
	i, length      int
	cols, row, col int
}

// Property returns the loop's state, under the names Shopify documents.
func (l *tablerowloop) Property(name string) (any, bool) {
	switch name {
	case "index":
		return int64(l.i + 1), true
	case "index0":
		return int64(l.i), true
	case "rindex":
		return int64(l.length - l.i), true
	case "rindex0":
		return int64(l.length - l.i - 1), true
	case "first":
		return l.i == 0, true
	case "last":
		return l.i == l.length-1, true
	case "length":
		return int64(l.length), true
	case "row":
		return int64(l.row), true
	case "col":
		return int64(l.col), true
	case "col0":
		return int64(l.col - 1), true
	case "col_first":
		return l.col == 1, true
	case "col_last":
		return l.col == l.cols, true
	}
	return nil, false
}

// Keys lists the properties.
func (l *tablerowloop) Keys() []string {
	return []string{"index", "index0", "rindex", "rindex0", "first", "last", "length", "row", "col", "col0", "col_first", "col_last"}
}
