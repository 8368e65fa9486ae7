package liquid

import (
	"html"
	"strconv"
	"strings"
)

// urlStart and urlEnd stand around an attribute value that a client opens as
// an address and that a template computes at least in part. Checking the
// whole value when it is complete, and not each output, leaves no way to put
// "javascript:" together from pieces.
type urlStart struct{ place }

func (n *urlStart) render(r *renderer) error {
	r.urlStart = len(r.out)
	return nil
}

func (n *urlStart) blank() bool       { return true }
func (n *urlStart) analyze(*analysis) {}

type urlEnd struct {
	place
	attr string
}

func (n *urlEnd) render(r *renderer) error {
	if scheme, ok := allowedURL(r.out[min(r.urlStart, len(r.out)):]); !ok {
		return &hinted{
			"the scheme " + strconv.Quote(clip(scheme, 20)) + " is not allowed in " + n.attr,
			"addresses start with https:, http:, mailto:, tel:, cid:, / or #",
		}
	}
	return nil
}

func (n *urlEnd) blank() bool       { return true }
func (n *urlEnd) analyze(*analysis) {}

// allowedURL reports whether the address in HTML notation has an allowed
// scheme or none. It reads as browsers do: entities are resolved, leading
// control characters and white space skipped, tabs and line breaks ignored
// (https://url.spec.whatwg.org/#concept-basic-url-parser).
func allowedURL(value []byte) (scheme string, ok bool) {
	// Long enough for any scheme, even written in entities.
	s := string(value[:min(len(value), 512)])
	if strings.IndexByte(s, '&') >= 0 {
		s = html.UnescapeString(s)
	}
	s = strings.TrimLeftFunc(s, func(r rune) bool { return r <= ' ' })
	if strings.ContainsAny(s, "\t\r\n") {
		s = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(s)
	}
	end := strings.IndexAny(s, ":/?#")
	if end < 0 || s[end] != ':' {
		return "", end >= 0 || len(value) <= 512
	}
	scheme = lower(s[:end])
	switch scheme {
	case "http", "https", "mailto", "tel", "cid":
		return scheme, true
	}
	return scheme, false
}

// checkStyle refuses what would end a declaration in a style attribute and
// begin another one. Escaping cannot help there: the client undoes it before
// it reads the CSS.
func checkStyle(v any) error {
	s := text(v)
	if i := strings.IndexAny(s, ";{}()<>\"'\\`@"); i >= 0 {
		return &hinted{"the character " + strconv.Quote(s[i:i+1]) + " cannot come from a value in a style attribute", "write it in the template itself"}
	}
	if strings.Contains(s, "/*") || strings.Contains(s, "*/") {
		return &hinted{"a comment cannot come from a value in a style attribute", ""}
	}
	return nil
}
