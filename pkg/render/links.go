package render

import (
	"strings"

	"rapport/pkg/message"
)

// Links makes the addresses that belong to one person, and the links that clicks are known
// by. Its answers may depend on the command alone, so that a repeat is the same message.
type Links interface {
	// Unsubscribe is where one click ends messages of a purpose on the command's channel;
	// of an empty purpose: all marketing.
	Unsubscribe(c *message.Command, purpose string) string
	// Preferences is the person's page of what they get.
	Preferences(c *message.Command) string
	// Confirm is where a person confirms that they agreed to a purpose: double opt-in.
	Confirm(c *message.Command, channel message.Channel, purpose string) string
	// Rewrite gives the links of a whole page their tracking.
	Rewrite(html string, c *message.Command) string
	// Plain gives those of a plain text theirs.
	Plain(text string, c *message.Command) string
}

// Option changes how one message is rendered.
type Option func(*choices)

type choices struct {
	links Links
}

// WithLinks makes links those of the person. Without it, as in previews and checks, a page
// keeps its links as they are; links.unsubscribe and links.preferences are
// mailto:REPLY_TO?subject=unsubscribe, which works wherever mail is answered, and
// links.confirm is the shop's address.
func WithLinks(l Links) Option { return func(o *choices) { o.links = l } }

func chosen(opts []Option) choices {
	var o choices
	for _, set := range opts {
		set(&o)
	}
	return o
}

// personal are the variables of links: made when a template asks for them, because most
// templates ask for one at most.
type personal struct {
	links Links // nil: nobody makes any
	shop  Shop
	of    *message.Command
}

// Keys are the names there are.
func (personal) Keys() []string { return []string{"unsubscribe", "preferences", "confirm"} }

// Property is one of them.
func (p personal) Property(name string) (any, bool) {
	switch {
	case name == "unsubscribe" && p.links != nil:
		return p.links.Unsubscribe(p.of, purposeOf(p.of)), true
	case name == "preferences" && p.links != nil:
		return p.links.Preferences(p.of), true
	case name == "confirm" && p.links != nil:
		return p.links.Confirm(p.of, p.of.Channel, confirmed(p.of)), true
	case name == "unsubscribe", name == "preferences":
		return p.shop.unsubscribeMail(), true
	case name == "confirm":
		return p.shop.URL, true
	}
	return nil, false
}

// purposeOf is what the unsubscribe link of a message ends: what it needs consent for. A
// transactional message needs none, so that its link ends all marketing.
func purposeOf(c *message.Command) string {
	if c.Purpose == "" && c.Category != message.Transactional {
		return string(c.Category)
	}
	return c.Purpose
}

// confirmed is the purpose that a message asks people to confirm. Such a message is
// transactional itself, and its journey names the purpose; marketing is meant where none is.
func confirmed(c *message.Command) string {
	if c.Purpose == "" || c.Purpose == string(message.Transactional) {
		return string(message.Marketing)
	}
	return c.Purpose
}

// answersTo is the address that answers go to.
func (s Shop) answersTo() string {
	if s.ReplyTo != "" {
		return s.ReplyTo
	}
	return s.FromAddress
}

// unsubscribeMail is the address of a mail that ends messages; empty where nobody reads any.
func (s Shop) unsubscribeMail() string {
	if s.answersTo() == "" {
		return ""
	}
	return "mailto:" + s.answersTo() + "?subject=unsubscribe"
}

// link gives a rendered mail its links, and its headers what they need.
func (o choices) link(m *Mail, shop Shop, c *message.Command) {
	if c.Category == message.Marketing {
		m.UnsubscribeMail = shop.unsubscribeMail()
	}
	if o.links == nil {
		return
	}
	// One-click unsubscribing is for https alone (RFC 8058, section 3.1).
	if to := o.links.Unsubscribe(c, purposeOf(c)); c.Category == message.Marketing && strings.HasPrefix(to, "https://") {
		m.Unsubscribe = to
	}
	m.HTML, m.Text = o.links.Rewrite(m.HTML, c), o.links.Plain(m.Text, c)
}
