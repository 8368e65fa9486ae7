package catcher

import (
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// serveDocument answers with the HTML of a mail, for the frame on its page.
func (c *Catcher) serveDocument(w http.ResponseWriter, r *http.Request) {
	content, err := c.readPath(r)
	if err != nil {
		c.pageFailure(w, err)
		return
	}
	header(w, "text/html; charset=utf-8", mailPolicy)
	_, _ = w.Write([]byte(content.document())) // Whoever asked is gone.
}

func (c *Catcher) serveRaw(w http.ResponseWriter, r *http.Request) {
	content, err := c.readPath(r)
	if err != nil {
		c.pageFailure(w, err)
		return
	}
	kind, extension := "message/rfc822", "eml"
	switch {
	case content.text():
		kind, extension = "application/x-www-form-urlencoded", "txt"
	case content.Channel == Webhook:
		kind, extension = "message/http", "http"
	}
	header(w, kind, mailPolicy)
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=message-%d.%s", content.ID, extension))
	_, _ = w.Write(content.Raw)
}

func (c *Catcher) servePart(w http.ResponseWriter, r *http.Request) {
	content, err := c.readPath(r)
	number, badNumber := strconv.Atoi(r.PathValue("number"))
	if err == nil && (badNumber != nil || number < 0 || number >= len(content.parts)) {
		err = ErrNotFound
	}
	if err != nil {
		c.pageFailure(w, err)
		return
	}
	a := content.Attachments[number]
	disposition := "attachment"
	if strings.HasPrefix(a.ContentType, "image/") {
		disposition = "inline"
	}
	header(w, a.ContentType, mailPolicy)
	w.Header().Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": a.Name}))
	_, _ = w.Write(content.parts[number].Content)
}

func (c *Catcher) serveDelete(w http.ResponseWriter, r *http.Request) {
	if err := c.writer.clear(); err != nil {
		c.pageFailure(w, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
