package inline

import "strings"

// write appends a tag with the declarations of the rules that match it.
func (w *writing) write(dst []byte, t *tag) []byte {
	var own attr
	for i := t.attrs; ; {
		a, ok := t.next(i)
		if !ok {
			break
		}
		if strings.EqualFold(a.name, "style") {
			own = a
			break
		}
		i = a.to
	}
	if own.name == "" {
		end := t.end - 1
		if t.page[end-1] == '/' {
			end--
		}
		dst = append(dst, strings.TrimRight(t.page[t.begin:end], " \t\r\n")...)
		dst = append(dst, ` style="`...)
		dst = append(w.style(dst, ""), '"')
		return append(dst, t.page[end:t.end]...)
	}
	if w.said = appendOwn(w.said[:0], own.value); !w.adds() {
		return append(dst, t.page[t.begin:t.end]...)
	}
	dst = append(dst, t.page[t.begin:own.from]...)
	dst = append(dst, `style="`...)
	dst = append(w.style(dst, strings.ReplaceAll(own.value, `"`, "&quot;")), '"')
	return append(dst, t.page[own.to:t.end]...)
}

// style appends the value of the attribute: what the rules say, weakest first, what the element says itself, and what
// rules say that are !important. Whatever a later one says again is left out.
func (w *writing) style(dst []byte, own string) []byte {
	if own == "" && len(w.matches) == 1 {
		return append(dst, w.rules[w.matches[0]].whole...)
	}
	w.said = appendOwn(w.said[:0], own)
	said := w.said
	begin := len(dst)
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
