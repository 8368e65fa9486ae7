package liquid

import (
	"strings"
)

type tokenKind uint8

const (
	tokEOF tokenKind = iota
	tokText
	tokOutput
	tokTag
)

// token is one piece of a template: text, {{ output }} or {% tag %}.
type token struct {
	kind tokenKind
	pos  int // offset of its first byte
	// start and end bound the text, or the markup between the delimiters;
	// for a tag start is behind the name.
	start, end int
	name       string // of a tag; "#" for an inline comment
	namePos    int
}

// lexer cuts a template, or the lines of a {% liquid %} tag, into tokens.
// It works on offsets into the whole source, so that positions stay true.
type lexer struct {
	src   string
	pos   int
	end   int
	lines bool // inside {% liquid %}: one tag per line
	trim  bool // the last tag ended in -%}, so text starts after white space
	// fail reports a fault that the lexer met, and whether to go on.
	fail func(pos int, msg, hint string) bool
}

// next returns the next token; tokEOF at the end.
func (l *lexer) next() token {
	if l.lines {
		return l.nextLine()
	}
	if l.pos >= l.end {
		return token{kind: tokEOF, pos: l.end}
	}
	open := l.findOpen(l.pos)
	if open > l.pos {
		if tok, ok := l.textToken(open); ok {
			return tok
		}
	}
	if l.pos >= l.end {
		return token{kind: tokEOF, pos: l.end}
	}
	l.trim = false
	if l.src[l.pos+1] == '{' {
		return l.delimited(tokOutput, "}}")
	}
	return l.delimited(tokTag, "%}")
}

// findOpen returns the offset of the next "{{" or "{%", or the end.
func (l *lexer) findOpen(from int) int {
	for from < l.end-1 {
		i := strings.IndexByte(l.src[from:l.end-1], '{')
		if i < 0 {
			break
		}
		from += i
		if c := l.src[from+1]; c == '{' || c == '%' {
			return from
		}
		from++
	}
	return l.end
}

// textToken returns the text up to open, less the white space that the tags
// around it take away; it reports false when nothing is left.
func (l *lexer) textToken(open int) (token, bool) {
	start, end := l.pos, open
	if l.trim {
		for start < end && isSpace(l.src[start]) {
			start++
		}
		l.trim = false
	}
	if open+2 < l.end && l.src[open+2] == '-' {
		for end > start && isSpace(l.src[end-1]) {
			end--
		}
	}
	l.pos = open
	return token{kind: tokText, pos: start, start: start, end: end}, end > start
}

// delimited reads a tag or an output that starts at l.pos.
func (l *lexer) delimited(kind tokenKind, closer string) token {
	pos := l.pos
	inner := pos + 2
	n := strings.Index(l.src[inner:l.end], closer)
	if n < 0 {
		l.unclosed(pos, closer)
		l.pos = l.end
		return token{kind: tokEOF, pos: l.end}
	}
	end := inner + n
	l.pos = end + 2
	if inner < end && l.src[inner] == '-' {
		inner++
	}
	if end > inner && l.src[end-1] == '-' {
		end--
		l.trim = true
	}
	tok := token{kind: kind, pos: pos, start: inner, end: end}
	if kind == tokTag {
		l.splitName(&tok)
	}
	if tok.name != "#" && tok.name != "liquid" {
		if i := opening(l.src[inner:end]); i >= 0 {
			// The closing delimiter found is that of another tag.
			if !l.unclosed(pos, closer) {
				l.pos = l.end
				return token{kind: tokEOF, pos: l.end}
			}
			l.pos, l.trim = inner+i, false
			return l.next()
		}
	}
	return tok
}

// opening finds a "{{" or "{%" outside of quotes; -1 if there is none.
func opening(markup string) int {
	var quote byte
	for i := 0; i < len(markup); i++ {
		c := markup[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{' && i+1 < len(markup) && (markup[i+1] == '{' || markup[i+1] == '%'):
			return i
		}
	}
	return -1
}

func (l *lexer) unclosed(pos int, closer string) (goOn bool) {
	if closer == "}}" {
		return l.fail(pos, "{{ is never closed", "add }}")
	}
	return l.fail(pos, "{% is never closed", "add %}")
}

// splitName cuts the tag's name off its markup.
func (l *lexer) splitName(tok *token) {
	i := tok.start
	for i < tok.end && isSpace(l.src[i]) {
		i++
	}
	tok.namePos = i
	if i < tok.end && l.src[i] == '#' {
		tok.name, tok.start = "#", i+1
		return
	}
	for i < tok.end && isWord(l.src[i]) {
		i++
	}
	tok.name, tok.start = l.src[tok.namePos:i], i
}

// nextLine reads one line of a {% liquid %} tag.
func (l *lexer) nextLine() token {
	for l.pos < l.end {
		start := l.pos
		end := l.end
		if n := strings.IndexByte(l.src[start:l.end], '\n'); n >= 0 {
			end = start + n
		}
		l.pos = end + 1
		for start < end && isSpace(l.src[start]) {
			start++
		}
		for end > start && isSpace(l.src[end-1]) {
			end--
		}
		if start == end {
			continue
		}
		tok := token{kind: tokTag, pos: start, start: start, end: end}
		l.splitName(&tok)
		return tok
	}
	return token{kind: tokEOF, pos: l.end}
}

// rawBody skips to the tag named end and returns the bounds of what lies
// before it. Nothing inside is looked at: {% raw %} and {% doc %} may hold
// broken Liquid.
func (l *lexer) rawBody(end string) (from, to int, ok bool) {
	from = l.pos
	at := from
	for {
		i := strings.Index(l.src[at:l.end], "{%")
		if i < 0 {
			l.pos = l.end
			return from, l.end, false
		}
		at += i
		if stop, trim, ok := l.matchTag(at, end); ok {
			l.pos, l.trim = stop, trim
			return from, at, true
		}
		at += 2
	}
}

// matchTag reports whether the tag at offset at has the given name, and where
// it stops.
func (l *lexer) matchTag(at int, name string) (stop int, trim, ok bool) {
	i := at + 2
	if i < l.end && l.src[i] == '-' {
		i++
	}
	for i < l.end && isSpace(l.src[i]) {
		i++
	}
	if !strings.HasPrefix(l.src[i:l.end], name) {
		return 0, false, false
	}
	i += len(name)
	for i < l.end && isSpace(l.src[i]) {
		i++
	}
	if strings.HasPrefix(l.src[i:l.end], "-%}") {
		return i + 3, true, true
	}
	return i + 2, false, strings.HasPrefix(l.src[i:l.end], "%}")
}

// skipComment skips to the {% endcomment %} that closes the comment just
// opened; comments nest, and raw blocks inside hide what they hold.
func (l *lexer) skipComment() bool {
	depth := 1
	for depth > 0 {
		tok := token{kind: tokEOF}
		if l.lines {
			tok = l.nextLine()
		} else if i := strings.Index(l.src[l.pos:l.end], "{%"); i >= 0 {
			l.pos += i
			if !strings.Contains(l.src[l.pos:l.end], "%}") {
				return false
			}
			l.trim = false
			tok = l.delimited(tokTag, "%}")
		}
		switch {
		case tok.kind == tokEOF:
			l.pos = l.end
			return false
		case tok.name == "comment":
			depth++
		case tok.name == "endcomment":
			depth--
		case tok.name == "raw" && !l.lines:
			if _, _, ok := l.rawBody("endraw"); !ok {
				return false
			}
		}
	}
	return true
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v'
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c)
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// lower is strings.ToLower; for names in ASCII it seldom allocates.
func lower(s string) string { return strings.ToLower(s) }
