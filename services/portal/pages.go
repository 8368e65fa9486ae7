package portal

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"rapport/pkg/message"
)

// pagePolicy lets pages use this server's style sheet and send forms to it, and nothing else.
const pagePolicy = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// pages renders the pages.
type pages struct {
	languages map[string]*language
	byName    map[string]*template.Template
	style     []byte
	stylePath string // with a hash in it, so that browsers may keep it for ever
}

func newPages() (*pages, error) {
	languages, err := readLanguages()
	if err != nil {
		return nil, err
	}
	p := &pages{languages: languages, byName: map[string]*template.Template{}}
	for _, name := range []string{"notice.html", "unsubscribe.html", "preferences.html", "confirm.html"} {
		p.byName[name], err = template.New("layout.html").ParseFS(assets, "assets/layout.html", "assets/"+name)
		if err != nil {
			return nil, fmt.Errorf("parse the page %s: %w", name, err)
		}
	}
	if p.style, err = assets.ReadFile("assets/style.css"); err != nil {
		return nil, fmt.Errorf("read the style sheet: %w", err)
	}
	sum := sha256.Sum256(p.style)
	p.stylePath = "/style-" + hex.EncodeToString(sum[:6]) + ".css"
	return p, nil
}

// frame is what all pages have.
type frame struct {
	Lang  string
	Style string
	Shop  Shop
	// Again is the path of this page, for forms; Number is the form's own.
	Again, Number string

	words *language
}

// T is a text in the page's language.
func (f *frame) T(key string, args ...any) (string, error) { return f.words.say(key, args...) }

// Initial is the shop's in place of a logo.
func (f *frame) Initial() string {
	for _, r := range f.Shop.Name {
		return strings.ToUpper(string(r))
	}
	return ""
}

// By is how a message comes on a channel, within a sentence: "by e-mail".
func (f *frame) By(c message.Channel) (string, error) { return f.T("by_" + string(c)) }

// On is a channel's name.
func (f *frame) On(c message.Channel) (string, error) { return f.T("channel_" + string(c)) }

// frame is that of a page for somebody with a locale, which may be empty.
func (s *Service) frame(r *request, locale string) frame {
	shop := s.o.Shop()
	words := choose(s.pages.languages, locale, r.Header.Get("Accept-Language"), shop.Locale)
	return frame{Lang: words.tag, Style: s.pages.stylePath, Shop: shop, Again: r.URL.EscapedPath(), Number: rand.Text(), words: words}
}

// notice is a page that says one thing.
type notice struct {
	frame
	Key   string // of its texts: Key_title and Key_text
	Home  bool   // with a button to the shop
	Retry bool   // with a button to try again
}

// Title is the page's.
func (n *notice) Title() (string, error) { return n.T(n.Key + "_title") }

// titled is a page.
type titled interface{ Title() (string, error) }

// render answers with a page.
func (s *Service) render(r *request, status int, name string, page titled) {
	var out bytes.Buffer
	if err := s.pages.byName[name].Execute(&out, page); err != nil {
		s.log.ErrorContext(r.Context(), "a page could not be rendered", "page", name, "error", err)
		http.Error(r.w, "This page is out of order. Please try again later.", http.StatusInternalServerError)
		return
	}
	h := r.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Accept-Language")
	r.w.WriteHeader(status)
	_, _ = r.w.Write(out.Bytes())
}

func (s *Service) serveStyle(r *request) {
	h := r.w.Header()
	h.Set("Content-Type", "text/css; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = r.w.Write(s.pages.style)
}

// mask shows as much of an address as its owner needs to recognise it.
func mask(address string) string {
	local, domain, isMail := strings.Cut(address, "@")
	shown := []rune(local)
	switch {
	case address == "":
		return ""
	case isMail:
		return string(shown[:min(len(shown), 1)]) + "•••@" + domain
	case len(shown) > 6:
		return string(shown[:3]) + "•••" + string(shown[len(shown)-2:])
	}
	return "•••"
}
