package liquid

import "strings"

// spot says where in an HTML document an output stands.
type spot uint8

const (
	spotText  spot = iota // text, comments and quoted attribute values
	spotStyle             // a style attribute
	spotJSON              // <script type="application/ld+json">
)

type htmlMode uint8

const (
	htmlText   htmlMode = iota
	htmlLess            // behind <
	htmlTag             // in the name of a tag
	htmlInside          // in a tag, between attributes
	htmlAttr            // in the name of an attribute
	htmlEquals          // behind the = of an attribute
	htmlDouble          // in a value in "
	htmlSingle          // in a value in '
	htmlBare            // in a value without quotes
	htmlComment
	htmlBogus // in <!doctype ...>, <!--[if mso]>, <?xml ...>
	htmlRaw   // in <script> or <style>
)

// htmlState follows a template's text through HTML, closely enough to know
// where outputs stand. It is the small part of the HTML tokenizer
// (https://html.spec.whatwg.org/multipage/parsing.html#tokenization) that
// decides this. Conditional comments, with which mails talk to Outlook, count
// as markup, because Outlook reads what is in them.
//
// Two states can be compared with ==.
type htmlState struct {
	mode    htmlMode
	tag     string // name of the open tag, lower case; with "/" if it closes
	attr    string // name of the open attribute, lower case
	json    bool   // the open <script> holds JSON
	watched bool   // a URL check has begun for the open value
	typ     string // value of the type attribute of a script so far
}

// isURL reports whether a browser takes the open attribute's value for an
// address.
func (s *htmlState) isURL() bool {
	switch s.attr {
	case "href", "src", "action", "formaction", "background", "poster", "cite", "data", "longdesc", "xlink:href", "v:href":
		return true
	}
	return false
}

func (s *htmlState) inValue() bool { return s.mode == htmlDouble || s.mode == htmlSingle }

// advance reads text up to the next point that matters to the caller: the
// start or the end of an attribute's value. It returns how much was read;
// less than len(text) means that it stopped at such a point.
func (s *htmlState) advance(text string) int {
	for i := 0; i < len(text); {
		was := s.inValue()
		i += s.step(text[i:])
		if s.inValue() != was {
			return i
		}
	}
	return len(text)
}

// step reads at least one byte.
func (s *htmlState) step(t string) int {
	c := t[0]
	switch s.mode {
	case htmlText:
		n := strings.IndexByte(t, '<')
		if n < 0 {
			return len(t)
		}
		s.mode = htmlLess
		return n + 1
	case htmlLess:
		return s.less(t)
	case htmlTag:
		n := 0
		for n < len(t) && !isSpace(t[n]) && t[n] != '>' && t[n] != '/' {
			n++
		}
		if n == 0 {
			s.mode = htmlInside
			return s.insideTag(t, c)
		}
		s.tag = grow(s.tag, t[:n])
		return n
	case htmlInside, htmlAttr, htmlEquals, htmlBare:
		return s.insideTag(t, c)
	case htmlDouble:
		return s.value(t, '"')
	case htmlSingle:
		return s.value(t, '\'')
	case htmlComment:
		if n := strings.Index(t, "-->"); n >= 0 {
			*s = htmlState{}
			return n + 3
		}
		return len(t)
	case htmlBogus:
		n := strings.IndexByte(t, '>')
		if n < 0 {
			return len(t)
		}
		*s = htmlState{}
		return n + 1
	}
	return s.raw(t)
}

// less decides what a < begins.
func (s *htmlState) less(t string) int {
	switch {
	case isLetter(t[0]):
		s.mode, s.tag = htmlTag, ""
		return s.step(t)
	case t[0] == '/' && len(t) > 1 && isLetter(t[1]):
		s.mode, s.tag = htmlTag, "/"
		return 1
	case strings.HasPrefix(t, "!--[if"):
		s.mode = htmlBogus
		return 6
	case strings.HasPrefix(t, "!-->"):
		*s = htmlState{}
		return 4
	case strings.HasPrefix(t, "!--"):
		s.mode = htmlComment
		return 3
	case t[0] == '!' || t[0] == '?' || t[0] == '/':
		s.mode = htmlBogus
		return 1
	}
	s.mode = htmlText // A lone < is text.
	return s.step(t)
}

func (s *htmlState) insideTag(t string, c byte) int {
	switch {
	case c == '>':
		s.closeTag()
	case s.mode == htmlBare:
		if isSpace(c) {
			s.mode, s.attr = htmlInside, ""
		}
	case s.mode == htmlEquals:
		switch {
		case c == '"':
			s.mode = htmlDouble
		case c == '\'':
			s.mode = htmlSingle
		case !isSpace(c):
			s.mode = htmlBare
		}
	case c == '=':
		s.mode = htmlEquals
	case isSpace(c) || c == '/':
		s.mode = htmlInside // Keeps attr: a = may still follow.
	default:
		if s.mode == htmlInside {
			s.mode, s.attr = htmlAttr, ""
		}
		n := 1
		for n < len(t) && !isSpace(t[n]) && t[n] != '=' && t[n] != '>' && t[n] != '/' {
			n++
		}
		s.attr = grow(s.attr, t[:n])
		return n
	}
	return 1
}

// grow adds a piece to a name. A name that is longer than any that matters
// stops growing, so that hostile pieces cost nothing.
func grow(name, piece string) string {
	const longest = 32
	if len(name) > longest {
		return name
	}
	return name + lower(piece[:min(len(piece), longest)])
}

func (s *htmlState) value(t string, quote byte) int {
	n := strings.IndexByte(t, quote)
	stop := n < 0
	if stop {
		n = len(t)
	}
	if s.tag == "script" && s.attr == "type" {
		s.typ = grow(s.typ, t[:n])
	}
	if stop || n > 0 {
		return n
	}
	s.mode, s.attr = htmlInside, ""
	return 1
}

// closeTag is called at the > of a tag.
func (s *htmlState) closeTag() {
	next := htmlState{}
	if s.tag == "script" || s.tag == "style" {
		next = htmlState{mode: htmlRaw, tag: s.tag, json: strings.HasSuffix(s.typ, "json")}
	}
	*s = next
}

// raw looks for the end of a script or style element.
func (s *htmlState) raw(t string) int {
	for from := 0; ; {
		n := strings.Index(t[from:], "</")
		if n < 0 {
			return len(t)
		}
		from += n + 2
		if len(t)-from >= len(s.tag) && strings.EqualFold(t[from:from+len(s.tag)], s.tag) {
			*s = htmlState{mode: htmlTag, tag: "/"}
			return from
		}
	}
}

// output decides whether a value may be printed here. Markup that reads as
// raw has been vouched for by the author.
func (s *htmlState) output(raw, isJSON bool) (where spot, problem, hint string) {
	switch s.mode {
	case htmlText, htmlComment:
		return spotText, "", ""
	case htmlDouble, htmlSingle:
		switch {
		case strings.HasPrefix(s.attr, "on") || s.attr == "srcdoc":
			return 0, "a value cannot stand in the attribute " + s.attr + ": it would run as code", "remove it"
		case s.attr == "style" && !raw:
			return spotStyle, "", ""
		}
		return spotText, "", ""
	case htmlRaw:
		switch {
		case s.tag == "script" && s.json && isJSON:
			return spotJSON, "", ""
		case s.tag == "script" && s.json:
			return 0, "a value in a JSON script has to be written as JSON", "add | json"
		}
		return 0, "a value cannot stand inside <" + s.tag + ">, where escaping does not help", "write it in an attribute or in text"
	case htmlEquals, htmlBare:
		return 0, "the value of the attribute " + s.attr + " needs quotes around it", `write ` + s.attr + `="{{ ... }}"`
	}
	if raw {
		return spotText, "", ""
	}
	return 0, "a value cannot stand inside a tag, outside of a quoted attribute value", "if its text is trusted, add | raw"
}

// name describes the state in an error message.
func (s *htmlState) name() string {
	switch s.mode {
	case htmlText:
		return "text"
	case htmlComment:
		return "a comment"
	case htmlDouble, htmlSingle, htmlBare, htmlEquals:
		return "the attribute " + s.attr
	case htmlRaw:
		return "<" + s.tag + ">"
	}
	return "a tag"
}
