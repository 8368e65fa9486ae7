package bounce

import "strings"

// original is the header of the mail that came back: of a part that holds a message or its header, or else of a header
// in the midst of a text.
func (m *message) original() header {
	for _, p := range m.parts {
		switch p.kind {
		case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers",
			"text/rfc822-header", "message/partial":
			h, _ := readHeader(strings.TrimLeft(p.decoded(), "\n"))
			if len(h) > 0 {
				return h
			}
		}
		// Some servers put the returned mail into a part without saying that it is a message.
		if p.header.get("message-id") != "" && len(m.parts) > 1 {
			return p.header
		}
	}
	for _, p := range m.parts {
		if p.kind == "text/plain" && !p.file {
			if _, h := cutOriginal(p.decoded()); len(h) > 0 {
				return h
			}
		}
	}
	return nil
}

// report is what a mail says itself: its text, up to where the returned mail begins. When there is no plain text, that of
// the HTML.
func (m *message) report() string {
	for _, kind := range []string{"text/plain", "text/html"} {
		var b strings.Builder
		for i := range m.parts {
			p := &m.parts[i]
			if p.kind != kind || p.file || p.header.get("message-id") != "" && len(m.parts) > 1 || b.Len() >= maxText {
				continue
			}
			text, _ := cutOriginal(p.text())
			b.WriteString(keep(text, maxText))
			b.WriteString("\n")
		}
		if strings.TrimSpace(b.String()) != "" {
			return b.String()
		}
	}
	return ""
}

// cutOriginal splits a text where a header of a mail begins in its midst: fields at the start of their lines, of which
// some are those that every mail has. What servers write above it ("--- Below this line is a copy of the message.") has
// as many forms as there are servers, and does not matter.
func cutOriginal(text string) (before string, h header) {
	for at := 0; at < len(text); {
		line, rest := cutLine(text[at:])
		if name, _, ok := fieldOf(line); !ok || strings.TrimSpace(line) == "" || !mailField(name) {
			at = len(text) - len(rest)
			continue
		}
		h, rest := readHeader(text[at:])
		if isMail(h) {
			return text[:at], h
		}
		at = len(text) - len(rest)
	}
	return text, nil
}

// mailField reports whether a header of a mail may begin with this field. It keeps reports such as "Reporting-MTA: ..."
// and sentences with a colon out of the headers.
func mailField(name string) bool {
	switch name {
	case "received", "return-path", "message-id", "from", "to", "subject", "date", "mime-version", "content-type", "delivered-to",
		"reply-to", "sender", "authentication-results", "dkim-signature", "domainkey-signature", "received-spf", "cc", "user-agent":
		return true
	}
	return strings.HasPrefix(name, "x-") || strings.HasPrefix(name, "arc-")
}

// isMail reports whether fields are the header of a mail: one that says where it came from, and one more.
func isMail(h header) bool {
	seen := map[string]bool{}
	for _, f := range h {
		switch f.name {
		case "from", "to", "subject", "date", "message-id", "received", "return-path", "mime-version":
			seen[f.name] = true
		}
	}
	return len(seen) >= 2 && (seen["from"] || seen["received"] || seen["message-id"] || seen["return-path"])
}
