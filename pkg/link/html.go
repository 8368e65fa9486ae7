package link

import (
	"html"
	"slices"
	"strings"
	"unicode/utf8"
)

// What is read of HTML is the tokenization of https://html.spec.whatwg.org/multipage/parsing.html, as far as telling
// tags, attributes, comments and raw text apart needs it.

// attribute is where an attribute stands in a page. Start is where the one before it or the
// tag's name ends; the value's quotes lie between valueEnd and end.
type attribute struct {
	start, name, nameEnd, value, valueEnd, end int
	ours                                       bool // it is not for the reader of the page
}

// attributes reads those of a tag from behind its name, and returns the place behind its >,
// or the page's end and false if there is none. They are appended to a list that is not nil.
func attributes(in string, at int, list []attribute) (end int, of []attribute, whole bool) {
	for {
		start := at
		for at < len(in) && (space(in[at]) || in[at] == '/') {
			at++
		}
		if at == len(in) {
			return at, list, false
		}
		if in[at] == '>' {
			return at + 1, list, true
		}
		a := attribute{start: start, name: at}
		at++ // whatever it is, an = included, it begins a name
		for at < len(in) && !space(in[at]) && in[at] != '/' && in[at] != '>' && in[at] != '=' {
			at++
		}
		a.nameEnd, a.value, a.valueEnd, a.end = at, at, at, at
		next := at
		for next < len(in) && space(in[next]) {
			next++
		}
		if next < len(in) && in[next] == '=' {
			at = a.read(in, next+1)
		}
		if list != nil {
			list = append(list, a)
		}
	}
}

// read reads the value that stands behind an =, and returns the place behind it.
func (a *attribute) read(in string, at int) int {
	for at < len(in) && space(in[at]) {
		at++
	}
	if at < len(in) && (in[at] == '"' || in[at] == '\'') {
		a.value = at + 1
		n := strings.IndexByte(in[at+1:], in[at])
		if n < 0 {
			a.valueEnd, a.end = len(in), len(in)
			return len(in)
		}
		a.valueEnd, a.end = a.value+n, a.value+n+1
		return a.end
	}
	a.value = at
	for at < len(in) && !space(in[at]) && in[at] != '>' {
		at++
	}
	a.valueEnd, a.end = at, at
	return at
}

// declaration is how long the rest of a <! is. Of a conditional comment that is the
// condition: what is between <!--[if mso]> and <![endif]--> is a page to Outlook, whose links
// should lead where those of the other page do.
func declaration(rest string) (n int, conditional bool) {
	body, comment := strings.CutPrefix(rest, "!--")
	switch {
	case !comment:
		return upTo(rest, ">"), false
	case strings.HasPrefix(body, ">"):
		return len("!-->"), false
	case strings.HasPrefix(body, "->"):
		return len("!--->"), false
	}
	if condition := strings.TrimLeft(body, " \t\r\n\f"); len(condition) > 3 && strings.EqualFold(condition[:3], "[if") {
		opening := strings.Index(condition, "]>")
		if closing := strings.Index(condition, "-->"); opening >= 0 && (closing < 0 || opening < closing) {
			return len(rest) - len(condition) + opening + len("]>"), true
		}
	}
	return len("!--") + upTo(body, "-->"), false
}

// rawElements are those whose content is text, whatever it looks like.
var rawElements = []string{"style", "script", "title", "textarea", "xmp"}

// rawText is how long the text is that follows a tag in which there are no tags: styles,
// scripts, titles.
func rawText(name, rest string) int {
	if !slices.ContainsFunc(rawElements, func(raw string) bool { return len(raw) == len(name) && strings.EqualFold(raw, name) }) {
		return 0
	}
	for at := 0; ; {
		next := strings.Index(rest[at:], "</")
		if next < 0 {
			return len(rest)
		}
		at += next
		if startsWith(rest[at+2:], name) {
			return at
		}
		at += 2
	}
}

// startsWith reports whether a text begins with the name of a tag, in any case.
func startsWith(text, name string) bool {
	return len(text) >= len(name) && strings.EqualFold(text[:len(name)], name) &&
		(len(text) == len(name) || space(text[len(name)]) || text[len(name)] == '>' || text[len(name)] == '/')
}

// upTo is the length of a text up to and with an end, and of all of it without one.
func upTo(text, end string) int {
	if i := strings.Index(text, end); i >= 0 {
		return i + len(end)
	}
	return len(text)
}

func tagName(text string) string {
	for i := range len(text) {
		if c := text[i]; space(c) || c == '/' || c == '>' {
			return text[:i]
		}
	}
	return text
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

// unescape decodes the character references of an attribute. Those of html.UnescapeString are
// those of text: there ?a=1&copy=2 is ?a=1©=2, while an attribute keeps a name without a
// semicolon that goes on with = or a letter, because addresses are written so.
func unescape(s string) string {
	at := strings.IndexByte(s, '&')
	if at < 0 {
		return s
	}
	var b strings.Builder
	for at >= 0 {
		b.WriteString(s[:at])
		s = s[at:]
		end := 1
		for end < len(s) && (letter(s[end]) || s[end] >= '0' && s[end] <= '9' || s[end] == '#' && end == 1) {
			end++
		}
		closed := end < len(s) && s[end] == ';'
		if closed {
			end++
		}
		b.WriteString(reference(s[:end], closed, end < len(s) && s[end] == '='))
		s = s[end:]
		at = strings.IndexByte(s, '&')
	}
	return b.String() + s
}

// reference decodes what may be a character reference.
func reference(text string, closed, beforeEquals bool) string {
	decoded := html.UnescapeString(text)
	switch {
	case decoded == text || strings.HasPrefix(text, "&#"):
		return decoded
	case closed && strings.HasSuffix(decoded, ";") && text != "&semi;": // only its beginning is a name
		return text
	case !closed && (beforeEquals || utf8.RuneCountInString(decoded) != 1):
		return text
	}
	return decoded
}

// escape writes an address into an attribute with double quotes.
func escape(b *strings.Builder, s string) {
	for {
		at := strings.IndexAny(s, `&"<>`)
		if at < 0 {
			b.WriteString(s)
			return
		}
		b.WriteString(s[:at])
		switch s[at] {
		case '&':
			b.WriteString("&amp;")
		case '"':
			b.WriteString("&#34;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		}
		s = s[at+1:]
	}
}
