package link

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"rapport/pkg/message"
)

// How long links work; the package's documentation says why.
const (
	livesUnsubscribe = 400 * 24 * time.Hour
	livesClick       = 400 * 24 * time.Hour
	livesConfirm     = 30 * 24 * time.Hour
)

// AllMarketing is the purpose that stands for all of them.
const AllMarketing = "*"

// The paths under which the portal serves links.
const (
	clickPath       = "/c/"
	openPath        = "/o/"
	unsubscribePath = "/u/"
	preferencesPath = "/p/"
	confirmPath     = "/k/"
	openEnd         = ".gif"
)

// Maker makes the links of messages. It does not change and is safe for concurrent use.
type Maker struct {
	Keys   *Keys
	Base   string // where the portal is: "https://news.shop.example", without a slash behind it
	UTM    UTM
	Opens  bool // pages get a pixel that tells of opens
	Clicks bool // links of pages lead over the portal, which tells of clicks
	// Transactional has transactional messages tracked like marketing ones. They have no
	// consent to rest upon, so that without it they get neither pixel, tokens nor UTM.
	Transactional bool
}

// Validate reports a maker whose links nobody could open.
func (m *Maker) Validate() error {
	if m.Keys == nil {
		return errors.New("links have no keys: make some with NewKeys")
	}
	u, err := parse(m.Base)
	if err != nil {
		return fmt.Errorf("the address of the portal, %q, is %w", m.Base, err)
	}
	if u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(m.Base, "/") || strings.ContainsAny(m.Base, "?#\"'<>&") {
		return fmt.Errorf("the address of the portal, %q, must end with its host or path: leave out / ? and #", m.Base)
	}
	return nil
}

// Target is what a click leads to.
type Target struct {
	URL      string // absolute, http or https
	Name     string // of the link; may be empty
	Product  string // id of the product; may be empty
	Category string // of the product; may be empty
}

// Unsubscribe is where one click ends messages of a purpose on the command's channel; of an
// empty purpose: all marketing.
func (m *Maker) Unsubscribe(c *message.Command, purpose string) string {
	t := ticket(c, Unsubscribe, livesUnsubscribe)
	t.Purpose = or(purpose, AllMarketing)
	return m.Base + unsubscribePath + m.Keys.Seal(t)
}

// Preferences is the person's page of what they get.
func (m *Maker) Preferences(c *message.Command) string {
	return m.Base + preferencesPath + m.Keys.Seal(ticket(c, Preferences, livesUnsubscribe))
}

// Confirm is where a person confirms that they agreed to a purpose on a channel.
func (m *Maker) Confirm(c *message.Command, channel message.Channel, purpose string) string {
	t := ticket(c, Confirm, livesConfirm)
	t.Channel, t.Purpose = channel, purpose
	return m.Base + confirmPath + m.Keys.Seal(t)
}

// Click is the address that leads to a target and tells of it. It is empty for a target that
// must not be sealed: leave such a link as it is.
func (m *Maker) Click(c *message.Command, to Target) string {
	if !leadsTo(to.URL) {
		return ""
	}
	return m.over(c, to)
}

// over is Click to an address that was looked at.
func (m *Maker) over(c *message.Command, to Target) string {
	t := ticket(c, Click, livesClick)
	t.URL, t.Link, t.Product, t.LinkCategory = to.URL, to.Name, to.Product, to.Category
	var room [1024]byte
	address := append(append(room[:0], m.Base...), clickPath...)
	before := len(address)
	if address = m.Keys.append(address, &t); len(address) == before {
		return ""
	}
	return string(address)
}

// Pixel is an image of one dot that tells of an open. It is empty where opens are not asked
// for.
func (m *Maker) Pixel(c *message.Command) string {
	if !m.Opens || !m.tracks(c) {
		return ""
	}
	return `<img src="` + m.Base + openPath + m.Keys.Seal(ticket(c, Open, livesClick)) + openEnd +
		`" width="1" height="1" alt="" border="0" style="display:block;width:1px;height:1px;border:0;">`
}

// tracks reports whether a message may be tracked at all.
func (m *Maker) tracks(c *message.Command) bool {
	return c.Category != message.Transactional || m.Transactional
}

// ours reports whether an address is a link that a maker made.
func (m *Maker) ours(raw string) bool {
	if len(raw) < len(m.Base) || !strings.EqualFold(raw[:len(m.Base)], m.Base) {
		return false
	}
	for _, path := range [...]string{clickPath, openPath, unsubscribePath, preferencesPath, confirmPath} {
		if strings.HasPrefix(raw[len(m.Base):], path) {
			return true
		}
	}
	return false
}

// tagged gives an address its UTM parameters, unless it is signed.
func (m *Maker) tagged(raw string, c *message.Command, name string) string {
	if m.UTM.Source == "" || signed(raw) {
		return raw
	}
	return m.UTM.with(raw, string(c.Channel), c.Journey, or(name, c.Step))
}

// ticket is what all links of a message say.
func ticket(c *message.Command, kind Kind, lives time.Duration) Ticket {
	return Ticket{
		Kind: kind, Profile: c.Profile, Ref: c.Ref(), Journey: c.Journey, Instance: c.Instance, Step: c.Step, Template: c.Template,
		Channel: c.Channel, Category: c.Category, Purpose: c.Purpose, SentAt: c.DecidedAt, Expires: c.DecidedAt.Add(lives),
	}
}

// Plain gives the bare addresses of a plain text their UTM parameters; those of an SMS only
// if UTM.SMS says so.
func (m *Maker) Plain(text string, c *message.Command) string {
	if m.UTM.Source == "" || !m.tracks(c) || c.Channel == message.SMS && !m.UTM.SMS {
		return text
	}
	var b strings.Builder
	from := 0
	for at := 0; ; {
		i := strings.Index(text[at:], "http")
		if i < 0 {
			break
		}
		start := at + i
		end := start + bare(text[start:])
		at = max(end, start+len("http"))
		raw := text[start:end]
		if start > 0 && wordly(text[start-1]) || m.ours(raw) {
			continue
		}
		if !leadsTo(ascii(raw)) {
			continue
		}
		b.WriteString(text[from:start] + m.tagged(raw, c, ""))
		from = end
	}
	if from == 0 {
		return text
	}
	return b.String() + text[from:]
}

// wordly holds for what makes an http behind it a part of a longer word.
func wordly(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("=%/&?+-_.@", c) >= 0
}

// bare is how long the address is that a text begins with: up to white space or what closes
// it, without the punctuation of the sentence around it.
func bare(text string) int {
	end := strings.IndexAny(text, " \t\r\n<>\"")
	if end < 0 {
		end = len(text)
	}
	for end > 0 {
		switch last := text[end-1]; {
		case strings.IndexByte(".,;:!?'*_", last) >= 0:
		case last == ')' && strings.Count(text[:end], "(") < strings.Count(text[:end], ")"):
		case last == ']' && strings.Count(text[:end], "[") < strings.Count(text[:end], "]"):
		default:
			return end
		}
		end--
	}
	return end
}
