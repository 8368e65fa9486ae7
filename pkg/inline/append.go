package inline

import (
	"slices"
	"strings"
)

// open is an element whose end has not come yet.
type open struct {
	tag
	id, class string
	children  int // elements that began inside of it
	index     int // among its siblings, from 1
}

// writing is one page on its way.
type writing struct {
	*Sheet
	stack   []open
	matches []int
	said    []declaration
	known   []known
	texts   []byte // of known
}

// deepest bounds the stack: elements that lie deeper are written as they are.
const deepest = 500

// Append appends the page to dst, with the rules of the sheet in the style attributes of the elements they are for.
func (s *Sheet) Append(dst []byte, page string) []byte {
	if s == nil {
		return append(dst, page...)
	}
	w := writing{Sheet: s, matches: make([]int, 0, 8)}
	switch {
	case s.tags:
	case s.flat:
		w.stack = make([]open, 1, 2)
	default:
		w.stack = make([]open, 1, 24) // usual ones
	}
	done := 0
	for i := 0; ; {
		t, ok := nextTag(page, i)
		if !ok {
			break
		}
		i = t.end
		if t.closes {
			if !w.flat {
				w.close(t.name)
			}
			continue
		}
		if rawText(t.name) {
			if end := endOfRaw(page, i, t.name); end >= 0 {
				i = end
			}
			continue
		}
		if w.tags {
			w.matches = w.named(t.name)
		} else {
			w.match(w.open(&t))
		}
		if len(w.matches) > 0 {
			dst = append(dst, page[done:t.begin]...)
			dst = w.write(dst, &t)
			done = t.end
		}
		if w.tags {
			continue
		}
		if w.flat || page[t.end-2] == '/' || void(t.name) || len(w.stack) > deepest {
			w.stack = w.stack[:len(w.stack)-1]
		}
	}
	return append(dst, page[done:]...)
}

// named are the rules of a sheet for names alone, weakest first.
func (s *Sheet) named(name string) []int {
	for i := range s.names {
		if n := s.names[i]; len(n) == len(name) && strings.EqualFold(n, name) {
			return s.byTag[n]
		}
	}
	return nil
}

// open puts an element on the stack, after those that it ends.
func (w *writing) open(t *tag) *open {
	switch {
	case w.flat:
	case is(t.name, "td", "th"):
		w.end("tr", "td", "th")
	case is(t.name, "tr"):
		w.end("table", "tr")
	case is(t.name, "tbody", "thead", "tfoot"):
		w.end("table", "tbody", "thead", "tfoot")
	case is(t.name, "li"):
		w.end("", "li")
	case is(t.name, "dt", "dd"):
		w.end("", "dt", "dd")
	case is(t.name, "p", "div", "table", "ul", "ol", "dl", "hr", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "center"):
		if is(w.stack[len(w.stack)-1].name, "p") {
			w.stack = w.stack[:len(w.stack)-1]
		}
	}
	parent := &w.stack[len(w.stack)-1]
	parent.children++
	e := open{tag: *t, index: parent.children}
	for i := t.attrs; ; {
		a, ok := t.next(i)
		if !ok {
			break
		}
		switch {
		case strings.EqualFold(a.name, "class"):
			e.class = a.value
		case strings.EqualFold(a.name, "id"):
			e.id = a.value
		}
		i = a.to
	}
	w.stack = append(w.stack, e)
	return &w.stack[len(w.stack)-1]
}

// end ends the innermost element of some names whose end tags may be left out, unless there is a within, a list or a cell
// between.
func (w *writing) end(within string, names ...string) {
	for i := len(w.stack) - 1; i > 0; i-- {
		name := w.stack[i].name
		if is(name, names...) {
			w.stack = w.stack[:i]
			return
		}
		if strings.EqualFold(name, within) || is(name, "table", "ul", "ol", "dl") || within != "table" && is(name, "td", "th") {
			return
		}
	}
}

// close ends an element and all inside of it. An end tag without a begin is none, and one does not reach out of a cell.
func (w *writing) close(name string) {
	for i := len(w.stack) - 1; i > 0; i-- {
		if strings.EqualFold(w.stack[i].name, name) {
			w.stack = w.stack[:i]
			return
		}
		if is(w.stack[i].name, "td", "th") && !is(name, "tr", "tbody", "thead", "tfoot", "table", "body", "html") {
			return
		}
	}
}

// is reports whether a name is one of some in lower case.
func is(name string, some ...string) bool {
	for _, n := range some {
		if len(n) == len(name) && strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

func void(name string) bool {
	return is(name, "br", "img", "hr", "meta", "link", "input", "col", "area", "base", "wbr", "source", "embed", "track")
}

// match finds the rules for the innermost element, weakest first.
func (w *writing) match(e *open) {
	w.matches = w.matches[:0]
	if e.id != "" && len(w.byID) > 0 {
		w.consider(w.byID[e.id])
	}
	if len(w.byClass) > 0 {
		for rest := e.class; rest != ""; {
			for rest != "" && blank(rest[0]) {
				rest = rest[1:]
			}
			n := 0
			for n < len(rest) && !blank(rest[n]) {
				n++
			}
			w.consider(w.byClass[rest[:n]])
			rest = rest[n:]
		}
	}
	if len(w.byTag) > 0 {
		rules, ok := w.byTag[e.name]
		if !ok && strings.ToLower(e.name) != e.name {
			rules = w.byTag[strings.ToLower(e.name)]
		}
		w.consider(rules)
	}
	w.consider(w.others)
	if len(w.matches) > 1 {
		slices.SortFunc(w.matches, func(a, b int) int {
			if d := w.rules[a].weight - w.rules[b].weight; d != 0 {
				return d
			}
			return a - b
		})
		w.matches = slices.Compact(w.matches)
	}
}

func (w *writing) consider(rules []int) {
	for _, i := range rules {
		if w.fits(w.rules[i].parts, len(w.stack)-1) {
			w.matches = append(w.matches, i)
		}
	}
}

// fits reports whether the element at a place of the stack, and those around it, are what the parts say.
func (w *writing) fits(parts []compound, at int) bool {
	last := &parts[len(parts)-1]
	if !last.fits(&w.stack[at]) {
		return false
	}
	parts = parts[:len(parts)-1]
	if len(parts) == 0 {
		return true
	}
	if last.child {
		return at > 1 && w.fits(parts, at-1)
	}
	for up := at - 1; up > 0; up-- {
		if w.fits(parts, up) {
			return true
		}
	}
	return false
}

func (c *compound) fits(e *open) bool {
	if c.tag != "" && !strings.EqualFold(c.tag, e.name) || c.id != "" && c.id != e.id || c.nth != nil && !c.nth(e.index) {
		return false
	}
	for _, class := range c.classes {
		if !hasWord(e.class, class) {
			return false
		}
	}
	for _, cond := range c.attrs {
		if !e.has(cond.name) || !cond.holds(e.value(cond.name)) {
			return false
		}
	}
	return true
}
