package catcher

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// listMessages answers GET /api/messages.
func (c *Catcher) listMessages(w http.ResponseWriter, r *http.Request) {
	f, err := filterOf(r.URL.Query())
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	found, err := c.store.list(r.Context(), f)
	if err != nil {
		c.apiFailure(w, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"messages": found})
}

// filterOf reads a filter from the parameters of a request.
func filterOf(q url.Values) (Filter, error) {
	f := Filter{
		Channel: q.Get("channel"), Journey: q.Get("journey"), MessageID: q.Get("message"), To: q.Get("to"), Query: q.Get("q"),
	}
	if f.Channel != "" && !slices.Contains([]string{Email, SMS, WhatsApp, Webhook}, f.Channel) {
		return f, fmt.Errorf("channel is %q: use email, sms, whatsapp or webhook", f.Channel)
	}
	after, badAfter := number(q, "after")
	limit, badLimit := number(q, "limit")
	offset, badOffset := number(q, "offset")
	f.After, f.Limit, f.Offset = after, int(limit), int(offset)
	if q.Has("after") && after == 0 {
		f.After = -1 // "after 0" is from the start, whereas a Filter's zero is not asked at all
	}
	return f, errors.Join(badAfter, badLimit, badOffset)
}

// number reads an optional parameter.
func number(q url.Values, name string) (int64, error) {
	text := q.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s is %q: use a whole number that is not negative", name, text)
	}
	return n, nil
}

// getMessage answers GET /api/messages/{id}.
func (c *Catcher) getMessage(w http.ResponseWriter, r *http.Request) {
	content, err := c.readPath(r)
	if err != nil {
		c.apiFailure(w, err)
		return
	}
	writeJSON(w, http.StatusOK, content)
}

// readPath reads the message that the path names.
func (c *Catcher) readPath(r *http.Request) (Content, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return Content{}, ErrNotFound
	}
	return c.Read(r.Context(), id)
}

// deleteMessages answers DELETE /api/messages.
func (c *Catcher) deleteMessages(w http.ResponseWriter, _ *http.Request) {
	if err := c.writer.clear(); err != nil {
		c.apiFailure(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// getCounts answers GET /api/counts.
func (c *Catcher) getCounts(w http.ResponseWriter, r *http.Request) {
	counts, err := c.Counts(r.Context())
	if err != nil {
		c.apiFailure(w, err)
		return
	}
	writeJSON(w, http.StatusOK, counts)
}

func (c *Catcher) apiFailure(w http.ResponseWriter, err error) {
	status, text := http.StatusInternalServerError, "the store could not be read; the log has the reason"
	switch {
	case errors.Is(err, ErrNotFound):
		status, text = http.StatusNotFound, err.Error()
	case errors.Is(err, errClosing):
		status, text = http.StatusServiceUnavailable, err.Error()
	default:
		c.log.Error("a request failed", "error", err)
	}
	writeJSON(w, status, map[string]string{"error": text})
}
