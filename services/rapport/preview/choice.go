package preview

import (
	"net/url"
	"slices"
)

// choice is what somebody wants to see: what the address of the page says.
type choice struct {
	Message string // key
	Profile string // name of a person
	Lang    string // tag; empty: the person's own
	View    string // one of views
	Width   string // one of widths
	Look    string // light or dark
	Query   string // that messages in the list match
}

// What may be chosen, the usual first.
var (
	views  = []string{"page", "text", "source", "data"}
	widths = []string{"both", "desktop", "phone"}
	looks  = []string{"light", "dark"}
)

// read makes a choice of an address. What is none of what may be chosen is the usual.
func read(q url.Values) choice {
	one := func(name string, of []string) string {
		if v := q.Get(name); slices.Contains(of, v) {
			return v
		}
		return of[0]
	}
	return choice{
		Message: q.Get("message"), Profile: q.Get("profile"), Lang: q.Get("lang"), Query: q.Get("q"),
		View: one("view", views), Width: one("width", widths), Look: one("look", looks),
	}
}

// query is the choice as an address has it, without what is usual.
func (c choice) query() string {
	q := url.Values{}
	for name, v := range map[string]struct{ is, usual string }{
		"message": {c.Message, ""}, "profile": {c.Profile, ""}, "lang": {c.Lang, ""}, "q": {c.Query, ""},
		"view": {c.View, views[0]}, "width": {c.Width, widths[0]}, "look": {c.Look, looks[0]},
	} {
		if v.is != v.usual {
			q.Set(name, v.is)
		}
	}
	return q.Encode()
}

// Link is the page's address with one thing chosen otherwise.
func (c choice) Link(name, value string) string {
	switch name {
	case "message":
		c.Message = value
	case "profile":
		c.Profile = value
	case "lang":
		c.Lang = value
	case "view":
		c.View = value
	case "width":
		c.Width = value
	case "look":
		c.Look = value
	}
	return "/?" + c.query()
}
