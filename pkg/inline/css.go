package inline

import "strings"

// declaration is one property, ready for an attribute in double quotes.
type declaration struct {
	property  string // lower case
	text      string // property:value
	important bool
}

// block is one rule of a style element: its offsets in the style's text, and what it says.
type block struct {
	from, to  int // of the whole rule
	at        int // where the selector begins
	selectors string
	body      string
	bodyAt    int
	media     bool // inside an at-rule
}

// blocks splits CSS into its rules; those inside of at-rules are marked. ok is false when braces do not match.
func blocks(css string) (all []block, ok bool) {
	i := 0
	for i < len(css) {
		i = skipSpace(css, i)
		if i >= len(css) {
			break
		}
		from := i
		open := until(css, i, "{;")
		switch {
		case open >= len(css):
			return all, strings.TrimSpace(css[from:]) == "" || strings.HasPrefix(css[from:], "@")
		case css[open] == ';': // @import, or a slip
			i = open + 1
			continue
		}
		end := closing(css, open)
		if end < 0 {
			return all, false
		}
		head := css[from:open]
		if strings.HasPrefix(head, "@") {
			if strings.HasPrefix(head, "@media") || strings.HasPrefix(head, "@supports") {
				inner, _ := blocks(css[open+1 : end])
				for _, b := range inner {
					b.from, b.to, b.at, b.bodyAt, b.media = b.from+open+1, b.to+open+1, b.at+open+1, b.bodyAt+open+1, true
					all = append(all, b)
				}
			}
		} else {
			all = append(all, block{from: from, to: end + 1, at: from, selectors: head, body: css[open+1 : end], bodyAt: open + 1})
		}
		i = end + 1
	}
	return all, true
}

// skipSpace goes over white space, comments and the marks of HTML comments.
func skipSpace(css string, i int) int {
	for i < len(css) {
		switch {
		case strings.IndexByte(" \t\r\n\f", css[i]) >= 0:
			i++
		case strings.HasPrefix(css[i:], "/*"):
			end := strings.Index(css[i+2:], "*/")
			if end < 0 {
				return len(css)
			}
			i += end + 4
		case strings.HasPrefix(css[i:], "<!--"):
			i += 4
		case strings.HasPrefix(css[i:], "-->"):
			i += 3
		default:
			return i
		}
	}
	return i
}

// until finds the first of some bytes outside of strings, brackets and comments.
func until(css string, i int, stop string) int {
	depth := 0
	for ; i < len(css); i++ {
		switch c := css[i]; {
		case depth == 0 && strings.IndexByte(stop, c) >= 0:
			return i
		case c == '"' || c == '\'':
			for i++; i < len(css) && css[i] != c; i++ {
				if css[i] == '\\' {
					i++
				}
			}
		case c == '\\':
			i++
		case c == '(' || c == '[':
			depth++
		case (c == ')' || c == ']') && depth > 0:
			depth--
		case c == '/' && strings.HasPrefix(css[i:], "/*"):
			end := strings.Index(css[i+2:], "*/")
			if end < 0 {
				return len(css)
			}
			i += end + 3
		}
	}
	return len(css)
}

// closing is where the brace that opens at i is closed; -1 if nowhere.
func closing(css string, i int) int {
	for depth := 0; i < len(css); i++ {
		if i = until(css, i, "{}"); i >= len(css) {
			return -1
		}
		if css[i] == '{' {
			depth++
		} else if depth--; depth == 0 {
			return i
		}
	}
	return -1
}

// declarations reads the inside of a rule. ok is false for what is not one, such as nested rules.
func declarations(body string) (all []declaration, ok bool) {
	if strings.ContainsAny(body, "{}<>") {
		return nil, false
	}
	body = uncommented(body)
	for i := 0; i < len(body); {
		end := until(body, i, ";")
		text := strings.TrimSpace(body[i:min(end, len(body))])
		i = end + 1
		if text == "" {
			continue
		}
		property, value, found := strings.Cut(text, ":")
		property = strings.ToLower(strings.TrimSpace(property))
		value = strings.Join(strings.Fields(value), " ")
		if !found || property == "" || value == "" || strings.ContainsAny(property, " \"'&") {
			return nil, false
		}
		d := declaration{property: property}
		if bang := strings.LastIndexByte(value, '!'); bang >= 0 && strings.EqualFold(strings.TrimSpace(value[bang+1:]), "important") {
			value, d.important = strings.TrimSpace(value[:bang]), true
		}
		d.text = property + ":" + attribute(value)
		all = append(all, d)
	}
	return all, true
}

// attribute writes a value so that it can stand in double quotes.
func attribute(value string) string {
	if !strings.Contains(value, "'") {
		value = strings.ReplaceAll(value, `"`, "'")
	}
	return strings.NewReplacer("&", "&amp;", `"`, "&quot;").Replace(value)
}

func uncommented(css string) string {
	for {
		begin := strings.Index(css, "/*")
		if begin < 0 {
			return css
		}
		end := strings.Index(css[begin+2:], "*/")
		if end < 0 {
			return css[:begin]
		}
		css = css[:begin] + " " + css[begin+2+end+2:]
	}
}
