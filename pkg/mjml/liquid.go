package mjml

import (
	"regexp"
	"strings"
)

// piece is a stretch of a file: Liquid, or what is between.
type piece struct {
	at, end int
	liquid  bool
	tag     string // the name of a {% tag %}; "" for {{ output }}
	opaque  bool   // in a tag, a comment or a style: where no comment can stand in for it
}

var (
	tagName  = regexp.MustCompile(`^\{%-?\s*([a-z_#]+)`)
	mjmlTag  = regexp.MustCompile(`</?mj-?[a-z]`)
	endOfRaw = map[string]*regexp.Regexp{
		"raw": ending("raw"), "comment": ending("comment"), "doc": ending("doc"),
	}
)

func ending(name string) *regexp.Regexp { return regexp.MustCompile(`\{%-?\s*end` + name + `\s*-?%\}`) }

// opens reports whether Liquid begins at an offset.
func opens(text string, at int) bool {
	return at+1 < len(text) && text[at] == '{' && (text[at+1] == '{' || text[at+1] == '%')
}

// nextLiquid is the offset of the next Liquid, or the text's end.
func nextLiquid(text string, from int) int {
	for ; from < len(text); from++ {
		i := strings.IndexByte(text[from:], '{')
		if i < 0 {
			break
		}
		if from += i; opens(text, from) {
			return from
		}
	}
	return len(text)
}

// readLiquid reads the token that begins at an offset as pkg/liquid does: it ends with the first }} or %}. Blocks whose
// content is no Liquid are one token, unless there is MJML in them. ok is false when the token is never closed.
func readLiquid(text string, at int) (p piece, ok bool) {
	p = piece{at: at, end: len(text), liquid: true}
	closer := "}}"
	if text[at+1] == '%' {
		closer = "%}"
		if m := tagName.FindStringSubmatch(text[at:]); m != nil {
			p.tag = m[1]
		}
	}
	n := strings.Index(text[at+2:], closer)
	if n < 0 {
		return p, false
	}
	inner := text[at+2 : at+2+n]
	if mjmlTag.MatchString(inner) || p.tag != "liquid" && p.tag != "#" && nextOutsideQuotes(inner) {
		return p, false
	}
	p.end = at + 2 + n + 2
	if end := endOfRaw[p.tag]; end != nil {
		if loc := end.FindStringIndex(text[p.end:]); loc != nil && !mjmlTag.MatchString(text[p.end:p.end+loc[0]]) {
			p.end, p.tag = p.end+loc[1], ""
		}
	}
	return p, true
}

// nextOutsideQuotes reports whether other Liquid begins within a token, which then lacks its end.
func nextOutsideQuotes(inner string) bool {
	var quote byte
	for i := range len(inner) {
		switch c := inner[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case opens(inner, i):
			return true
		}
	}
	return false
}

// blocks are the tags that need an end.
func block(tag string) bool {
	switch tag {
	case "if", "unless", "case", "for", "tablerow", "capture", "ifchanged", "comment", "raw", "doc":
		return true
	}
	return false
}

// balance checks that each block begins and ends among tokens that stand in one place: one that began in another element
// would end elsewhere in HTML than in MJML.
func (r *report) balance(src func(int) *source, tokens []piece, where string) {
	var open []int
	for i, t := range tokens {
		name, ends := strings.CutPrefix(t.tag, "end")
		switch {
		case block(t.tag):
			open = append(open, i)
		case ends && len(open) > 0 && tokens[open[len(open)-1]].tag == name:
			open = open[:len(open)-1]
		case ends && len(open) > 0:
			o := tokens[open[len(open)-1]]
			r.fail(src(i), t.at, t.end, "{% "+t.tag+" %} does not end {% "+o.tag+" %}, which is still open", "write {% end"+o.tag+" %} before it")
		case ends, t.tag == "else" && len(open) == 0, t.tag == "elsif" && len(open) == 0, t.tag == "when" && len(open) == 0:
			r.fail(src(i), t.at, t.end, "{% "+t.tag+" %} belongs to no block that begins in "+where, "a block begins and ends inside the same element; move its beginning here, or its end there")
		}
	}
	for _, i := range open {
		t := tokens[i]
		r.fail(src(i), t.at, t.end, "{% "+t.tag+" %} does not end in "+where, "a block begins and ends inside the same element: write {% end"+t.tag+" %} there, or put the whole block around the element")
	}
}
