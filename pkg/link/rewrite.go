package link

import (
	"strings"

	"rapport/pkg/message"
)

// Rewrite gives the links of a page what the maker was told to: UTM parameters, the way over
// the portal, and the pixel before the end of the body. Attributes of <a> and <area> say more
// about a link, and are taken out of the page:
//
//	data-link="hero"            the link's name, for utm_content and the ticket
//	data-product-id="p1"        the product behind it
//	data-category="lamps"       that product's category
//	data-rapport-track="off"    the link stays as it is
//
// Where product and category are missing and the address is that of a product in the command's
// variables, they come from there.
func (m *Maker) Rewrite(html string, c *message.Command) string {
	w := rewriting{m: m, c: c, in: html, tracked: m.tracks(c), pixel: m.Pixel(c), attrs: make([]attribute, 0, 16)}
	w.out.Grow(len(html) + len(html)/4 + len(w.pixel))
	w.scan(0)
	w.copy(len(html))
	w.out.WriteString(w.pixel)
	return w.out.String()
}

// rewriting is one page on its way.
type rewriting struct {
	m       *Maker
	c       *message.Command
	in      string
	from    int // what stands before it is in out
	out     strings.Builder
	pixel   string // which is still to be written
	tracked bool
	attrs   []attribute
	known   products
}

// scan goes through the page from an index on.
func (w *rewriting) scan(at int) {
	for at < len(w.in) {
		next := strings.IndexByte(w.in[at:], '<')
		if next < 0 {
			return
		}
		at = w.markup(at + next)
	}
}

// copy puts what stands before an index of the page out.
func (w *rewriting) copy(to int) {
	w.out.WriteString(w.in[w.from:to])
	w.from = to
}

// markup deals with what begins with the < at an index, and returns where to go on.
func (w *rewriting) markup(at int) int {
	rest := w.in[at+1:]
	switch {
	case rest == "":
		return at + 1
	case rest[0] == '!':
		n, conditional := declaration(rest)
		if conditional {
			return w.conditional(at + 1 + n)
		}
		return at + 1 + n
	case rest[0] == '?':
		return at + 1 + upTo(rest, ">")
	case rest[0] == '/':
		return w.closing(at)
	case !letter(rest[0]):
		return at + 1
	}
	name := tagName(rest)
	begin := at + 1 + len(name)
	if !(len(name) == 1 && name[0]|0x20 == 'a') && !strings.EqualFold(name, "area") {
		end, _, _ := attributes(w.in, begin, nil)
		return end + rawText(name, w.in[end:])
	}
	end, attrs, whole := attributes(w.in, begin, w.attrs[:0])
	if w.attrs = attrs; whole {
		w.link(attrs)
	}
	return end
}

// conditional goes through a comment that is a page to Outlook, from behind its condition. To
// all others it is a comment, which must end where it ended.
func (w *rewriting) conditional(at int) int {
	whole := w.in
	w.in = whole[:at+upTo(whole[at:], "-->")]
	w.in = strings.TrimSuffix(w.in, "-->")
	w.scan(at)
	end := len(w.in)
	w.in = whole
	return end
}

// closing deals with the end of an element. That of the body is where the pixel goes: the first
// one, behind which browsers put what follows into the body all the same.
func (w *rewriting) closing(at int) int {
	rest := w.in[at+len("</"):]
	if rest == "" || !letter(rest[0]) {
		return at + len("</") + upTo(rest, ">")
	}
	if startsWith(rest, "body") {
		w.copy(at)
		w.out.WriteString(w.pixel)
		w.pixel = ""
	}
	end, _, _ := attributes(w.in, at+len("</")+len(tagName(rest)), nil)
	return end
}

// link rewrites one tag.
func (w *rewriting) link(attrs []attribute) {
	var to Target
	var href *attribute
	off := false
	for i := range attrs {
		a := &attrs[i]
		into := (*string)(nil)
		switch name := w.in[a.name:a.nameEnd]; {
		case strings.EqualFold(name, "href") && href == nil:
			href = a
		case strings.EqualFold(name, "data-link"):
			into = &to.Name
		case strings.EqualFold(name, "data-product-id"):
			into = &to.Product
		case strings.EqualFold(name, "data-category"):
			into = &to.Category
		case strings.EqualFold(name, "data-rapport-track"):
			off = off || strings.EqualFold(w.value(a), "off")
			a.ours = true
		}
		if into != nil {
			*into = or(*into, w.value(a)) // of two attributes of one name, the first holds
			a.ours = true
		}
	}
	changed := ""
	if href != nil && w.tracked && !off {
		to.URL = w.value(href)
		changed = w.leads(to)
	}
	for i := range attrs {
		switch a := &attrs[i]; {
		case a.ours:
			w.copy(a.start)
			w.from = a.end
			w.part(attrs[i+1:])
		case a == href && changed != "":
			w.copy(a.nameEnd)
			w.out.WriteString(`="`)
			escape(&w.out, changed)
			w.out.WriteByte('"')
			w.from = a.end
		}
	}
}

// part keeps what stood before an attribute that was taken away from what comes next in pages
// that are broken: attributes without space between them, and those whose names begin with =.
func (w *rewriting) part(next []attribute) {
	if len(next) > 0 && w.in[next[0].name] == '=' {
		w.out.WriteString(" /")
	} else if c := w.in[w.from]; !space(c) && c != '>' {
		w.out.WriteByte(' ')
	}
}

// leads is the address that a link gets instead of its own, or empty where it keeps it.
func (w *rewriting) leads(to Target) string {
	if to.URL == "" || w.m.ours(to.URL) {
		return ""
	}
	clean := ascii(to.URL)
	if !leadsTo(clean) {
		return ""
	}
	if to.Product == "" || to.Category == "" {
		w.known.complete(&to, w.c)
	}
	address := w.m.tagged(clean, w.c, to.Name)
	if w.m.Clicks && len(address) <= maxURL { // UTM parameters make no other address of one that was looked at
		to.URL = address
		if over := w.m.over(w.c, to); over != "" {
			return over
		}
	}
	if address == clean {
		return ""
	}
	return address
}

// value is what an attribute says, without the white space around it.
func (w *rewriting) value(a *attribute) string {
	return strings.Trim(unescape(w.in[a.value:a.valueEnd]), " \t\r\n\f")
}
