package bounce

import "strings"

// feedback reads a complaint (RFC 5965). It reports false when there is none.
func (m *message) feedback(r *Report) bool {
	for i := range m.parts {
		p := &m.parts[i]
		if p.kind != "message/feedback-report" {
			continue
		}
		h, _ := readHeader(strings.TrimLeft(p.decoded(), "\n"))
		m.complain(r, h)
		return true
	}
	// Some providers name the report in the header alone and send one text.
	_, params := parameters(contentType(m.header))
	if !strings.EqualFold(params["report-type"], "feedback-report") && !m.junkMailReport(r.Subject) {
		return false
	}
	m.complain(r, nil)
	return true
}

// junkMailReport reports whether this is a complaint of Outlook.com (Junk Mail Reporting Program), which has the mail
// that is complained about, and says the rest in its subject.
func (m *message) junkMailReport(subject string) bool {
	if !hasPrefixFold(strings.TrimSpace(subject), "complaint about message from") {
		return false
	}
	for _, p := range m.parts {
		if p.kind == "message/rfc822" {
			return true
		}
	}
	return false
}

func (m *message) complain(r *Report, h header) {
	r.Kind = Complaint
	r.Feedback = strings.ToLower(keep(h.get("feedback-type"), maxLine))
	if r.Feedback == "" {
		r.Feedback = "abuse" // the type that a report without fields means
	}
	r.UserAgent = keep(h.get("user-agent"), maxLine)
	r.EnvelopeID = keep(h.get("original-envelope-id"), maxLine)
	r.ReportingMTA = typedName(h.get("reporting-mta"))
	// Original-Rcpt-To may come more than once. Providers black it out; then the returned mail may still have it.
	var to []string
	for _, value := range append(h.all("original-rcpt-to"), h.all("removal-recipient")...) {
		for _, a := range addressesIn(value) {
			to = appendAddress(to, a)
		}
	}
	if len(to) == 0 {
		to = m.returnedTo()
	}
	for _, a := range to[:min(len(to), maxRecipients)] {
		r.Recipients = append(r.Recipients, Recipient{Address: a})
	}
}

// returnedTo is whom the returned mail was for, as its header says.
func (m *message) returnedTo() []string {
	h := m.original()
	for _, name := range []string{"x-hmxmroriginalrecipient", "x-envelope-to", "envelope-to", "delivered-to", "to", "cc"} {
		if found := addressesIn(decodeWords(h.get(name))); len(found) > 0 {
			return found
		}
	}
	return nil
}

// failedRecipients are those of the header X-Failed-Recipients, which Exim, Gmail and others write.
func (m *message) failedRecipients() (found []string) {
	for _, value := range m.header.all("x-failed-recipients") {
		for _, a := range addressesIn(value) {
			found = appendAddress(found, a)
		}
	}
	return found
}
