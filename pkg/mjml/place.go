package mjml

import (
	"regexp"
	"slices"
	"sort"
	"strings"

	"rapport/pkg/condition/spelling"
)

// Place finds where a place in the HTML was written: that of the Liquid that stands there, or else of the last one before
// it. Both are counted from 1, in characters. ok is false when there is no Liquid before it.
func (r Result) Place(line, col int) (at Place, ok bool) {
	col = r.bytes(line, col)
	i := sort.Search(len(r.tokens), func(i int) bool {
		t := r.tokens[i]
		return t.Line > line || t.Line == line && t.Col > col
	}) - 1
	if i < 0 {
		return Place{}, false
	}
	t := r.tokens[i]
	at = t.Source
	switch {
	case line == t.Line && t.Lines == 0:
		at.Col += col - t.Col
	case line == t.Line:
		at.Col += col - t.Col
	case line <= t.Line+t.Lines:
		at.Line += line - t.Line
		at.Col = col
	}
	return at, true
}

// bytes is a column of a line of the HTML in bytes.
func (r Result) bytes(line, col int) int {
	text := r.HTML
	for ; line > 1; line-- {
		i := strings.IndexByte(text, '\n')
		if i < 0 {
			return col
		}
		text = text[i+1:]
	}
	for i := range text {
		if col--; col <= 0 {
			return i + 1
		}
	}
	return len(text) + 1
}

var (
	illegal = regexp.MustCompile(`^Attributes? (.+) (?:is|are) illegal$`)
	invalid = regexp.MustCompile(`^Attribute (\S+) has invalid value: `)
)

// problem turns an error of the official compiler into one at its place in the files.
func (e *emitter) problem(line int, tag, message string, r *report) {
	n := e.lines[line]
	if n == nil {
		r.errors = append(r.errors, Problem{Place: Place{File: e.lines[1].src.name, Line: 1, Col: 1}, Width: 1, Message: tag + ": " + e.plain(message)})
		return
	}
	if m := illegal.FindStringSubmatch(message); m != nil {
		for _, name := range strings.Split(m[1], ", ") {
			at, end := n.attributeAt(name)
			known := r.table.attributes(n.name)
			hint := spelling.DidYouMean(name, known)
			r.fail(n.src, at, end, "<"+n.name+"> has no attribute "+name, hint)
		}
		return
	}
	if m := invalid.FindStringSubmatch(message); m != nil {
		if i := slices.IndexFunc(n.attrs, func(a attr) bool { return a.name == m[1] }); i >= 0 {
			a := n.attrs[i]
			r.fail(n.src, a.valueAt, a.end, clip("the value "+a.raw(n.src))+" is not possible for "+a.name+" of <"+n.name+">", wanted(r.table.typeOf(n.name, a.name)))
			return
		}
	}
	message = clip(e.plain(message))
	r.fail(n.src, n.at, n.open, message, "")
}

var typeSyntax = regexp.MustCompile(`^(\w+)\(([^)]*)\)(?:\{(\d)(?:,(\d))?\})?$`)

// wanted says what values of a type look like.
func wanted(kind string) string {
	m := typeSyntax.FindStringSubmatch(kind)
	switch {
	case kind == "color":
		return "write a colour, such as #cc0000 or red"
	case kind == "integer", kind == "boolean":
		return map[string]string{"integer": "write a whole number", "boolean": "write true or false"}[kind]
	case m == nil:
		return ""
	case m[1] == "enum":
		return "write " + strings.Join(strings.Split(m[2], ","), " or ")
	}
	units := slices.DeleteFunc(strings.Split(m[2], ","), func(u string) bool { return u == "" })
	many := "a number"
	if m[4] != "" {
		many = m[3] + " to " + m[4] + " numbers"
	}
	return "write " + many + " with " + strings.Join(units, " or ")
}

// clip keeps a message that quotes what somebody wrote readable.
func clip(message string) string {
	const most = 300
	if r := []rune(message); len(r) > most {
		return string(r[:most/2]) + " ... " + string(r[len(r)-most/2:])
	}
	return message
}

// attributeAt is where an attribute's name stands, or the element's when it has none of the name.
func (n *node) attributeAt(name string) (at, end int) {
	for _, a := range n.attrs {
		if a.name == name {
			return a.at, a.at + len(name)
		}
	}
	return n.at, n.open
}
