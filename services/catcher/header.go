package catcher

import (
	"bytes"
	"mime"
	"net/mail"
	"strings"
)

// field is one header field as it stands in a message, unfolded but not decoded.
type field struct {
	Name  string
	Value string
}

// maxFields bounds how much of a header is looked at.
const maxFields = 500

// headerFields splits the header of a message. It takes anything: a catcher must show broken mails too.
func headerFields(raw []byte) []field {
	var fields []field
	for len(raw) > 0 && len(fields) < maxFields {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		raw = rest
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 {
			break
		}
		if last := len(fields) - 1; last >= 0 && (line[0] == ' ' || line[0] == '\t') {
			fields[last].Value += " " + strings.TrimSpace(string(line))
			continue
		}
		name, value, found := strings.Cut(string(line), ":")
		if !found {
			break // a body without a header
		}
		fields = append(fields, field{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	return fields
}

// readHeader reads what a list shows of a mail from its header, and nothing else: the rest is parsed when it is looked at.
func readHeader(raw []byte) Message {
	m := Message{Channel: Email}
	var decoder mime.WordDecoder
	for _, f := range headerFields(raw) {
		switch strings.ToLower(f.Name) {
		case "subject":
			m.Subject = clip(decoded(&decoder, f.Value))
		case "from":
			m.From = clip(decodedAddress(&decoder, f.Value))
		case "message-id":
			m.ProviderID = clip(strings.Trim(f.Value, "<>"))
		case "x-rapport-message":
			m.MessageID = clip(f.Value)
		case "x-rapport-journey":
			m.Journey = clip(f.Value)
		}
	}
	return m
}

// decoded reads encoded words (RFC 2047), or leaves them as they are when they cannot be read.
func decoded(d *mime.WordDecoder, value string) string {
	if text, err := d.DecodeHeader(value); err == nil {
		return text
	}
	return value
}

// decodedAddress is an address as people read it: the name without quotes, then the address.
func decodedAddress(d *mime.WordDecoder, value string) string {
	a, err := (&mail.AddressParser{WordDecoder: d}).Parse(value)
	switch {
	case err != nil:
		return decoded(d, value)
	case a.Name == "":
		return a.Address
	}
	return a.Name + " <" + a.Address + ">"
}

// clip bounds a text that lists show.
func clip(s string) string {
	const most = 500
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return s[:cut] + "…"
}
