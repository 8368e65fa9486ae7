package catcher

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// frame is what every page shows around itself.
type frame struct {
	Title  string
	Filter Filter
	Counts Counts
	// Journeys are the names in Counts, sorted.
	Journeys []string
	SMTPAddr string
	HTTPAddr string
	// Back is the list that the reader came from.
	Back string
}

func (c *Catcher) frame(r *http.Request, title string, f Filter) (frame, error) {
	counts, err := c.Counts(r.Context())
	if err != nil {
		return frame{}, err
	}
	journeys := slices.Sorted(maps.Keys(counts.Journeys))
	journeys = slices.DeleteFunc(journeys, func(name string) bool { return name == "" })
	return frame{
		Title: title, Filter: f, Counts: counts, Journeys: journeys,
		SMTPAddr: c.SMTPAddr(), HTTPAddr: c.HTTPAddr(), Back: "/" + query(f, 0),
	}, nil
}

// query is a filter as the query of a page's address.
func query(f Filter, page int) string {
	q := url.Values{}
	for name, value := range map[string]string{"channel": f.Channel, "journey": f.Journey, "q": f.Query, "to": f.To} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// inboxPage is the list.
type inboxPage struct {
	frame
	Messages     []Message
	Total        int // of the filter
	First, Last  int // shown, from 1
	Newer, Older string
	Query        string // of the filter
	Filtered     bool
	Today        time.Time
}

func (c *Catcher) serveInbox(w http.ResponseWriter, r *http.Request, p *pages) {
	page, err := c.inbox(r)
	if err != nil {
		c.pageFailure(w, err)
		return
	}
	c.render(w, p.inbox, page)
}

func (c *Catcher) inbox(r *http.Request) (*inboxPage, error) {
	q := r.URL.Query()
	f := Filter{Channel: q.Get("channel"), Journey: q.Get("journey"), Query: strings.TrimSpace(q.Get("q")), To: q.Get("to"), Limit: perPage}
	number, _ := strconv.Atoi(q.Get("page")) // anything else is the first page
	number = max(number, 1)
	f.Offset = (number - 1) * perPage
	title := "All messages"
	switch {
	case f.Journey != "":
		title = f.Journey
	case f.Channel == Email:
		title = "E-mail"
	case f.Channel == SMS:
		title = "SMS"
	case f.Channel == WhatsApp:
		title = "WhatsApp"
	case f.Channel == Webhook:
		title = "Webhooks"
	}
	frame, err := c.frame(r, title, f)
	if err != nil {
		return nil, err
	}
	page := &inboxPage{frame: frame, Query: query(f, 0), Filtered: query(f, number) != "", Today: time.Now()}
	if page.Total, err = c.store.count(r.Context(), f); err != nil {
		return nil, err
	}
	if page.Messages, err = c.store.list(r.Context(), f); err != nil {
		return nil, err
	}
	page.Last = f.Offset + len(page.Messages)
	page.First = min(f.Offset+1, page.Last)
	if number > 1 {
		page.Newer = "/" + query(f, number-1)
		if number == 2 && page.Query == "" {
			page.Newer = "/"
		}
	}
	if page.Last < page.Total {
		page.Older = "/" + query(f, number+1)
	}
	return page, nil
}

// messagePage is one message.
type messagePage struct {
	frame
	Content
	Tab          string
	Tabs         []string
	Source       string
	Clipped      bool
	Newer, Older int64
}

func (c *Catcher) serveMessage(w http.ResponseWriter, r *http.Request, p *pages) {
	content, err := c.readPath(r)
	if err != nil {
		c.pageFailure(w, err)
		return
	}
	frame, err := c.frame(r, content.Subject, Filter{Channel: content.Channel})
	if err != nil {
		c.pageFailure(w, err)
		return
	}
	page := messagePage{frame: frame, Content: content, Tabs: []string{"text", "headers", "source"}}
	switch {
	case content.text():
		page.Tabs = []string{"message", "source"}
	case content.Channel == Webhook:
		page.Tabs = []string{"body", "headers", "source"}
	case content.HTML != "":
		page.Tabs = slices.Insert(page.Tabs, 0, "html")
	}
	page.Tab = page.Tabs[0]
	if tab := r.URL.Query().Get("tab"); slices.Contains(page.Tabs, tab) {
		page.Tab = tab
	}
	if page.Tab == "source" {
		page.Clipped = len(content.Raw) > maxSource
		page.Source = strings.ToValidUTF8(string(content.Raw[:min(len(content.Raw), maxSource)]), "\uFFFD")
	}
	if page.Newer, page.Older, err = c.store.neighbours(r.Context(), content.ID); err != nil {
		c.pageFailure(w, err)
		return
	}
	c.render(w, p.message, page)
}
