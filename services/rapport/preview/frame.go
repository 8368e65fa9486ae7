package preview

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"

	"rapport/pkg/message"
	"rapport/services/rapport/preview/sample"
)

// serveFrame answers with the HTML of a mail, for the frames of the page.
func (s *Server) serveFrame(w http.ResponseWriter, r *http.Request) {
	c := read(r.URL.Query())
	book, _ := s.current()
	header(w, "text/html; charset=utf-8", framePolicy)
	m, found := sample.Find(book.Messages, c.Message)
	if !found || m.Channel != message.Email {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	p, _ := personNamed(book.People(r.Context(), m), c.Profile)
	out := s.show(r.Context(), book, m, p, languageOf(book.Snapshot, c.Lang))
	if out.Mail == nil {
		w.WriteHeader(http.StatusUnprocessableEntity) // The page around it says why.
		return
	}
	_, _ = w.Write([]byte(document(out.Mail.HTML, c.Look == "dark"))) // Whoever asked is gone.
}

// scheme is how style sheets and media attributes ask for the scheme.
var scheme = regexp.MustCompile(`(?i)\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)`)

// document is the copy of a mail that goes into a frame: in the scheme that was asked for, with tiles for pictures that
// nobody has, and with links that open elsewhere.
func document(page string, dark bool) string {
	var b strings.Builder
	b.Grow(len(page) + 1024)
	both := strings.Contains(page, "color-scheme")
	z := html.NewTokenizer(strings.NewReader(page))
	inStyle, based := false, false
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		raw := string(z.Raw()) // Token changes it.
		switch kind {
		case html.TextToken, html.CommentToken:
			if inStyle {
				raw = inScheme(raw, dark)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			inStyle = t.Data == "style" && kind == html.StartTagToken
			raw = tag(t, raw, dark)
			if t.Data == "head" {
				raw, based = raw+base, true
			}
		case html.EndTagToken:
			inStyle = false
		}
		b.WriteString(raw)
	}
	out := b.String()
	if !based {
		out += base
	}
	return out + fixed(both, dark)
}

const base = `<base target="_blank">`

// fixed is the scheme that system colours, form fields and the page's ground go by. A mail that does not speak of schemes is light.
func fixed(both, dark bool) string {
	if both && dark {
		return "<style>:root{color-scheme:only dark!important}</style>"
	}
	return "<style>:root{color-scheme:only light!important}</style>"
}

// inScheme answers what a style sheet asks about the scheme.
func inScheme(css string, dark bool) string {
	return scheme.ReplaceAllStringFunc(css, func(asked string) string {
		if strings.Contains(strings.ToLower(asked), "dark") == dark {
			return "(min-width:0)"
		}
		return "(max-width:0)"
	})
}

// tag is a start tag as the copy has it; most are as they were.
func tag(t html.Token, raw string, dark bool) string {
	changed := false
	for i := range t.Attr {
		a := &t.Attr[i]
		switch {
		case a.Key == "media":
			now := inScheme(a.Val, dark)
			changed = changed || now != a.Val
			a.Val = now
		case t.Data == "img" && a.Key == "src" && nobodyHas(a.Val):
			a.Val, changed = tile(a.Val), true
		case (t.Data == "img" || t.Data == "source") && a.Key == "srcset" && nobodyHas(strings.Fields(a.Val + " x")[0]):
			a.Val, changed = "", true
		}
	}
	if !changed {
		return raw
	}
	return t.String()
}

// nobodyHas reports whether a picture lies where there is none: at a host for examples (RFC 2606, RFC 6761), or among
// those of sample products.
func nobodyHas(address string) bool {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" {
		return false
	}
	if strings.HasPrefix(u.Path, sample.Pictures) {
		return true
	}
	host := "." + strings.ToLower(u.Hostname())
	for _, end := range []string{".example", ".test", ".invalid", ".example.com", ".example.org", ".example.net"} {
		if strings.HasSuffix(host, end) {
			return true
		}
	}
	return false
}

// tile is a quiet picture in the place of one, always the same for the same address. It takes any shape.
func tile(address string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(address)) // A hash takes everything.
	hue := h.Sum32() % 360
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600" viewBox="0 0 60 60" preserveAspectRatio="xMidYMid slice">`+
		`<rect width="60" height="60" fill="hsl(%d 26%% 84%%)"/><circle cx="38" cy="22" r="5" fill="hsl(%d 24%% 93%%)"/>`+
		`<path d="M0 48 20 28 34 42 44 34 60 48V60H0z" fill="hsl(%d 22%% 74%%)"/></svg>`, hue, hue, hue)
	return "data:image/svg+xml," + url.PathEscape(svg)
}
