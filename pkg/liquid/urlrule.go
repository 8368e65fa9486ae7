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

// settled reports whether the beginning of an address, written in the
// template, leaves a value behind it no say in the scheme. The author may use
// any scheme but those that run code.
func (p *parser) settled(pos int, prefix string) bool {
	end := strings.IndexAny(prefix, ":/?#")
	if end < 0 {
		return false
	}
	if prefix[end] == ':' {
		scheme := lower(strings.TrimSpace(prefix[:end]))
		if scheme == "javascript" || scheme == "vbscript" || scheme == "data" && !strings.HasPrefix(prefix[end:], ":image/") {
			p.fail(pos, "a value cannot stand in an address of the scheme "+scheme+", which can run as code", "")
		}
	}
	return true
}

// allowedURL reports whether the address in HTML notation has an allowed
// scheme or none. It reads as browsers do: entities are resolved, leading
// control characters and white space skipped, tabs and line breaks ignored
// (https://url.spec.whatwg.org/#concept-basic-url-parser).
func allowedURL(value []byte) (scheme string, ok bool) {
	for i, c := range value {
		switch {
		case c == '/' || c == '?' || c == '#':
			return "", true
		case c == ':':
			return allowedScheme(value[:i])
		case c == '&' || c <= ' ':
			return unusualURL(value)
		}
	}
	return "", true
}

// unusualURL is allowedURL for addresses with entities or white space before
// the scheme ends.
func unusualURL(value []byte) (scheme string, ok bool) {
	// Long enough for any scheme, even written in entities.
	s := html.UnescapeString(string(value[:min(len(value), 512)]))
	s = strings.TrimLeftFunc(s, func(r rune) bool { return r <= ' ' })
	s = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(s)
	end := strings.IndexAny(s, ":/?#")
	if end < 0 || s[end] != ':' {
		return "", end >= 0 || len(value) <= 512
	}
	return allowedScheme([]byte(s[:end]))
}

func allowedScheme(s []byte) (scheme string, ok bool) {
	for _, known := range [...]string{"https", "http", "mailto", "tel", "cid"} {
		if len(s) == len(known) && strings.EqualFold(string(s), known) {
			return known, true
		}
	}
	return string(s), false
}

// checkStyle refuses what would end a declaration in a style attribute and
// begin another one. Escaping cannot help there: the client undoes it before
// it reads the CSS.
func checkStyle(v any) error {
	s := text(v)
	if i := strings.IndexAny(s, ";{}()<>\"'\\`@"); i >= 0 {
		return &hinted{"the character " + strconv.Quote(s[i:i+1]) + " cannot come from a value in a style attribute", "write it in the template itself, or add | raw if you trust it"}
	}
	if strings.Contains(s, "/*") || strings.Contains(s, "*/") {
		return &hinted{"a comment cannot come from a value in a style attribute", ""}
	}
	return nil
}
