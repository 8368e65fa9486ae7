package render

import (
	"encoding/json"
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
	links     Links
	catalogue Catalogue
}

// WithLinks makes links those of the person. Without it, as in previews and checks, a page
// keeps its links as they are; links.unsubscribe and links.preferences are
// mailto:REPLY_TO?subject=unsubscribe, which works wherever mail is answered, and
// links.confirm is the shop's address.
func WithLinks(l Links) Option { return func(o *choices) { o.links = l } }

// personal are the variables of links: made when a template first asks for them, because most
// templates ask for one at most.
type personal struct {
	links                             Links // nil: nobody makes any
	shop                              *Shop
	of                                *message.Command
	unsubscribe, preferences, confirm string
}

// Keys are the names there are.
func (*personal) Keys() []string { return []string{"unsubscribe", "preferences", "confirm"} }

// Property is one of them.
func (p *personal) Property(name string) (any, bool) {
	switch name {
	case "unsubscribe":
		return once(&p.unsubscribe, p.unsubscribing), true
	case "preferences":
		return once(&p.preferences, p.choosing), true
	case "confirm":
		return once(&p.confirm, p.confirming), true
	}
	return nil, false
}

func once(kept *string, link func() string) string {
	if *kept == "" {
		*kept = link()
	}
	return *kept
}

func (p *personal) unsubscribing() string {
	if p.links == nil {
		return p.shop.unsubscribeMail()
	}
	return p.links.Unsubscribe(p.of, purposeOf(p.of))
}

func (p *personal) choosing() string {
	if p.links == nil {
		return p.shop.unsubscribeMail()
	}
	return p.links.Preferences(p.of)
}

func (p *personal) confirming() string {
	if p.links == nil {
		return p.shop.URL
	}
	return p.links.Confirm(p.of, p.of.Channel, confirmed(p.of))
}

// mail gives a rendered mail its links, and its headers what they need.
func (p *personal) mail(m *Mail) {
	if p.of.Category == message.Marketing {
		m.UnsubscribeMail = p.shop.unsubscribeMail()
		// One-click unsubscribing is for https alone (RFC 8058, section 3.1).
		if to := once(&p.unsubscribe, p.unsubscribing); strings.HasPrefix(to, "https://") {
			m.Unsubscribe = to
		}
	}
	if p.links != nil {
		m.HTML, m.Text = p.links.Rewrite(m.HTML, p.of), p.links.Plain(m.Text, p.of)
	}
}

// text gives a rendered text message its links.
func (p *personal) text(body string) string {
	if p.links == nil {
		return body
	}
	return p.links.Plain(body, p.of)
}

// purposeOf is what the unsubscribe link of a message ends: what it needs consent for. A
// transactional message needs none, so that its link ends all marketing.
func purposeOf(c *message.Command) string {
	if c.Purpose == "" && c.Category != message.Transactional {
		return string(c.Category)
	}
	return c.Purpose
}

// confirmed is the purpose that a message asks people to confirm: that of its journey, else
// that of the event which entered, such as consent.granted, else marketing.
func confirmed(c *message.Command) string {
	var vars struct {
		Trigger struct {
			Purpose string `json:"purpose"`
		} `json:"trigger"`
	}
	switch {
	case c.Purpose != "" && c.Purpose != string(message.Transactional):
		return c.Purpose
	case json.Unmarshal(c.Vars, &vars) == nil && vars.Trigger.Purpose != "":
		return vars.Trigger.Purpose
	}
	return string(message.Marketing)
}

// answersTo is the address that answers go to.
func (s *Shop) answersTo() string {
	if s.ReplyTo != "" {
		return s.ReplyTo
	}
	return s.FromAddress
}

// unsubscribeMail is the address of a mail that ends messages; empty where nobody reads any.
func (s *Shop) unsubscribeMail() string {
	if s.answersTo() == "" {
		return ""
	}
	return "mailto:" + s.answersTo() + "?subject=unsubscribe"
}
