package lint

import (
	"slices"
	"strings"
)

// decl is one declaration of CSS, its name in small letters.
type decl struct {
	name, value string
	important   bool
}

// rule is one rule of a style sheet, for one selector.
type cssRule struct {
	selector []simple // from the outermost; nil when it is of a kind that is not followed
	weight   int
	decls    []decl
	media    string // the prelude of the @media around it; empty: none
	nested   bool   // in @media, @supports or another at-rule
	offset   int    // in the text of the style element
}

// simple is one compound selector: what an element must be.
type simple struct {
	tag, id string
	classes []string
	child   bool // must stand directly in what the selector before it is for
}

// maxRules bounds how many rules are followed, so that a page cannot cost more than it may: rules times elements.
const maxRules = 500

// sheet reads a style sheet as browsers do, leniently: what is not understood is passed over.
func sheet(text string) []cssRule {
	var out []cssRule
	readSheet(blankComments(text), 0, "", false, 0, &out)
	return out
}

func readSheet(text string, from int, media string, nested bool, depth int, out *[]cssRule) {
	for at := 0; at < len(text) && len(*out) < maxRules; {
		end := strings.IndexAny(text[at:], "{;}")
		if end < 0 {
			return
		}
		prelude, begin := strings.TrimSpace(text[at:at+end]), at
		if text[at+end] != '{' {
			at += end + 1
			continue
		}
		open := at + end + 1
		length := blockLength(text[open:])
		block := text[open : open+length]
		at = min(open+length+1, len(text))
		if strings.HasPrefix(prelude, "@") {
			name, rest, _ := strings.Cut(prelude[1:], " ")
			if depth < 4 && (strings.EqualFold(name, "media") || strings.EqualFold(name, "supports")) {
				inner := strings.ToLower(strings.TrimSpace(rest))
				if strings.EqualFold(name, "supports") {
					inner = "supports"
				}
				readSheet(block, from+open, strings.TrimSpace(media+" "+inner), true, depth+1, out)
			}
			continue
		}
		decls := declarations(block)
		for selector := range strings.SplitSeq(prelude, ",") {
			if len(*out) == maxRules {
				return
			}
			parts, weight := selectorOf(selector)
			*out = append(*out, cssRule{parts, weight, decls, media, nested, from + begin})
		}
	}
}

// blockLength is how far the brace that closes a block is, or the end of the text.
func blockLength(text string) int {
	depth := 1
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

// blankComments puts spaces in the place of comments, and of the <!-- --> that old pages write around sheets.
func blankComments(text string) string {
	if strings.Contains(text, "/*") {
		b := []byte(text)
		for i := 0; i < len(b); {
			start := strings.Index(text[i:], "/*")
			if start < 0 {
				break
			}
			end := len(b)
			if length := strings.Index(text[i+start+2:], "*/"); length >= 0 {
				end = i + start + 2 + length + 2
			}
			for j := i + start; j < end; j++ {
				if b[j] != '\n' {
					b[j] = ' '
				}
			}
			i = end
		}
		text = string(b)
	}
	return strings.NewReplacer("<!--", "    ", "-->", "   ").Replace(text)
}

// declarations are those of a block or a style attribute.
func declarations(text string) []decl {
	var out []decl
	add := func(part string) {
		name, value, ok := strings.Cut(part, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if !ok || name == "" || value == "" || strings.ContainsAny(name, " {}\t\n") {
			return
		}
		d := decl{name: name, value: value}
		if i := strings.LastIndexByte(value, '!'); i >= 0 && strings.EqualFold(strings.TrimSpace(value[i+1:]), "important") {
			d.important, d.value = true, strings.TrimSpace(value[:i])
		}
		out = append(out, d)
	}
	depth, start := 0, 0
	var quote byte
	for i := range len(text) {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth = max(0, depth-1)
		case c == ';' && depth == 0:
			add(text[start:i])
			start = i + 1
		}
	}
	add(text[start:])
	return out
}

// selectorOf reads a selector of names, classes and ids, nested or by >; nil for others.
func selectorOf(text string) ([]simple, int) {
	var out []simple
	weight, child := 0, false
	for word := range strings.FieldsSeq(strings.ReplaceAll(text, ">", " > ")) {
		if word == ">" {
			child = true
			continue
		}
		s := simple{child: child}
		child = false
		for len(word) > 0 {
			end := strings.IndexAny(word[1:], ".#") + 1
			if end == 0 {
				end = len(word)
			}
			part := word[:end]
			word = word[end:]
			switch name := strings.TrimLeft(part, ".#"); {
			case part == "*" || part == ":root":
				if part == ":root" {
					s.tag = "html"
				}
			case name == "" || strings.ContainsAny(name, ":[]+~()*\\&"):
				return nil, 0
			case part[0] == '.':
				s.classes = append(s.classes, name)
				weight += 100
			case part[0] == '#':
				s.id = name
				weight += 10000
			default:
				s.tag = strings.ToLower(name)
				weight++
			}
		}
		out = append(out, s)
	}
	return out, weight
}

// for reports whether the rule is for an element.
func (r *cssRule) matches(n *node) bool {
	if len(r.selector) == 0 || !r.selector[len(r.selector)-1].is(n) {
		return false
	}
	for i := len(r.selector) - 1; i > 0; i-- {
		direct := r.selector[i].child
		p := n.parent
		for p != nil && !r.selector[i-1].is(p) && !direct {
			p = p.parent
		}
		if p == nil || !r.selector[i-1].is(p) {
			return false
		}
		n = p
	}
	return true
}

func (s *simple) is(n *node) bool {
	if s.tag != "" && s.tag != n.tag || n.tag == "" || n.tag == "#page" {
		return false
	}
	if s.id != "" && n.value("id") != s.id {
		return false
	}
	if len(s.classes) == 0 {
		return true
	}
	has := strings.Fields(n.value("class"))
	for _, c := range s.classes {
		if !slices.Contains(has, c) {
			return false
		}
	}
	return true
}
