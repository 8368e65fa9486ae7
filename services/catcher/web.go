package catcher

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"time"
)

//go:embed assets
var assets embed.FS

const (
	perPage = 50
	// refreshEvery is how often an open page is told of changes, at most.
	refreshEvery = 500 * time.Millisecond
	// maxSource bounds how much of a source the page shows; all of it can be downloaded.
	maxSource = 256 << 10
	// pagePolicy lets pages use what this server serves, and nothing else.
	pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; " +
		"frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	// mailPolicy lets a caught mail show its styles and pictures, and do nothing.
	mailPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src 'self' http: https: data:; " +
		"style-src 'unsafe-inline' http: https:; font-src http: https: data:; frame-ancestors 'self'"
)

// pages renders the pages.
type pages struct {
	inbox   *template.Template
	message *template.Template
}

func parsePages() (*pages, error) {
	funcs := template.FuncMap{"clock": clock, "bytes": byteSize, "plural": plural, "thousands": thousands, "title": title, "initial": initial}
	parse := func(name string) (*template.Template, error) {
		t, err := template.New("layout.html").Funcs(funcs).ParseFS(assets, "assets/layout.html", "assets/icons.html", "assets/"+name)
		if err != nil {
			return nil, fmt.Errorf("catcher: parse the page %s: %w", name, err)
		}
		return t, nil
	}
	inbox, err := parse("inbox.html")
	if err != nil {
		return nil, err
	}
	message, err := parse("message.html")
	return &pages{inbox: inbox, message: message}, err
}

// handler is everything that is served over HTTP.
func (c *Catcher) handler() (http.Handler, error) {
	p, err := parsePages()
	if err != nil {
		return nil, err
	}
	static, err := fs.Sub(assets, "assets")
	if err != nil {
		return nil, fmt.Errorf("catcher: find the assets: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2010-04-01/Accounts/{account}/Messages.json", c.createMessage)
	mux.HandleFunc("GET /2010-04-01/Accounts/{account}/Messages/{file}", c.fetchMessage)
	mux.HandleFunc("POST /webhooks", c.catchCall)
	mux.HandleFunc("GET /api/messages", c.listMessages)
	mux.HandleFunc("GET /api/messages/{id}", c.getMessage)
	mux.HandleFunc("DELETE /api/messages", c.deleteMessages)
	mux.HandleFunc("GET /api/counts", c.getCounts)
	mux.HandleFunc("GET /events", c.serveEvents)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { c.serveInbox(w, r, p) })
	mux.HandleFunc("POST /delete", c.serveDelete)
	mux.HandleFunc("GET /messages/{id}", func(w http.ResponseWriter, r *http.Request) { c.serveMessage(w, r, p) })
	mux.HandleFunc("GET /messages/{id}/html", c.serveDocument)
	mux.HandleFunc("GET /messages/{id}/raw", c.serveRaw)
	mux.HandleFunc("GET /messages/{id}/parts/{number}", c.servePart)
	for _, name := range []string{"style.css", "live.js", "icon.svg"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, r, static, name)
		})
	}
	// Pages of other sites must not delete what was caught.
	return http.NewCrossOriginProtection().Handler(mux), nil
}

// serveEvents tells an open page, as server-sent events, that something was stored; at most twice a second.
func (c *Catcher) serveEvents(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // The server's bound is for requests, and this one has been read.
	for event := ": connected\n\n"; ; event = "data: changed\n\n" {
		changed := c.live.next()
		if _, err := w.Write([]byte(event)); err != nil || out.Flush() != nil {
			return
		}
		if !c.live.wait(r.Context(), changed, refreshEvery) {
			return
		}
	}
}

func (c *Catcher) render(w http.ResponseWriter, t *template.Template, data any) {
	var out bytes.Buffer
	if err := t.Execute(&out, data); err != nil {
		c.pageFailure(w, fmt.Errorf("render a page: %w", err))
		return
	}
	header(w, "text/html; charset=utf-8", pagePolicy)
	_, _ = w.Write(out.Bytes())
}

func header(w http.ResponseWriter, contentType, policy string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

func (c *Catcher) pageFailure(w http.ResponseWriter, err error) {
	if errors.Is(err, ErrNotFound) {
		http.Error(w, "There is no such message: it was deleted, or never caught.", http.StatusNotFound)
		return
	}
	c.log.Error("a page failed", "error", err)
	http.Error(w, "The store could not be read; the log has the reason.", http.StatusInternalServerError)
}
