package catcher

import (
	"bytes"
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// Content is a message with what is in it.
type Content struct {
	Message
	// HTML and Text are the bodies of a mail, each empty when it has none; of a webhook, Text is the body, JSON with line
	// breaks; of the others, it is all of it.
	HTML string `json:"html,omitempty"`
	Text string `json:"text"`
	// Method and URL are where a webhook would have gone.
	Method string `json:"method,omitempty"`
	URL    string `json:"url,omitempty"`
	// Headers are those of a mail, in its order, decoded; those of a webhook; of the others, the other fields of the form.
	Headers     []Header     `json:"headers"`
	Attachments []Attachment `json:"attachments,omitempty"`
	// Segments says how an SMS travels; nil for the others.
	Segments *Segments `json:"segments,omitempty"`
	// Problems are what is wrong with the structure of a mail, in words.
	Problems []string `json:"problems,omitempty"`
	// Raw is the message as it came: a mail's source, a webhook's request without secrets, the form of the others.
	Raw []byte `json:"raw"`

	parts []*enmime.Part // of the attachments
}

// Header is one decoded header field.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Attachment is a part of a mail besides its bodies; Number is its place in the list of attachments.
type Attachment struct {
	Number      int    `json:"number"`
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Size        int    `json:"size"`
	ContentID   string `json:"content_id,omitempty"`
}

// open parses a message. It takes anything: what cannot be parsed has Problems.
func open(m Message, raw []byte) Content {
	switch m.Channel {
	case SMS, WhatsApp:
		return openText(m, raw)
	case Webhook:
		return openCall(m, raw)
	}
	return openMail(m, raw)
}

func openText(m Message, raw []byte) Content {
	c := Content{Message: m, Raw: raw}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		c.Problems = append(c.Problems, err.Error())
	}
	c.Text = words(form)
	if m.Channel == SMS {
		s := segment(c.Text)
		c.Segments = &s
	}
	for name, values := range form {
		for _, value := range values {
			if name != "Body" {
				c.Headers = append(c.Headers, Header{Name: name, Value: value})
			}
		}
	}
	slices.SortFunc(c.Headers, func(a, b Header) int { return strings.Compare(a.Name+a.Value, b.Name+b.Value) })
	return c
}

func openMail(m Message, raw []byte) Content {
	c := Content{Message: m, Raw: raw}
	var decoder mime.WordDecoder
	for _, f := range headerFields(raw) {
		c.Headers = append(c.Headers, Header{Name: f.Name, Value: strings.ToValidUTF8(decoded(&decoder, f.Value), "\uFFFD")})
	}
	envelope, err := enmime.NewParser(enmime.DisableTextConversion(true)).ReadEnvelope(bytes.NewReader(raw))
	if err != nil {
		c.Problems = append(c.Problems, err.Error())
		c.Text = strings.ToValidUTF8(string(raw), "\uFFFD")
		return c
	}
	c.HTML, c.Text = envelope.HTML, envelope.Text
	for _, e := range envelope.Errors {
		c.Problems = append(c.Problems, e.Error())
	}
	if envelope.HTML == "" && envelope.Text == "" && envelope.Root.FirstChild == nil && strings.HasPrefix(envelope.Root.ContentType, "multipart/") {
		c.Problems = append(c.Problems, "none of the parts that the header announces is there; see the source")
	}
	c.parts = slices.Concat(envelope.Attachments, envelope.Inlines, envelope.OtherParts)
	for i, p := range c.parts {
		name := p.FileName
		if name == "" {
			name = fmt.Sprintf("part-%d", i)
		}
		c.Attachments = append(c.Attachments, Attachment{
			Number: i, Name: name, ContentType: p.ContentType, Size: len(p.Content), ContentID: p.ContentID,
		})
	}
	return c
}

// document is the HTML of a mail for the frame that shows it: pictures of the mail itself come from this server, and links
// open in a new tab, because the frame could not show where they lead.
func (c *Content) document() string {
	html := c.HTML
	for _, a := range c.Attachments {
		if a.ContentID != "" {
			html = strings.ReplaceAll(html, "cid:"+a.ContentID, fmt.Sprintf("/messages/%d/parts/%d", c.ID, a.Number))
		}
	}
	const base = `<base target="_blank">`
	if i := strings.Index(strings.ToLower(html), "<head"); i >= 0 {
		if end := strings.IndexByte(html[i:], '>'); end >= 0 {
			return html[:i+end+1] + base + html[i+end+1:]
		}
	}
	return html
}
