package bounce

import "strings"

// status reads a delivery status notification (RFC 3464, and RFC 6533 for addresses beyond ASCII). Servers that know the
// fields but not the media type put them into a text; those are read, too. It reports false when there is none.
func (m *message) status(r *Report) bool {
	var found []header
	top, _ := parameters(contentType(m.header))
	machine := top == "multipart/report" || m.fromDaemon() || m.fromMachine()
	for i := range m.parts {
		p := &m.parts[i]
		if p.file && !machine {
			continue // a person attached it, to ask about it
		}
		switch p.kind {
		case "message/delivery-status", "message/global-delivery-status":
			found = append(found, m.statusFields(r, p.decoded())...)
		}
	}
	if len(found) == 0 && machine {
		for i := range m.parts {
			if p := &m.parts[i]; strings.HasPrefix(p.kind, "text/") && !p.file {
				if text, _ := cutOriginal(p.text()); hasFold(text, "final-recipient:") {
					found = append(found, m.statusFields(r, text)...)
				}
			}
		}
	}
	if len(found) == 0 {
		return false
	}
	more := m.report()
	for _, h := range found {
		if len(r.Recipients) < maxRecipients {
			r.Recipients = append(r.Recipients, m.statusRecipient(h, more, len(found) == 1))
		}
	}
	r.Kind = kindOf(r.Recipients)
	return true
}

// kindOf is the worst that happened to a recipient.
func kindOf(recipients []Recipient) Kind {
	kind := Delivered
	for _, p := range recipients {
		switch p.Action {
		case "failed":
			return Bounce
		case "delayed":
			kind = Delay
		}
	}
	return kind
}

// statusFields splits the groups of fields, one per recipient. RFC 3464 has an empty line between them, but servers
// forget it, or put one into the midst of a group: a group ends where the next address begins.
func (m *message) statusFields(r *Report, text string) (groups []header) {
	var group header
	flush := func() {
		if group.get("final-recipient") != "" || group.get("original-recipient") != "" && group.get("action") != "" {
			groups = append(groups, group)
		}
		group = nil
	}
	blank := false
	for s := text; s != "" && len(groups) < maxRecipients; {
		var line string
		line, s = cutLine(s)
		if strings.TrimSpace(line) == "" {
			blank = true
			continue
		}
		name, value, ok := fieldOf(line)
		if line[0] == ' ' || line[0] == '\t' || !ok {
			if !blank {
				extend(group, line)
			}
			continue
		}
		switch complete := group.get("final-recipient") != "" && (group.get("action") != "" || group.get("status") != ""); {
		case name == "final-recipient" && group.get(name) != "",
			name == "original-recipient" && group.get(name) != "" && complete,
			name == "action" && group.get(name) != "" && blank,
			blank && complete:
			flush()
		}
		blank = false
		switch name {
		case "reporting-mta":
			r.ReportingMTA = typedName(value)
		case "original-envelope-id":
			r.EnvelopeID = keep(value, maxLine)
		default:
			if len(group) < maxFields {
				group = append(group, field{name, keep(value, maxField)})
			}
		}
	}
	flush()
	return groups
}

// statusRecipient reads one group. The text for people helps where the fields say too little; when there are several
// recipients, nobody knows which of them the text is about, and only the fields count.
func (m *message) statusRecipient(h header, text string, alone bool) Recipient {
	final, original := typedAddress(h.get("final-recipient")), typedAddress(h.get("original-recipient"))
	p := Recipient{Address: original, RemoteMTA: typedName(h.get("remote-mta"))}
	if p.Address == "" {
		p.Address = final
	}
	if p.Address == "" && alone {
		// The final recipient was a file or a program.
		p.Address = firstOf(m.failedRecipients())
		if p.Address == "" {
			p.Address = firstOf(m.returnedTo())
		}
	}
	if !strings.EqualFold(final, p.Address) {
		p.Final = final
	}
	if p.Address == "" {
		p.Address = keep(diagnostic(h.get("final-recipient")), maxLine)
	}
	p.Diagnostic = keep(oneLine(diagnostic(h.get("diagnostic-code"))), maxLine)
	said := p.Diagnostic
	// IronPort puts words of its own, and a code that is always the same, before those of the server.
	if _, quoted, ok := strings.Cut(said, "Unknown address error "); ok {
		said = quoted
	}
	p.Status, p.Code = codesOf(h.get("status"), said)
	p.Action = actionOf(h.get("action"), p.Status)
	if p.Action == "failed" || p.Action == "delayed" {
		if !alone {
			text = ""
		}
		p.Class, p.Reason = classify(p.Status, p.Code, said, h.get("status"), text)
		if p.Status == "" || p.Diagnostic == "" && generic(p.Status) {
			if status, code := codesOf("", smtpLine(text)); status != "" && alone {
				p.Status, p.Code = status, code
				p.Class, p.Reason = classify(p.Status, p.Code, smtpLine(text), h.get("status"), text)
			}
		}
		if p.Diagnostic == "" && alone {
			p.Diagnostic = keep(smtpLine(text), maxLine)
		}
	}
	return p
}

// diagnostic takes the type off a Diagnostic-Code: "smtp; 550 ...".
func diagnostic(value string) string {
	kind, rest, ok := strings.Cut(value, ";")
	if kind = strings.TrimSpace(kind); ok && len(kind) <= 40 && !strings.ContainsAny(kind, " \t") {
		return strings.TrimSpace(rest)
	}
	return value
}

// actionOf reads an Action. Where it is missing or unknown, the class of the status decides (RFC 3463, section 3.1).
func actionOf(value, status string) string {
	value, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(value)), " ")
	switch value = strings.Trim(value, "();,."); value {
	case "failed", "delayed", "delivered", "relayed", "expanded":
		return value
	case "deliverable":
		return "delivered"
	}
	if strings.HasPrefix(status, "2.") {
		return "delivered"
	}
	if strings.HasPrefix(status, "4.") {
		return "delayed"
	}
	return "failed"
}

// hasFold reports whether a text has an ASCII word, given in lower case.
func hasFold(s, word string) bool { return strings.Contains(strings.ToLower(s), word) }
