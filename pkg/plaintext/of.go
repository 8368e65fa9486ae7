package plaintext

import (
	"strings"

	"golang.org/x/net/html"
)

// Of is the text of a page or a part of one. It ends with a line break unless it is empty.
func Of(page string) string {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return stripped(page) // nested deeper than the parser goes
	}
	w := &writer{}
	w.children(root, 0)
	w.flush()
	return join(w.lines)
}

// join ends every line, without empty ones at the begin and the end.
func join(lines []string) string {
	var b strings.Builder
	empty := 0
	for _, line := range lines {
		line = strings.TrimRight(line, " ")
		if line == "" {
			empty++
			continue
		}
		if empty > 0 && b.Len() > 0 {
			b.WriteByte('\n')
		}
		empty = 0
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// stripped is the text of a page without any form.
func stripped(page string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(page))
	skip := ""
	for {
		switch z.Next() {
		case html.ErrorToken:
			return join([]string{strings.Join(strings.Fields(visible(b.String())), " ")})
		case html.TextToken:
			if skip == "" {
				b.Write(z.Text())
			}
		case html.StartTagToken:
			if name, _ := z.TagName(); silent(string(name)) {
				skip = string(name)
			}
			b.WriteByte(' ')
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == skip {
				skip = ""
			}
		}
	}
}

// silent are elements of which nothing is read.
func silent(name string) bool {
	switch name {
	case "head", "title", "style", "script", "template", "noscript", "svg", "math", "object", "iframe", "select", "textarea":
		return true
	}
	return false
}

// visible drops the characters that pad preheaders and are never seen, and makes spaces of those that only do not break.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case 0x00ad, 0x034f, 0x061c, 0x180e, 0x200b, 0x200c, 0x200e, 0x200f, 0x2060, 0xfeff:
			return -1
		case 0x00a0, 0x2007, 0x202f, 0x2003, 0x2002, 0x2009:
			return ' '
		}
		return r
	}, s)
}

// hidden reports whether an element is not shown.
func hidden(n *html.Node) bool {
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "aria-hidden":
			return strings.EqualFold(strings.TrimSpace(a.Val), "true")
		case "style":
			style := strings.ToLower(a.Val)
			if !strings.Contains(style, "none") && !strings.Contains(style, "hid") {
				continue
			}
			style = strings.Join(strings.Fields(style), "")
			for _, rule := range []string{"display:none", "visibility:hidden", "mso-hide:all"} {
				if strings.Contains(style, rule) {
					return true
				}
			}
		}
	}
	return false
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}
