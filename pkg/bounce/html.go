package bounce

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlText turns HTML into text: a line per block, no styles and scripts, and no more than maxText. It reads tokens, not
// a tree, so that deep nesting costs nothing.
func htmlText(s string) string { return textOf(s, nil) }

// htmlReply is htmlText without what mail programs mark as quoted.
func htmlReply(s string) string { return textOf(s, quotedElement) }

func textOf(s string, skip func(html.Token) bool) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(s))
	z.SetMaxBuf(maxDecoded * 2)
	skipped, depth := atom.Atom(0), 0 // within which element nothing counts, and how many of that name are open
	for b.Len() < maxText {
		switch z.Next() {
		case html.ErrorToken:
			return strings.TrimSpace(b.String())
		case html.TextToken:
			if depth == 0 {
				writeText(&b, string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			switch {
			case depth > 0:
				if t.DataAtom == skipped && t.Type == html.StartTagToken {
					depth++
				}
			case t.Type == html.StartTagToken && !voidElement(t.DataAtom) && (hidden(t.DataAtom) || skip != nil && skip(t)):
				skipped, depth = t.DataAtom, 1
			case skip != nil && historyBelow(t):
				return strings.TrimSpace(b.String())
			default:
				breakLine(&b, t.DataAtom)
			}
		case html.EndTagToken:
			t := z.Token()
			if depth > 0 {
				if t.DataAtom == skipped {
					depth--
				}
				continue
			}
			breakLine(&b, t.DataAtom)
		}
	}
	return strings.TrimSpace(b.String())
}

// writeText writes words with single spaces, as HTML shows them.
func writeText(b *strings.Builder, s string) {
	words := strings.Fields(html.UnescapeString(s))
	if len(words) == 0 {
		return
	}
	if text := b.String(); b.Len() > 0 && text[len(text)-1] != '\n' && strings.TrimLeft(s, " \t\r\n\u00a0") != s {
		b.WriteByte(' ')
	}
	b.WriteString(strings.Join(words, " "))
	if strings.TrimRight(s, " \t\r\n\u00a0") != s {
		b.WriteByte(' ')
	}
}

// breakLine ends the line where an element does.
func breakLine(b *strings.Builder, a atom.Atom) {
	switch a {
	case atom.Br, atom.P, atom.Div, atom.Tr, atom.Li, atom.Table, atom.H1, atom.H2, atom.H3, atom.H4, atom.Blockquote, atom.Pre, atom.Hr,
		atom.Ul, atom.Ol:
		b.WriteByte('\n')
	case atom.Td, atom.Th:
		b.WriteByte(' ')
	}
}

func hidden(a atom.Atom) bool {
	return a == atom.Style || a == atom.Script || a == atom.Head || a == atom.Title || a == atom.Template
}

func voidElement(a atom.Atom) bool {
	return a == atom.Br || a == atom.Hr || a == atom.Img || a == atom.Meta || a == atom.Link || a == atom.Input
}

// quotedElement reports whether an element holds history: Gmail's and Yahoo's divisions, Thunderbird's and Apple's
// citations, ProtonMail's and Zoho's.
func quotedElement(t html.Token) bool {
	for _, a := range t.Attr {
		switch a.Key {
		case "class":
			if slices.ContainsFunc(strings.Fields(a.Val), func(class string) bool {
				switch class {
				case "gmail_quote", "gmail_quote_container", "gmail_signature", "yahoo_quoted", "moz-cite-prefix", "moz-signature",
					"protonmail_quote", "zmail_extra", "gmail_attr":
					return true
				}
				return false
			}) {
				return true
			}
		case "type":
			if t.DataAtom == atom.Blockquote && strings.EqualFold(a.Val, "cite") {
				return true
			}
		}
	}
	return false
}

// historyBelow reports whether all that follows is history: Outlook puts a mark before it, not an element around it.
func historyBelow(t html.Token) bool {
	for _, a := range t.Attr {
		if a.Key == "id" && (a.Val == "divRplyFwdMsg" || a.Val == "appendonsend" || a.Val == "OLK_SRC_BODY_SECTION" ||
			strings.HasSuffix(a.Val, "divRplyFwdMsg")) {
			return true
		}
	}
	return false
}
