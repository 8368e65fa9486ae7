package bounce

import "strings"

// plain reads a failure or a delay that servers tell in their own words: qmail, Exim, old sendmail, Exchange 2003, Domino,
// Gmail, providers of phones and many more. It knows no server by name: it looks for the signs that they have in common,
// and then for addresses where such reports have them. It reports false when the mail is none.
func (m *message) plain(r *Report) bool {
	named := m.failedRecipients()
	text := m.report()
	if !m.returned(r, text, len(named) > 0) {
		return false
	}
	if m.wrapped(r) {
		return true
	}
	t := readTelling(text, m.senders(r), named)
	if len(t.recipients) == 0 {
		// Nobody is named. Mail that came back to somebody came from whom it was for.
		for _, a := range m.returnedTo() {
			t.recipients = append(t.recipients, told{address: a})
		}
		if len(t.recipients) != 1 && r.MessageID == "" {
			return false
		}
	}
	action := "failed"
	if delayed(r.Subject, text) {
		action = "delayed"
	}
	for i := range t.recipients[:min(len(t.recipients), maxRecipients)] {
		r.Recipients = append(r.Recipients, t.recipient(i, action))
	}
	r.Kind = Bounce
	if action == "delayed" {
		r.Kind = Delay
	}
	return true
}

// wrapped reads the notification of another server that a gateway or a list returned instead of the mail: what came back
// is then what that server says.
func (m *message) wrapped(r *Report) bool {
	returned := ""
	for i := range m.parts {
		switch p := &m.parts[i]; {
		case p.kind == "message/rfc822":
			returned = p.decoded()
		case p.kind == "text/plain" && !p.file:
			text := p.decoded()
			before, _ := cutOriginal(text)
			returned = text[len(before):]
		}
		if returned != "" {
			break
		}
	}
	inner, ok := parse([]byte(returned))
	if !ok || !inner.fromDaemon() || !inner.status(r) {
		return false
	}
	r.original = inner.original()
	r.MessageID = firstOf(messageIDs(r.original.get("message-id")))
	return true
}

// returned reports whether a mail looks like one that servers send about a failure. Who sent it counts most: customers
// write about orders that "could not be delivered", too. A program of a mail server needs one more sign: the words of
// the subject, those of the text, or a mail that is returned with it. Any other machine needs two, and so does a
// postmaster, who may be a person or a filter. X-Failed-Recipients is enough.
func (m *message) returned(r *Report, text string, named bool) bool {
	if named {
		return true
	}
	daemon := m.fromDaemon()
	if answers(r.Subject) || forwards(r.Subject) || !daemon && (len(r.References) > 0 || !m.fromMachine()) {
		return false // a person wrote, perhaps about a failure
	}
	signs := 0
	if hasAny(strings.ToLower(r.Subject), returnedSubjects...) {
		signs++
	}
	if hasAny(plainWords(keep(text, maxWords)), returnedTexts...) {
		signs++
	}
	if len(r.original) > 0 {
		signs++
	}
	return signs >= 2 || signs == 1 && daemon && !m.fromPostmaster()
}

// fromPostmaster reports whether the sender is the role that every domain has (RFC 2142, section 5).
func (m *message) fromPostmaster() bool {
	return hasPrefixFold(addressIn(m.header.get("from")), "postmaster@")
}

// fromMachine reports whether nobody is meant to answer a mail: an address that says so, an empty
// reverse path, or the header of RFC 3834.
func (m *message) fromMachine() bool {
	automatic := strings.ToLower(m.header.get("auto-submitted"))
	local, _, _ := strings.Cut(strings.ToLower(addressIn(m.header.get("from"))), "@")
	switch local {
	case "no-reply", "noreply", "do-not-reply", "donotreply":
		return true
	}
	return strings.TrimSpace(m.header.get("return-path")) == "<>" || automatic != "" && automatic != "no"
}

// returnedSubjects and returnedTexts are the words of such mails.
var (
	returnedSubjects = []string{
		"returned mail", "return mail", "undeliver", "undelivered", "failure notice", "delivery failure", "delivery failed",
		"delivery has failed", "delivery fail", "mail delivery", "delivery status", "delivery notification", "delivery report", "mail failure", "mail system error",
		"failure delivery", "failed mail", "nondeliverable", "non-deliverable", "not delivered", "could not be delivered", "message delivery",
		"delivery delay", "delayed", "delivery problem", "returning message", "unzustellbar", "nicht zugestellt",
		"non remis", "no entregado", "no se puede entregar", "mancato recapito", "mail error", "mail failed", "returning to sender", "メールエラー", "配信不能", "недоставлен",
	}
	returnedTexts = []string{
		"could not be delivered", "couldn't be delivered", "not be delivered", "cannot be delivered", "can't be delivered",
		"unable to deliver", "able to deliver", "was not delivered", "wasn't delivered", "not been delivered", "has been delayed",
		"did not reach", "delivery to the following", "delivering your mail", "undeliverable", "undelivered",
		"delivery failed", "failed to deliver", "attempting to deliver", "delivery error", "delivery errors",
		"delivery problems", "failure reasons", "could not deliver", "not delivered", "had permanent fatal errors", "unsent message",
		"transcript of session", "rejected by a remote mail server", "did not receive this message", "returned message",
		"unknown user", "user unknown", "invalid final delivery", "account is disabled", "original message follows",
		"server message", "could not send", "failed addresses", "delivery report", "recipients were affected", "incorrectly constructed",
		"konnte nicht zugestellt", "n'a pas pu être", "no se pudo entregar", "не может быть доставлено", "не доставлено",
	}
)

// fromDaemon reports whether a program of a mail server sent this, as its addresses say. An empty reverse path alone does
// not: vacation programs use it, too (RFC 3834, section 3.3).
func (m *message) fromDaemon() bool {
	for _, value := range []string{m.header.get("from"), m.header.get("return-path"), m.header.get("sender")} {
		a := strings.ToLower(addressIn(value))
		if a == "" {
			a = strings.ToLower(value)
		}
		local, _, _ := strings.Cut(a, "@")
		local = strings.Trim(local, "<>\" ")
		switch {
		case strings.HasPrefix(local, "mailer-daemon"), strings.HasPrefix(local, "postmaster"), strings.HasPrefix(local, "mail-daemon"),
			local == "mailerdaemon", local == "mail.delivery.system", local == "mdaemon",
			strings.HasPrefix(local, "microsoftexchange"), strings.HasPrefix(local, "mail-delivery"):
			return true
		}
	}
	// Some have no address, or one of their own, and a name that every reader knows.
	from := strings.ToLower(decodeWords(m.header.get("from")))
	return hasAny(from, "mailer-daemon", "mailer daemon", "mail delivery sys", "mail delivery sub", "mail deliver system", "ndr administrator")
}

// forwards reports whether a subject begins with the "Fwd:" of some language.
func forwards(subject string) bool {
	prefix, _, ok := strings.Cut(strings.ToLower(subject), ":")
	switch strings.TrimSpace(prefix) {
	case "fw", "fwd", "wg", "tr", "rv", "i", "enc", "doorst", "vb", "vl", "转发":
		return ok
	}
	return false
}

// delayed reports whether the server goes on trying. A warning that was not the last one says so.
func delayed(subject, text string) bool {
	s := strings.ToLower(subject)
	if strings.Contains(s, "(delay)") || strings.HasPrefix(s, "warning:") || strings.Contains(s, "delayed") {
		return true
	}
	return hasAny(plainWords(keep(text, maxWords)), "has not yet been delivered", "warning message only", "delivery attempts will continue",
		"has been delayed", "will be retried", "will keep trying", "will continue to try", "not yet been delivered")
}

// senders are the addresses that such a mail names because it came to them or from them.
func (m *message) senders(r *Report) map[string]bool {
	found := map[string]bool{}
	add := func(value string) {
		for _, a := range addressesIn(value) {
			found[strings.ToLower(a)] = true
		}
	}
	for _, name := range []string{"to", "from", "delivered-to", "x-original-to", "return-path", "envelope-to"} {
		add(m.header.get(name))
	}
	for _, name := range []string{"from", "return-path", "sender", "reply-to", "message-id"} {
		add(r.original.get(name))
	}
	return found
}
