package mjml_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// dom is HTML as a list of lines that are equal when browsers would see the same: elements with their attributes sorted,
// style declarations normalised, white space collapsed, the HTML in comments for Outlook among it.
func dom(t *testing.T, text string) []string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(mask(text)))
	if err != nil {
		t.Fatalf("parse HTML: %v", err)
	}
	var out []string
	walk(root, 0, &out)
	return out
}

// random are the ids that MJML draws for carousels, menus and accordions, and the zeros that the suite has for them.
var random = regexp.MustCompile(`\b(?:[0-9a-f]{16}|0{8})\b`)

func mask(text string) string {
	seen := map[string]string{}
	return random.ReplaceAllStringFunc(text, func(id string) string {
		if seen[id] == "" {
			seen[id] = fmt.Sprintf("id%d", len(seen))
		}
		return seen[id]
	})
}

func walk(n *html.Node, depth int, out *[]string) {
	indent := strings.Repeat(" ", depth)
	switch n.Type {
	case html.ElementNode:
		attrs := make([]string, 0, len(n.Attr))
		for _, a := range n.Attr {
			value := collapse(a.Val)
			if a.Key == "style" {
				value = declarations(value)
			}
			attrs = append(attrs, fmt.Sprintf("%s=%q", a.Key, value))
		}
		slices.Sort(attrs)
		*out = append(*out, indent+"<"+n.Data+" "+strings.Join(attrs, " ")+">")
	case html.TextNode, html.CommentNode:
		if text := collapse(n.Data); text != "" {
			*out = append(*out, indent+text)
		}
	case html.DoctypeNode:
		*out = append(*out, "doctype "+n.Data)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, depth+1, out)
	}
}

var (
	between = regexp.MustCompile(`>\s+<`)
	edge    = regexp.MustCompile(`\s*([{};:,>])\s*`)
)

func collapse(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return between.ReplaceAllString(s, "><")
}

func declarations(style string) string {
	var out []string
	for _, d := range strings.Split(style, ";") {
		if d = edge.ReplaceAllString(strings.TrimSpace(d), "$1"); d != "" {
			out = append(out, d)
		}
	}
	return strings.Join(out, ";")
}

// difference is the first line in which two documents differ.
func difference(got, want []string) string {
	for i := range max(len(got), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			return fmt.Sprintf("line %d of the tree\n got: %.300s\nwant: %.300s", i, g, w)
		}
	}
	return ""
}
