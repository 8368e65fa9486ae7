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
			w.matches = w.byTag[t.name]
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

// open puts an element on the stack, after those that it ends.
func (w *writing) open(t *tag) *open {
	if !w.flat {
		w.endBefore(t.name)
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
		case len(a.name) == len("class") && strings.EqualFold(a.name, "class"):
			e.class = a.value
		case len(a.name) == len("id") && strings.EqualFold(a.name, "id"):
			e.id = a.value
		}
		i = a.to
	}
	w.stack = append(w.stack, e)
	return &w.stack[len(w.stack)-1]
}

// endBefore ends the elements whose end tags are left out before one of a name.
func (w *writing) endBefore(name string) {
	switch name {
	case "td", "th":
		w.end("tr", "td", "th", "")
	case "tr":
		w.end("table", "tr", "", "")
	case "tbody", "thead", "tfoot":
		w.end("table", "tbody", "thead", "tfoot")
	case "li":
		w.end("", "li", "", "")
	case "dt", "dd":
		w.end("", "dt", "dd", "")
	case "p", "div", "table", "ul", "ol", "dl", "hr", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "center":
		if last := len(w.stack) - 1; w.stack[last].name == "p" {
			w.stack = w.stack[:last]
		}
	}
}

// end ends the innermost element of up to three names whose end tags may be left out, unless there is a within, a list or a
// cell between.
func (w *writing) end(within, one, two, three string) {
	for i := len(w.stack) - 1; i > 0; i-- {
		switch name := w.stack[i].name; name {
		case "":
		case one, two, three:
			w.stack = w.stack[:i]
			return
		case within, "table", "ul", "ol", "dl":
			return
		case "td", "th":
			if within != "table" {
				return
			}
		}
	}
}

// close ends an element and all inside of it. An end tag without a begin is none, and one does not reach out of a cell.
func (w *writing) close(name string) {
	for i := len(w.stack) - 1; i > 0; i-- {
		switch w.stack[i].name {
		case name:
			w.stack = w.stack[:i]
			return
		case "td", "th":
			switch name {
			case "tr", "tbody", "thead", "tfoot", "table", "body", "html":
			default:
				return
			}
		}
	}
}

func void(name string) bool {
	switch name {
	case "br", "img", "hr", "meta", "link", "input", "col", "area", "base", "wbr", "source", "embed", "track":
		return true
	}
	return false
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
		w.consider(w.byTag[e.name])
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
	if c.tag != "" && c.tag != e.name || c.id != "" && c.id != e.id || c.nth != nil && !c.nth(e.index) {
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
