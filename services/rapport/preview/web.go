package preview

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

//go:embed assets
var assets embed.FS

const (
	// pagePolicy lets the page use what this server serves, and nothing else.
	pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
		"frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	// framePolicy lets a mail show its styles and pictures, and do nothing. Its origin is the page's so that the page can keep
	// where it was scrolled to; without scripts it can make no use of that.
	framePolicy = "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src http: https: data:; " +
		"style-src 'unsafe-inline' http: https:; font-src http: https: data:; base-uri 'none'; frame-ancestors 'self'"
)

// pages renders the page.
type pages struct{ main *template.Template }

func newPages() (*pages, error) {
	t, err := template.New("page.html").Funcs(template.FuncMap{"kb": kilobytes, "bytes": size, "lines": numbered}).
		ParseFS(assets, "assets/page.html", "assets/icons.html", "assets/message.html", "assets/parts.html")
	if err != nil {
		return nil, fmt.Errorf("preview: parse the page: %w", err)
	}
	return &pages{main: t}, nil
}

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.servePage)
	mux.HandleFunc("GET /frame", s.serveFrame)
	mux.HandleFunc("GET /events", s.serveEvents)
	for _, name := range []string{"style.css", "preview.js", "icon.svg"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			header(w, "", pagePolicy)
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, r, assets, "assets/"+name)
		})
	}
	return s.addressed(mux)
}

// addressed answers those only who call this machine by a name of its own, unless others may look, too. A name of somebody
// else's that leads here would let pages of theirs read this one.
func (s *Server) addressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.o.Remote && !ownName(r.Host) {
			http.Error(w, "This preview answers by the names of this machine only: "+s.URL(), http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func ownName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func header(w http.ResponseWriter, contentType, policy string) {
	h := w.Header()
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	p := s.page(r)
	var out bytes.Buffer
	if err := s.pages.main.Execute(&out, p); err != nil {
		s.o.Logger.Error("the page could not be rendered", "error", err)
		http.Error(w, "This page is out of order; the log has the reason.", http.StatusInternalServerError)
		return
	}
	header(w, "text/html; charset=utf-8", pagePolicy)
	if p.Lost {
		w.WriteHeader(http.StatusNotFound)
	}
	_, _ = w.Write(out.Bytes()) // Whoever asked is gone.
}

// serveEvents tells an open page, as server-sent events, that the files have been read again.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	header(w, "text/event-stream", pagePolicy)
	out := http.NewResponseController(w)
	for event := ": connected\n\n"; ; event = "data: changed\n\n" {
		changed := s.live.Changed()
		if _, err := w.Write([]byte(event)); err != nil || out.Flush() != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}
