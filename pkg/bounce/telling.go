package bounce

import "strings"

// told is a recipient that a text names, and the lines about it.
type told struct {
	address string
	final   string // where it was forwarded to
	first   int    // the line that names it
	end     int    // the line after those about it
}

// telling is a text about a failure, with the recipients that were found in it.
type telling struct {
	lines      []string
	recipients []told
	weight     int // how much the lines tell in which they were found
}

// How much a line tells that the address in it is the recipient.
const (
	beside   = 1 // the address is in a sentence
	reported = 2 // the line is about a failure
	heading  = 3 // the line begins with the address, as lists of recipients do
)

// readTelling finds the recipients. Only the lines that tell most count: where some begin with addresses, an address
// within a sentence is something else.
func readTelling(text string, senders map[string]bool, named []string) *telling {
	t := &telling{lines: strings.Split(keep(text, maxText), "\n")}
	known := map[string]bool{}
	for _, a := range named {
		known[strings.ToLower(a)] = true
		delete(senders, strings.ToLower(a)) // who is named failed, even when it is the sender
	}
	var best []told
	weight := 0
	for i, line := range t.lines {
		if from := forwardedFrom(line); from != "" && len(best) > 0 {
			last := &best[len(best)-1]
			last.final, last.address = last.address, from
			continue
		}
		for _, a := range addressesIn(line) {
			w := weightOf(line, a)
			if senders[strings.ToLower(a)] || w == 0 || w < weight || len(best) >= maxRecipients {
				continue
			}
			if w > weight {
				best, weight = nil, w
			}
			if !mentioned(best, a) {
				best = append(best, told{address: a, first: i})
			}
			if w == heading {
				break // what follows in the line is about it
			}
		}
	}
	if !anyMentioned(best, named) {
		best = nil // the header is more certain than the text
	}
	for _, a := range named {
		if !mentioned(best, a) {
			best = append(best, told{address: a, first: t.lineOf(a)})
		}
	}
	t.recipients, t.weight = best, weight
	t.setEnds()
	return t
}

// anyMentioned reports whether one of the named addresses is there, or none is named.
func anyMentioned(list []told, named []string) bool {
	for _, a := range named {
		if mentioned(list, a) {
			return true
		}
	}
	return len(named) == 0
}

func mentioned(list []told, address string) bool {
	for i := range list {
		if strings.EqualFold(list[i].address, address) || strings.EqualFold(list[i].final, address) {
			return true
		}
	}
	return false
}

// lineOf is the first line with an address, and that after the last without.
func (t *telling) lineOf(address string) int {
	for i, line := range t.lines {
		if hasFold(line, strings.ToLower(address)) {
			return i
		}
	}
	return len(t.lines)
}

// setEnds ends what is about a recipient where the next begins.
func (t *telling) setEnds() {
	for i := range t.recipients {
		p := &t.recipients[i]
		p.end = len(t.lines)
		for _, q := range t.recipients {
			if q.first > p.first && q.first < p.end {
				p.end = q.first
			}
		}
	}
}

// weightOf says how much a line tells about an address in it.
func weightOf(line, address string) int {
	bare := strings.ToLower(strings.TrimSpace(line))
	address = strings.ToLower(address)
	for _, label := range []string{
		"from:", "original sender", "sender:", "reply-to:", "subject:", "message-id", "messagename", "date:",
		"contact ", "received:", "by ", "cc:",
	} {
		if strings.HasPrefix(bare, label) {
			return 0
		}
	}
	if _, after, ok := strings.Cut(bare, "mail from:"); ok && strings.Contains(after, address) {
		return 0
	}
	if strings.HasPrefix(strings.TrimLeft(bare, "<*\"'-• \t("), address) {
		return heading
	}
	if replyCode(line) != 0 || hasAny(bare, "deliver", "recipient", "unknown", "mailbox", "address:", "failed", "rcpt to", "...", "not listed", "user") {
		return reported
	}
	return beside
}

// forwardedFrom is the address that was written to, where a line says that the failed one was made from it, as Exim and
// sendmail do.
func forwardedFrom(line string) string {
	s := strings.ToLower(strings.TrimSpace(line))
	if strings.HasPrefix(s, "(") && hasAny(s, "generated from ", "expanded from", "forwarded from") {
		return firstOf(addressesIn(line))
	}
	return ""
}

// recipient classifies one: by the lines about it, and by the whole text when those say nothing or there are none.
func (t *telling) recipient(i int, action string) Recipient {
	p := t.recipients[i]
	about := strings.Join(t.lines[min(p.first, len(t.lines)):p.end], "\n")
	whole := strings.Join(t.lines, "\n")
	said := smtpLine(about)
	if own, _ := cutLine(about); len(t.recipients) > 1 && t.weight < heading && replyCode(own) != 0 {
		// A transcript: each line is about the address in it, and what stands below is about the next one.
		about, said = own, oneLine(own)
	}
	if said == "" && len(t.recipients) == 1 {
		said = smtpLine(whole)
	}
	r := Recipient{Address: p.address, Action: action}
	if p.final != p.address {
		r.Final = p.final
	}
	r.Status, r.Code = codesOf("", said)
	if r.Status == "" {
		r.Status, _ = codesOf("", about)
	}
	around := []string{about}
	if len(t.recipients) == 1 || strings.TrimSpace(about) == "" {
		around = append(around, whole)
	}
	r.Class, r.Reason = classify(r.Status, r.Code, said, around...)
	r.Diagnostic = said
	if said == "" {
		r.Diagnostic = firstLines(about, p.address)
	}
	r.Diagnostic = keep(oneLine(r.Diagnostic), maxLine)
	r.RemoteMTA = remoteHost(about)
	return r
}

// smtpLine is what a server answered: from the first line with a reply code to the end of its paragraph.
func smtpLine(text string) string {
	for s := text; s != ""; {
		line, rest := cutLine(s)
		if replyCode(line) == 0 {
			s = rest
			continue
		}
		paragraph, _, _ := strings.Cut(s, "\n\n")
		return oneLine(keep(paragraph, maxLine))
	}
	return ""
}

// firstLines is the first paragraph that has words beside the address.
func firstLines(text, address string) string {
	for _, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if s := strings.Trim(oneLine(strings.ReplaceAll(paragraph, address, "")), "<>:*-= \""); s != "" {
			return s
		}
	}
	return ""
}

// remoteHost is the host of Exim's "host mx.example.com [192.0.2.1]".
func remoteHost(text string) string {
	for s := text; s != ""; {
		_, after, ok := strings.Cut(s, "host ")
		if !ok {
			return ""
		}
		name, rest, _ := strings.Cut(strings.TrimLeft(after, " \n"), " ")
		if strings.Contains(name, ".") && strings.HasPrefix(strings.TrimSpace(rest), "[") {
			return keep(name, maxLine)
		}
		s = after
	}
	return ""
}
