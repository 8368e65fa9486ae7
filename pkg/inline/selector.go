package inline

import (
	"fmt"
	"strconv"
	"strings"
)

// compound is one part of a selector: what one element has to be.
type compound struct {
	tag     string // lower case; any if empty
	id      string
	classes []string
	attrs   []condition
	nth     func(i int) bool // the place among its siblings, from 1; nil: any
	child   bool             // the element has to be a child of the part before, and not only below it
}

// condition is one [name op "value"].
type condition struct {
	name, value string
	op          byte // 0: is there, '=', '~', '^', '$', '*', '|'
}

// selector is parts from the outermost to the element itself.
type selector struct {
	parts  []compound
	weight int
}

// key is the same for selectors that say the same in the same order; empty where they ask for places.
func (s *selector) key() string {
	var b strings.Builder
	for i := range s.parts {
		p := &s.parts[i]
		if p.nth != nil {
			return ""
		}
		fmt.Fprintf(&b, "%t %q %q %q %q\n", p.child, p.tag, p.id, p.classes, p.attrs)
	}
	return b.String()
}

// maxParts bounds what matching one element costs.
const maxParts = 12

// parseSelector reads a selector; ok is false for one that is left alone.
func parseSelector(s string) (sel selector, ok bool) {
	s = strings.TrimSpace(uncommented(s))
	child := false
	for s != "" {
		part, rest, fine := parseCompound(s, &sel.weight)
		if !fine || len(sel.parts) == maxParts {
			return sel, false
		}
		part.child = child
		sel.parts = append(sel.parts, part)
		trimmed := strings.TrimLeft(rest, " \t\r\n\f")
		child = strings.HasPrefix(trimmed, ">")
		switch {
		case child:
			trimmed = strings.TrimLeft(trimmed[1:], " \t\r\n\f")
			if trimmed == "" {
				return sel, false
			}
		case trimmed == rest && rest != "":
			return sel, false
		}
		s = trimmed
	}
	return sel, len(sel.parts) > 0
}

const (
	weighID    = 1 << 20
	weighClass = 1 << 10
)

func parseCompound(s string, weight *int) (c compound, rest string, ok bool) {
	if c.tag, s = identifier(s); c.tag != "" {
		c.tag = strings.ToLower(c.tag)
		*weight++
		ok = true
	}
	for s != "" {
		var name string
		switch s[0] {
		case '.':
			if name, s = identifier(s[1:]); name == "" {
				return c, s, false
			}
			c.classes = append(c.classes, name)
			*weight += weighClass
		case '#':
			if name, s = identifier(s[1:]); name == "" {
				return c, s, false
			}
			c.id = name
			*weight += weighID
		case '[':
			end := strings.IndexByte(s, ']')
			cond, fine := parseCondition(s[1:max(1, end)])
			if end < 0 || !fine {
				return c, s, false
			}
			c.attrs = append(c.attrs, cond)
			s = s[end+1:]
			*weight += weighClass
		case ':':
			if name, s = identifier(s[1:]); !c.position(name, &s) {
				return c, s, false
			}
			*weight += weighClass
		default:
			return c, s, ok && strings.IndexByte(" \t\r\n\f>", s[0]) >= 0
		}
		ok = true
	}
	return c, s, ok
}

// position reads the pseudo-classes that are known when an element begins.
func (c *compound) position(name string, s *string) bool {
	switch strings.ToLower(name) {
	case "first-child":
		c.nth = func(i int) bool { return i == 1 }
		return true
	case "nth-child":
		end := strings.IndexByte(*s, ')')
		if !strings.HasPrefix(*s, "(") || end < 0 {
			return false
		}
		arg := strings.ToLower(strings.TrimSpace((*s)[1:end]))
		*s = (*s)[end+1:]
		if n, err := strconv.Atoi(arg); err == nil {
			c.nth = func(i int) bool { return i == n }
			return true
		}
		if arg == "odd" || arg == "even" {
			rest := len(arg) % 2 // odd has three letters
			c.nth = func(i int) bool { return i%2 == rest }
			return true
		}
	}
	return false
}

func parseCondition(s string) (condition, bool) {
	name, rest := identifier(strings.TrimSpace(s))
	c := condition{name: strings.ToLower(name)}
	if rest = strings.TrimSpace(rest); name == "" || rest == "" {
		return c, name != "" && rest == ""
	}
	if c.op = rest[0]; c.op != '=' {
		if strings.IndexByte("~^$*|", c.op) < 0 || len(rest) < 2 || rest[1] != '=' {
			return c, false
		}
		rest = rest[1:]
	}
	value := strings.TrimSpace(rest[1:])
	if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		value = value[1 : n-1]
	} else if v, tail := identifier(value); v != value || tail != "" {
		return c, false
	}
	c.value = value
	return c, true
}

// identifier reads a name, without escapes; a star is none.
func identifier(s string) (name, rest string) {
	i := 0
	for i < len(s) {
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '-' || c >= 0x80 || i > 0 && c >= '0' && c <= '9' {
			i++
			continue
		}
		break
	}
	return s[:i], s[i:]
}

func (c condition) holds(value string) bool {
	switch c.op {
	case '=':
		return value == c.value
	case '~':
		return hasWord(value, c.value)
	case '^':
		return c.value != "" && strings.HasPrefix(value, c.value)
	case '$':
		return c.value != "" && strings.HasSuffix(value, c.value)
	case '*':
		return c.value != "" && strings.Contains(value, c.value)
	case '|':
		return value == c.value || strings.HasPrefix(value, c.value+"-")
	}
	return true
}

// hasWord reports whether a list with white space between its words has one.
func hasWord(list, word string) bool {
	for list != "" && word != "" {
		i := strings.Index(list, word)
		if i < 0 {
			return false
		}
		end := i + len(word)
		if (i == 0 || blank(list[i-1])) && (end == len(list) || blank(list[end])) {
			return true
		}
		list = list[end:]
		for list != "" && !blank(list[0]) {
			list = list[1:]
		}
	}
	return false
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }
