package liquid

import (
	"strconv"
	"strings"
)

type symKind uint8

const (
	symEnd symKind = iota
	symName
	symString
	symNumber
	symOp // == != <> < > <= >=
	symDot
	symDots // ..
	symComma
	symColon
	symPipe
	symAssign
	symOpen  // [
	symClose // ]
	symParen // (
	symUnpar // )
)

// sym is one word or sign of the markup inside a tag.
type sym struct {
	kind symKind
	pos  int
	text string // the source text; for a string what is between the quotes
}

// markup reads the inside of one tag. Its first error sticks: from then on
// it only returns symEnd, so that the parsing functions need no checks.
type markup struct {
	p      *parser
	pos    int
	end    int
	tok    sym
	depth  int
	failed bool
}

// markup starts reading at tok's markup.
func (p *parser) markup(tok token) *markup {
	m := &markup{p: p, pos: tok.start, end: tok.end}
	m.advance()
	return m
}

// fail reports an error once per tag.
func (m *markup) fail(pos int, msg, hint string) {
	if !m.failed {
		m.failed = true
		m.p.fail(pos, msg, hint)
	}
	m.pos = m.end
	m.tok = sym{kind: symEnd, pos: m.end}
}

// unexpected reports the current symbol as wrong.
func (m *markup) unexpected(want string) {
	if m.tok.kind == symEnd {
		m.fail(m.tok.pos, "expected "+want+", found the end of the tag", "")
		return
	}
	m.fail(m.tok.pos, "expected "+want+", found "+strconv.Quote(clip(m.source(m.tok), 40)), "")
}

func (m *markup) source(s sym) string {
	if s.kind == symString {
		return m.p.src[s.pos : s.pos+len(s.text)+2]
	}
	return s.text
}

// accept takes the current symbol if it is of kind k.
func (m *markup) accept(k symKind) bool {
	if m.tok.kind != k {
		return false
	}
	m.advance()
	return true
}

// expect takes the current symbol or reports that want is missing.
func (m *markup) expect(k symKind, want string) bool {
	if m.accept(k) {
		return true
	}
	m.unexpected(want)
	return false
}

// word takes the current symbol if it is the name w.
func (m *markup) word(w string) bool {
	if m.tok.kind != symName || m.tok.text != w {
		return false
	}
	m.advance()
	return true
}

// peek returns the first character behind the current symbol and white
// space, or 0.
func (m *markup) peek() byte {
	for i := m.pos; i < m.end; i++ {
		if !isSpace(m.p.src[i]) {
			return m.p.src[i]
		}
	}
	return 0
}

// done reports what is left over at the end of a tag.
func (m *markup) done() {
	if m.tok.kind != symEnd {
		m.unexpected("the end of the tag")
	}
}

func (m *markup) advance() {
	src := m.p.src
	for m.pos < m.end && isSpace(src[m.pos]) {
		m.pos++
	}
	if m.pos >= m.end || m.failed {
		m.tok = sym{kind: symEnd, pos: m.end}
		return
	}
	start := m.pos
	c := src[start]
	switch {
	case isLetter(c) || c == '_':
		m.name(start)
	case isDigit(c) || c == '-' && start+1 < m.end && isDigit(src[start+1]):
		m.number(start)
	case c == '"' || c == '\'':
		m.quoted(start, c)
	default:
		m.sign(start, c)
	}
}

// name reads letters, digits, _ and -, and a ? at the end.
func (m *markup) name(start int) {
	src := m.p.src
	i := start + 1
	for i < m.end && (isWord(src[i]) || src[i] == '-') {
		i++
	}
	if i < m.end && src[i] == '?' {
		i++
	}
	m.take(symName, start, i)
}

func (m *markup) number(start int) {
	src := m.p.src
	i := start + 1
	for i < m.end && isDigit(src[i]) {
		i++
	}
	if i+1 < m.end && src[i] == '.' && isDigit(src[i+1]) {
		i++
		for i < m.end && isDigit(src[i]) {
			i++
		}
	}
	m.take(symNumber, start, i)
}

func (m *markup) quoted(start int, quote byte) {
	n := strings.IndexByte(m.p.src[start+1:m.end], quote)
	if n < 0 {
		m.fail(start, "the quote is never closed", "add "+string(quote))
		return
	}
	m.pos = start + n + 2
	m.tok = sym{symString, start, m.p.src[start+1 : start+1+n]}
}

func (m *markup) take(k symKind, start, end int) {
	m.pos = end
	m.tok = sym{k, start, m.p.src[start:end]}
}

func (m *markup) sign(start int, c byte) {
	src := m.p.src
	var next byte
	if start+1 < m.end {
		next = src[start+1]
	}
	switch {
	case c == '.' && next == '.':
		m.take(symDots, start, start+2)
		return
	case (c == '=' || c == '!' || c == '<' || c == '>') && next == '=', c == '<' && next == '>':
		m.take(symOp, start, start+2)
		return
	}
	if k := signKind(c); k != symEnd {
		m.take(k, start, start+1)
		return
	}
	hint := ""
	switch c {
	case '&':
		hint = "write and"
	case '+', '-', '*', '/', '%':
		hint = "for arithmetic use the filters plus, minus, times, divided_by and modulo"
	case '!':
		hint = "write != or use unless"
	}
	r := []rune(clip(src[start:m.end], 4))
	m.fail(start, "unexpected character "+strconv.Quote(string(r[:1])), hint)
}

// signKind returns the kind of a sign of one character, or symEnd.
func signKind(c byte) symKind {
	switch c {
	case '.':
		return symDot
	case ',':
		return symComma
	case ':':
		return symColon
	case '|':
		return symPipe
	case '=':
		return symAssign
	case '[':
		return symOpen
	case ']':
		return symClose
	case '(':
		return symParen
	case ')':
		return symUnpar
	case '<', '>':
		return symOp
	}
	return symEnd
}
