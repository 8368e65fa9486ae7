package liquid

import (
	"fmt"
	"slices"
	"strconv"
)

// maxParseErrors is how many mistakes one Parse reports.
const maxParseErrors = 20

// parser turns tokens into nodes. It goes on after a mistake, so that an
// author sees all of them at once.
type parser struct {
	eng   *Engine
	tmpl  *Template
	src   string
	lex   lexer
	errs  ParseErrors
	depth int
	over  bool // a limit was hit: stop
	html  htmlState
	track bool // follow the HTML
	// open is the stack of blocks being parsed, for messages.
	open []token
}

// parse compiles one source. The Template is never nil.
func (e *Engine) parse(name, source string) (*Template, ParseErrors) {
	t := &Template{eng: e, name: name, src: source}
	p := &parser{eng: e, tmpl: t, src: source, track: e.mode == HTML && e.strict}
	if len(source) > e.limits.SourceBytes {
		p.limit(0, "SourceBytes")
		return t, p.errs
	}
	p.lex = lexer{src: source, end: len(source), fail: p.fail}
	t.root, _ = p.block(token{})
	if p.track && len(p.errs) == 0 && p.html.mode != htmlText && p.html.mode != htmlComment && p.html.mode != htmlBogus {
		p.fail(len(source), "the template ends inside "+p.html.name(), "close it in the same template")
	}
	slices.SortStableFunc(p.errs, func(a, b *Error) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Col - b.Col
	})
	return t, p.errs
}

// fail reports a mistake, and whether there is room for more.
func (p *parser) fail(pos int, msg, hint string) (goOn bool) {
	if len(p.errs) < maxParseErrors {
		p.errs = append(p.errs, newError(p.tmpl, pos, msg, hint, nil))
	}
	if len(p.errs) == maxParseErrors {
		p.over = true
	}
	return !p.over
}

// limit reports a bound that the source breaks and ends parsing.
func (p *parser) limit(pos int, field string) {
	maximum := p.eng.limits.BlockDepth
	if field == "SourceBytes" {
		maximum = p.eng.limits.SourceBytes
	}
	if !p.over {
		l := &limitError{field, maximum}
		p.errs = append(p.errs, newError(p.tmpl, pos, l.Error(), l.hint(), l))
	}
	p.over = true
}

// block parses nodes up to one of the tags named in ends, and returns that
// tag. An empty ends means the end of the source.
func (p *parser) block(opener token, ends ...string) ([]node, token) {
	if p.depth++; p.depth > p.eng.limits.BlockDepth {
		p.limit(opener.pos, "BlockDepth")
	}
	if len(ends) > 0 {
		p.open = append(p.open, opener)
	}
	defer func() {
		p.depth--
		if len(ends) > 0 {
			p.open = p.open[:len(p.open)-1]
		}
	}()
	var nodes []node
	for !p.over {
		tok := p.lex.next()
		switch tok.kind {
		case tokEOF:
			if len(ends) > 0 {
				p.fail(opener.pos, "{% "+opener.name+" %} is never closed", "add {% "+ends[len(ends)-1]+" %}")
			}
			return nodes, token{kind: tokEOF, pos: tok.pos}
		case tokText:
			nodes = p.text(nodes, tok.start, tok.end)
		case tokOutput:
			if n := p.output(tok); n != nil {
				nodes = append(nodes, n)
			}
		case tokTag:
			if slices.Contains(ends, tok.name) {
				return nodes, tok
			}
			if n := p.tag(tok); n != nil {
				nodes = append(nodes, n)
			}
		}
	}
	p.lex.pos = p.lex.end
	return nodes, token{kind: tokEOF, pos: p.lex.end}
}

// text adds text, cut where a computed address begins or ends.
func (p *parser) text(nodes []node, from, to int) []node {
	if !p.track {
		return append(nodes, newText(from, p.src[from:to]))
	}
	begun := from // start of the text not added yet
	valueAt := -1 // start of the value that is open, if it began here
	for i := from; i < to; {
		was, watched, attr := p.html.inValue(), p.html.watched, p.html.attr
		i += p.html.advance(p.src[i:to])
		switch {
		case !was && p.html.inValue():
			valueAt = i
		case was && !p.html.inValue():
			valueAt = -1
			if watched {
				p.html.watched = false
				if i-1 > begun {
					nodes = append(nodes, newText(begun, p.src[begun:i-1]))
				}
				nodes = append(nodes, &urlEnd{place(i - 1), attr})
				begun = i - 1
			}
		}
	}
	if valueAt >= 0 && p.html.isURL() && !p.settled(valueAt, p.src[valueAt:to]) {
		// Something computed follows inside of the value.
		if valueAt > begun {
			nodes = append(nodes, newText(begun, p.src[begun:valueAt]))
		}
		nodes = append(nodes, &urlStart{place(valueAt)})
		p.html.watched = true
		begun = valueAt
	}
	if begun < to {
		nodes = append(nodes, newText(begun, p.src[begun:to]))
	}
	return nodes
}

// output parses {{ ... }}.
func (p *parser) output(tok token) node {
	m := p.markup(tok)
	if m.tok.kind == symEnd {
		if p.eng.strict && !m.failed {
			p.fail(tok.pos, "{{ }} is empty", "remove it, or name a variable")
		}
		return nil
	}
	return p.outputNode(tok, m.chain())
}

func (p *parser) outputNode(tok token, value *filtered) node {
	return &outputNode{place(value.pos), value, p.allow(tok.pos, value.endsIn("raw"), value.endsIn("json"))}
}

// allow checks that something may be printed at this point of the HTML.
func (p *parser) allow(pos int, raw, isJSON bool) spot {
	if !p.track {
		return spotText
	}
	where, problem, hint := p.html.output(raw, isJSON)
	if problem != "" {
		p.fail(pos, problem, hint)
	}
	return where
}

// branches checks that every way through a block leaves the HTML in the same
// state, since what follows is judged by one state only.
type branches struct {
	p     *parser
	pos   int
	start htmlState
	first *htmlState
}

func (p *parser) branches(tok token) *branches {
	return &branches{p: p, pos: tok.pos, start: p.html}
}

// end is called behind each branch.
func (b *branches) end() {
	if !b.p.track {
		return
	}
	if now := b.p.html; b.first == nil {
		b.first = &now
	} else if now != *b.first && len(b.p.errs) == 0 {
		b.p.fail(b.pos, fmt.Sprintf("one branch of this block ends in %s, another in %s", b.first.name(), now.name()), "let all branches open and close the same HTML")
	}
	b.p.html = b.start
}

// done is called behind the block; skippable means that it may print nothing.
func (b *branches) done(skippable bool) {
	if !b.p.track {
		return
	}
	if skippable {
		b.p.html = b.start
		b.end()
	}
	if b.first != nil {
		b.p.html = *b.first
	}
}

// closing describes the tags that would close the innermost block.
func (p *parser) closing(tok token) {
	if len(p.open) == 0 {
		p.fail(tok.pos, "{% "+tok.name+" %} closes nothing", "")
		return
	}
	o := p.open[len(p.open)-1]
	line, col := lineCol(p.src, o.pos)
	p.fail(tok.pos, fmt.Sprintf("{%% %s %%} does not belong to {%% %s %%} of %d:%d, which is still open", tok.name, o.name, line, col), "")
}

// variableName reads the name of a variable to be set.
func (m *markup) variableName() string {
	t := m.tok
	switch {
	case t.kind == symName && t.text[len(t.text)-1] != '?':
	case t.kind == symString:
	case t.kind == symNumber && !m.p.eng.strict && t.text[0] != '-':
	default:
		m.unexpected("the name of a variable")
		return ""
	}
	if _, reserved := keyword(t.text); reserved && m.p.eng.strict {
		m.fail(t.pos, strconv.Quote(t.text)+" is a reserved word", "choose another name")
		return ""
	}
	m.advance()
	return t.text
}
