package mjml

import "strings"

// attributes reads up to the end of an opening tag, and reports whether it closes itself.
func (p *parser) attributes(n *node) (bare bool) {
	text := p.src.text
	for !p.stopped {
		for p.pos < len(text) && space(text[p.pos]) {
			p.pos++
		}
		switch {
		case p.pos >= len(text) || text[p.pos] == '<':
			p.stop(n.at, n.at+1+len(n.name), "the tag <"+n.name+" is never closed", "add >")
		case text[p.pos] == '>':
			p.pos++
			return false
		case strings.HasPrefix(text[p.pos:], "/>"):
			p.pos += 2
			return true
		case opens(text, p.pos):
			if t, ok := p.liquid(p.pos); ok {
				p.fail(t.at, t.end, "Liquid cannot add attributes to <"+n.name+">", `put it inside the value, as in href="{% if sale %}...{% endif %}", or write the element twice in {% if %} and {% else %}`)
				p.pos = t.end
			}
		default:
			p.attribute(n)
		}
	}
	return false
}

// attribute reads name="value".
func (p *parser) attribute(n *node) {
	text, a := p.src.text, attr{at: p.pos}
	for p.pos < len(text) && !space(text[p.pos]) && !strings.ContainsRune("=<>\"'", rune(text[p.pos])) && !strings.HasPrefix(text[p.pos:], "/>") {
		p.pos++
	}
	if a.name = text[a.at:p.pos]; a.name == "" {
		p.pos++
		p.fail(a.at, p.pos, "this does not belong into the tag <"+n.name+">", `attributes are written name="value"`)
		return
	}
	after := p.pos
	for after < len(text) && space(text[after]) {
		after++
	}
	if after >= len(text) || text[after] != '=' {
		p.fail(a.at, p.pos, "the attribute "+a.name+" has no value", `write `+a.name+`="..."`)
		return
	}
	for after++; after < len(text) && space(text[after]); {
		after++
	}
	p.pos = after
	if after >= len(text) || text[after] != '"' && text[after] != '\'' {
		p.unquoted(&a)
		return
	}
	a.quote, a.valueAt = text[after], after+1
	if !p.quoted(&a) {
		return
	}
	if n.value(a.name) != "" {
		p.fail(a.at, a.end+1, "the attribute "+a.name+" is here twice", "keep one of them")
	}
	n.attrs = append(n.attrs, a)
}

func (p *parser) unquoted(a *attr) {
	begin := p.pos
	for p.pos < len(p.src.text) && !space(p.src.text[p.pos]) && p.src.text[p.pos] != '>' {
		if opens(p.src.text, p.pos) {
			t, ok := p.liquid(p.pos)
			if !ok {
				return
			}
			p.pos = t.end
			continue
		}
		p.pos++
	}
	p.fail(a.at, p.pos, "the value of "+a.name+" is not in quotes", "write "+a.name+`="`+p.src.text[begin:p.pos]+`"`)
}

// quoted reads a value up to its closing quote; quotes within Liquid do not close it.
func (p *parser) quoted(a *attr) bool {
	at := a.valueAt
	for {
		i := strings.IndexByte(p.src.text[at:], a.quote)
		liquid := nextLiquid(p.src.text, at)
		if i >= 0 && at+i < liquid {
			a.end = at + i
			break
		}
		if liquid >= len(p.src.text) {
			p.stop(a.at, a.valueAt, "the value of "+a.name+" is never closed", "add "+string(a.quote))
			return false
		}
		t, ok := p.liquid(liquid)
		if !ok {
			return false
		}
		p.tokens-- // cut counts it
		at = t.end
	}
	p.pos = a.end + 1
	if tag := mjmlTag.FindStringIndex(a.raw(p.src)); tag != nil {
		p.stop(a.at, a.valueAt, "the value of "+a.name+" is not closed before the next element", "add "+string(a.quote)+" behind it")
		return false
	}
	if p.pos < len(p.src.text) && !space(p.src.text[p.pos]) && p.src.text[p.pos] != '>' && p.src.text[p.pos] != '/' {
		p.fail(p.pos, p.pos+1, "there is no space behind the value of "+a.name, "write a space between attributes; a "+string(a.quote)+" inside a value is written "+map[byte]string{'"': "&quot;", '\'': "&#39;"}[a.quote])
	}
	var ok bool
	a.pieces, ok = p.cut(a.valueAt, a.end, true)
	return ok
}
