package liquid

import "strings"

// entityOf returns what stands for c in HTML text and in quoted attribute
// values, or "". These five are what OWASP's rule 1 and 2 for cross-site
// scripting ask for.
func entityOf(c byte) string {
	switch c {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		return "&quot;"
	case '\'':
		return "&#39;"
	}
	return ""
}

// appendEscaped appends s with the five special characters replaced.
func appendEscaped(dst []byte, s string) []byte {
	last := 0
	for i := 0; i < len(s); i++ {
		if e := entityOf(s[i]); e != "" {
			dst = append(dst, s[last:i]...)
			dst = append(dst, e...)
			last = i + 1
		}
	}
	return append(dst, s[last:]...)
}

// escaped is appendEscaped for strings; it returns s itself when nothing has
// to change.
func escaped(s string) string {
	if !strings.ContainsAny(s, `&<>"'`) {
		return s
	}
	return string(appendEscaped(make([]byte, 0, len(s)+len(s)/8+16), s))
}

// escapedOnce leaves entities that are there alone.
func escapedOnce(s string) string {
	if !strings.ContainsAny(s, `&<>"'`) {
		return s
	}
	dst := make([]byte, 0, len(s)+len(s)/8+16)
	for i := 0; i < len(s); i++ {
		e := entityOf(s[i])
		if e == "" || s[i] == '&' && entityLen(s[i:]) > 0 {
			dst = append(dst, s[i])
			continue
		}
		dst = append(dst, e...)
	}
	return string(dst)
}

// entityLen returns the length of the entity that s starts with, or 0.
func entityLen(s string) int {
	const longest = 34 // &CounterClockwiseContourIntegral; is the longest name.
	i := 1
	if i < len(s) && s[i] == '#' {
		i++
		for i < len(s) && i < longest && (isDigit(s[i]) || i == 2 && (s[i] == 'x' || s[i] == 'X') || s[2]|0x20 == 'x' && isHex(s[i])) {
			i++
		}
		if i > 2 && i < len(s) && s[i] == ';' && isHex(s[i-1]) {
			return i + 1
		}
		return 0
	}
	for i < len(s) && i < longest && (isLetter(s[i]) || i > 1 && isDigit(s[i])) {
		i++
	}
	if i > 1 && i < len(s) && s[i] == ';' {
		return i + 1
	}
	return 0
}

func isHex(c byte) bool {
	return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// asHTML returns v as text that can stand in HTML.
func asHTML(v any) string {
	if s, ok := v.(Safe); ok {
		return string(s)
	}
	return escaped(text(v))
}

// join puts strings together. If one of them is HTML the result is HTML and
// the others are escaped, so that no part is escaped twice or not at all.
func (c *Call) join(parts ...any) (any, error) {
	n, isHTML := 0, false
	for _, p := range parts {
		if s, ok := p.(Safe); ok {
			isHTML = true
			n += len(s)
			continue
		}
		w, err := c.r.weigh(p, 0)
		if err != nil {
			return nil, err
		}
		n += w
	}
	if isHTML {
		n += n / 2
	}
	if err := c.Charge(n); err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, p := range parts {
		if isHTML {
			b.WriteString(asHTML(p))
		} else {
			b.WriteString(text(p))
		}
	}
	if isHTML {
		return Safe(b.String()), nil
	}
	return b.String(), nil
}
