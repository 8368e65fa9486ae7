package mjml

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// emitter writes a document as the official compiler reads it: with a word in the place of each token of Liquid, and one
// element a line, so that the line of a message is that of one element.
type emitter struct {
	b      strings.Builder
	line   int
	table  table
	lines  map[int]*node
	marks  []mark
	word   string // what stands for a token begins with it
	colour string // for one that is a colour
}

// mark is what a word stands for.
type mark struct {
	src  *source
	at   int
	text string
	lost bool // it is wrong when it does not reach the HTML
}

// emit writes a document.
func emit(d *document, files []*source, t table) *emitter {
	e := &emitter{table: t, line: 1, lines: map[int]*node{}, word: unused("rpq", files), colour: unused("#e7d", files)}
	e.node(d.mjml)
	return e
}

// unused is a beginning that no file holds, made longer until that is so.
func unused(word string, files []*source) string {
	holds := func(f *source) bool { return strings.Contains(strings.ToLower(f.text), word) }
	for i := 0; slices.ContainsFunc(files, holds); i++ {
		if word[0] == '#' {
			word = word[:1] + strconv.FormatInt(int64(0xe7d+i), 16)
			continue
		}
		word += "q"
	}
	return word
}

func (e *emitter) write(s string) {
	e.b.WriteString(s)
	e.line += strings.Count(s, "\n")
}

// mark returns what stands for a token: a comment between elements, where a table must hold no text, and a word inside
// tags, comments and styles.
func (e *emitter) mark(src *source, at, end int, opaque, lost bool) string {
	e.marks = append(e.marks, mark{src: src, at: at, text: src.text[at:end], lost: lost})
	word := e.word + strconv.Itoa(len(e.marks)-1)
	if opaque {
		return word + "z"
	}
	return "<!--" + word + "c-->"
}

func (e *emitter) node(n *node) {
	e.lines[e.line] = n
	switch n.kind {
	case liquidNode:
		e.write(e.mark(n.src, n.at, n.open, false, true) + "\n")
		return
	case commentNode:
		e.pieces(n.src, n.pieces, false)
		e.write("\n")
		return
	}
	e.write("<" + n.name)
	for _, a := range n.attrs {
		e.attribute(n, a)
	}
	e.write(">")
	e.pieces(n.src, n.pieces, true)
	if len(n.children) > 0 {
		e.write("\n")
	}
	for _, child := range n.children {
		e.node(child)
	}
	e.write("</" + n.name + ">\n")
}

func (e *emitter) pieces(src *source, pieces []piece, lost bool) {
	for _, p := range pieces {
		if p.liquid {
			e.write(e.mark(src, p.at, p.end, p.opaque, lost))
		} else {
			e.write(src.text[p.at:p.end])
		}
	}
}

func (e *emitter) attribute(n *node, a attr) {
	e.write(" " + a.name + "=" + string(a.quote))
	liquid := slices.ContainsFunc(a.pieces, func(p piece) bool { return p.liquid })
	switch {
	case a.valueAt == 0:
		e.write("inline") // of a style that was included
	case liquid && e.table.typeOf(n.name, a.name) == "color" && len(e.marks) <= 0xfff:
		// A colour has to look like one. Six digits leave three to count with.
		e.mark(n.src, a.valueAt, a.end, true, false)
		e.write(e.colour + pad(strconv.FormatInt(int64(len(e.marks)-1), 16), 7-len(e.colour)))
	default:
		e.pieces(n.src, a.pieces, false)
	}
	e.write(string(a.quote))
}

func pad(digits string, n int) string { return strings.Repeat("0", max(0, n-len(digits))) + digits }

// Token is a piece of Liquid in HTML, and where it was written.
type token struct {
	Line, Col int // in the HTML, Col in bytes
	Lines     int // how many line ends it has
	Source    Place
}

// restore puts Liquid back in the place of words, and tells where each came to stand.
func (e *emitter) restore(html string, r *report) (string, []token) {
	words := regexp.MustCompile(`<!--` + e.word + `(\d+)c-->|` + e.word + `(\d+)z|` + e.colour + `([0-9a-fA-F]{` + strconv.Itoa(7-len(e.colour)) + `})`)
	seen := make([]bool, len(e.marks))
	var out strings.Builder
	var tokens []token
	at, line, begin := 0, 1, 0 // begin is where the line begins in out
	put := func(s string) {
		if n := strings.Count(s, "\n"); n > 0 {
			line, begin = line+n, out.Len()+strings.LastIndexByte(s, '\n')+1
		}
		out.WriteString(s)
	}
	for _, m := range words.FindAllStringSubmatchIndex(html, -1) {
		i, ok := e.which(html, m)
		if !ok {
			continue
		}
		put(html[at:m[0]])
		at = m[1]
		mark := e.marks[i]
		seen[i] = true
		tokens = append(tokens, token{Line: line, Col: out.Len() - begin + 1, Lines: strings.Count(mark.text, "\n"), Source: mark.src.place(mark.at)})
		put(mark.text)
	}
	put(html[at:])
	for i, m := range e.marks {
		if m.lost && !seen[i] {
			r.fail(m.src, m.at, m.at+len(m.text), "this Liquid does not reach the mail: MJML drops what stands here", "move it into <mj-text> or <mj-raw>, or put it around the element")
		}
	}
	return out.String(), tokens
}

// which is the number of the mark that a match stands for.
func (e *emitter) which(html string, m []int) (int, bool) {
	digits, base := m[2:4], 10
	if m[2] < 0 {
		digits = m[4:6]
	}
	if digits[0] < 0 {
		digits, base = m[6:8], 16
	}
	i, err := strconv.ParseInt(html[digits[0]:digits[1]], base, 32)
	return int(i), err == nil && int(i) < len(e.marks)
}

// plain puts Liquid back into a message.
func (e *emitter) plain(message string) string {
	text, _ := e.restore(message, &report{})
	return text
}
