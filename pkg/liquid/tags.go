package liquid

import (
	"slices"
	"strconv"
	"strings"
)

// tagNames lists the tags, for "did you mean".
func tagNames() []string {
	return []string{
		"assign", "break", "capture", "case", "comment", "continue", "cycle", "decrement", "doc", "echo", "for", "if",
		"ifchanged", "include", "increment", "liquid", "raw", "render", "tablerow", "unless",
		"else", "elsif", "when", "endcapture", "endcase", "endcomment", "enddoc", "endfor", "endif", "endifchanged",
		"endraw", "endtablerow", "endunless",
	}
}

// tag parses one tag, and for a block everything up to its end. It returns
// nil for what leaves nothing behind.
func (p *parser) tag(tok token) node {
	switch tok.name {
	case "assign":
		return p.assignTag(tok)
	case "capture":
		return p.captureTag(tok)
	case "case":
		return p.caseTag(tok)
	case "comment":
		p.commentTag(tok)
	case "#":
		p.inlineComment(tok)
	case "cycle":
		return p.cycleTag(tok)
	case "increment", "decrement":
		return p.counterTag(tok)
	case "doc":
		p.docTag(tok)
	case "echo":
		return p.output(tok)
	case "for":
		return p.forTag(tok)
	case "tablerow":
		return p.tablerowTag(tok)
	case "break":
		return p.interruptTag(tok, breakLoop)
	case "continue":
		return p.interruptTag(tok, continueLoop)
	case "if", "unless":
		return p.ifTag(tok)
	case "ifchanged":
		return p.ifchangedTag(tok)
	case "include", "render":
		return p.partialTag(tok)
	case "liquid":
		return p.liquidTag(tok)
	case "raw":
		return p.rawTag(tok)
	case "else", "elsif", "when":
		p.closing(tok)
	default:
		p.unknownTag(tok)
	}
	return nil
}

func (p *parser) unknownTag(tok token) {
	switch {
	case strings.HasPrefix(tok.name, "end") && (len(p.open) > 0 || slices.Contains(tagNames(), tok.name)):
		p.closing(tok)
	case tok.name != "":
		p.fail(tok.namePos, "unknown tag "+strconv.Quote(tok.name), didYouMean(tok.name, tagNames()))
	case tok.start < tok.end && strings.TrimSpace(p.src[tok.start:tok.end]) != "":
		p.fail(tok.namePos, "expected the name of a tag", "")
	case p.eng.strict:
		p.fail(tok.pos, "{% %} is empty", "remove it, or name a tag")
	}
}

// noMarkup reports what stands behind the name of a tag that takes nothing.
func (p *parser) noMarkup(tok token) {
	if rest := strings.TrimSpace(p.src[tok.start:tok.end]); rest != "" && p.eng.strict {
		p.fail(tok.start, "{% "+tok.name+" %} takes nothing behind its name, found "+strconv.Quote(clip(rest, 40)), "")
	}
}

// interruptNode is {% break %} or {% continue %}.
type interruptNode struct {
	place
	kind interrupt
}

func (p *parser) interruptTag(tok token, kind interrupt) node {
	p.noMarkup(tok)
	return &interruptNode{place(tok.pos), kind}
}

func (n *interruptNode) render(r *renderer) error {
	r.stop = n.kind
	return nil
}

func (n *interruptNode) blank() bool       { return false }
func (n *interruptNode) analyze(*analysis) {}

// commentTag skips a comment.
func (p *parser) commentTag(tok token) {
	p.noMarkup(tok)
	if !p.lex.skipComment() {
		p.fail(tok.pos, "{% comment %} is never closed", "add {% endcomment %}")
	}
}

// inlineComment checks {% # ... %}: each of its lines begins with #, so that
// code cannot hide behind a comment.
func (p *parser) inlineComment(tok token) {
	for rest := p.src[tok.start:tok.end]; ; {
		i := strings.IndexByte(rest, '\n')
		if i < 0 {
			return
		}
		rest = strings.TrimLeft(rest[i+1:], " \t\r\n")
		if rest != "" && rest[0] != '#' {
			p.fail(tok.end-len(rest), "each line of a comment has to begin with #", "")
			return
		}
	}
}

// docTag skips {% doc %}, in which a partial explains its parameters.
func (p *parser) docTag(tok token) {
	p.noMarkup(tok)
	if p.lex.lines {
		p.fail(tok.pos, "{% doc %} cannot stand inside {% liquid %}", "")
		return
	}
	from, to, ok := p.lex.rawBody("enddoc")
	if !ok {
		p.fail(tok.pos, "{% doc %} is never closed", "add {% enddoc %}")
		return
	}
	inner := lexer{src: p.src, pos: from, end: to}
	for at := from; at < to; {
		i := strings.Index(p.src[at:to], "{%")
		if i < 0 {
			return
		}
		at += i
		if _, _, nested := inner.matchTag(at, "doc"); nested {
			p.fail(at, "{% doc %} cannot nest", "close the outer one first")
			return
		}
		at += 2
	}
}

// rawTag keeps text as it is, Liquid included.
func (p *parser) rawTag(tok token) node {
	p.noMarkup(tok)
	if p.lex.lines {
		p.fail(tok.pos, "{% raw %} cannot stand inside {% liquid %}", "")
		return nil
	}
	p.lex.trim = false
	from, to, ok := p.lex.rawBody("endraw")
	if !ok {
		p.fail(tok.pos, "{% raw %} is never closed", "add {% endraw %}")
		return nil
	}
	if from == to {
		return nil
	}
	nodes := p.text(nil, from, to)
	for _, n := range nodes {
		if t, ok := n.(*textNode); ok {
			t.white = false
		}
	}
	return &groupNode{place(tok.pos), nodes}
}

// groupNode is nodes that belong to one tag.
type groupNode struct {
	place
	nodes []node
}

// liquidTag parses the lines of {% liquid %}, each of them a tag.
func (p *parser) liquidTag(tok token) node {
	outer, open := p.lex, p.open
	p.lex = lexer{src: p.src, pos: tok.start, end: tok.end, lines: true, fail: p.fail}
	p.open = nil
	nodes, _ := p.block(tok)
	p.lex, p.open = outer, open
	if p.over {
		p.lex.pos = p.lex.end
	}
	if len(nodes) == 0 {
		return nil
	}
	return &groupNode{place(tok.pos), nodes}
}

func (n *groupNode) render(r *renderer) error { return r.block(n.nodes) }
func (n *groupNode) blank() bool              { return allBlank(n.nodes) }

func (n *groupNode) analyze(a *analysis) { a.nodes(n.nodes) }
