package inline

import (
	"slices"
	"strings"
)

// write appends a tag with the declarations of the rules that match it.
func (w *writing) write(dst []byte, t *tag) []byte {
	var own attr
	for i := t.attrs; ; {
		a, ok := t.next(i)
		if !ok {
			break
		}
		if len(a.name) == len("style") && strings.EqualFold(a.name, "style") {
			own = a
			break
		}
		i = a.to
	}
	said := w.style(own.value)
	switch {
	case own.name != "" && said == nil:
		return append(dst, t.page[t.begin:t.end]...)
	case own.name != "":
		dst = append(dst, t.page[t.begin:own.from]...)
		dst = append(dst, `style="`...)
		dst = append(append(dst, said...), '"')
		return append(dst, t.page[own.to:t.end]...)
	}
	end := t.end - 1
	if t.page[end-1] == '/' {
		end--
	}
	last := end
	for blank(t.page[last-1]) {
		last--
	}
	dst = append(dst, t.page[t.begin:last]...)
	dst = append(dst, ` style="`...)
	dst = append(append(dst, said...), '"')
	return append(dst, t.page[end:t.end]...)
}

// known is what a style attribute became under some rules: lists and tables say the same line by line.
type known struct {
	own     string
	matches []int
	text    []byte // nil: it stays as it is
}

// maxKnown bounds what is looked through for each element.
const maxKnown = 16

// style is the value of the attribute of an element whose own value is given; nil when the rules that match add nothing
// to it.
func (w *writing) style(own string) []byte {
	for i := range w.known {
		if k := &w.known[i]; k.own == own && slices.Equal(k.matches, w.matches) {
			return k.text
		}
	}
	var text []byte
	if w.said = appendOwn(w.said[:0], own); own == "" || w.adds() {
		begin := len(w.texts)
		w.texts = w.merged(w.texts, own)
		text = w.texts[begin:len(w.texts):len(w.texts)]
	}
	if len(w.known) < maxKnown {
		w.known = append(w.known, known{own, slices.Clone(w.matches), text})
	} else {
		w.texts = w.texts[:len(w.texts)-len(text)]
	}
	return text
}

// merged appends what the rules say, weakest first, what the element says itself, and what rules say that are
// !important. Whatever a later one says again is left out.
func (w *writing) merged(dst []byte, own string) []byte {
	w.said = appendOwn(w.said[:0], strings.ReplaceAll(own, `"`, quot))
	said, begin := w.said, len(dst)
	put := func(text string) {
		if len(dst) > begin {
			dst = append(dst, ';')
		}
		dst = append(dst, text...)
	}
	for at, i := range w.matches {
		for _, d := range w.rules[i].declarations {
			if !d.important && !w.again(at, d.property) && !says(said, d.property, false) {
				put(d.text)
			}
		}
	}
	for _, d := range said {
		if d.important || !w.overruled(d.property) {
			put(d.text)
		}
	}
	for at, i := range w.matches {
		for _, d := range w.rules[i].declarations {
			if d.important && !w.stronger(at, d.property) && !says(said, d.property, true) {
				put(d.text)
			}
		}
	}
	return dst
}

// adds reports whether the rules that match say more than the element itself, which is in said.
func (w *writing) adds() bool {
	for _, i := range w.matches {
		for _, d := range w.rules[i].declarations {
			if !says(w.said, d.property, false) || d.important && !says(w.said, d.property, true) {
				return true
			}
		}
	}
	return false
}

// again reports whether a rule behind the one at a place sets a property, or any does as !important.
func (w *writing) again(at int, property string) bool {
	for _, i := range w.matches[at+1:] {
		if says(w.rules[i].declarations, property, false) {
			return true
		}
	}
	return w.overruled(property)
}

// stronger reports whether a rule behind the one at a place sets a property as !important.
func (w *writing) stronger(at int, property string) bool {
	for _, i := range w.matches[at+1:] {
		if says(w.rules[i].declarations, property, true) {
			return true
		}
	}
	return false
}

func (w *writing) overruled(property string) bool { return w.stronger(-1, property) }

// says reports whether declarations set a property; with important only those that are.
func says(list []declaration, property string, important bool) bool {
	for i := range list {
		if list[i].property == property && (!important || list[i].important) {
			return true
		}
	}
	return false
}

// appendOwn reads a style attribute as it is written. Its semicolons may be those of entities.
func appendOwn(list []declaration, style string) []declaration {
	for style != "" {
		end := endOfDeclaration(style)
		text := strings.TrimSpace(style[:end])
		style = style[min(len(style), end+1):]
		property, value, ok := strings.Cut(text, ":")
		if !ok {
			continue
		}
		property = strings.TrimSpace(property)
		if lower := strings.ToLower(property); lower != property {
			property = lower
		}
		list = append(list, declaration{property: property, text: text, important: strings.HasSuffix(strings.ToLower(value), "important") && strings.Contains(value, "!")})
	}
	return list
}

const quot = "&quot;"

func endOfDeclaration(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\'':
			k := strings.IndexByte(s[i+1:], '\'')
			if k < 0 {
				return len(s)
			}
			i += k + 1
		case '(':
			depth++
		case ')':
			depth--
		case '&':
			if strings.HasPrefix(s[i:], quot) { // a string, as attributes spell its quotes
				k := strings.Index(s[i+len(quot):], quot)
				if k < 0 {
					return len(s)
				}
				i += k + 2*len(quot) - 1
				continue
			}
			for k := i + 1; k < len(s) && k < i+10; k++ {
				if s[k] == ';' {
					i = k
					break
				}
				if d := s[k] | 0x20; (d < 'a' || d > 'z') && (s[k] < '0' || s[k] > '9') && s[k] != '#' {
					break
				}
			}
		case ';':
			if depth <= 0 {
				return i
			}
		}
	}
	return len(s)
}
