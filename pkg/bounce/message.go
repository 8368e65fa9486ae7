package bounce

import "strings"

// The bounds of what is read and kept. They are far above what servers send, and low enough that no mail costs more
// than some megabytes.
const (
	maxRaw        = 8 << 20   // bytes of a mail that are read
	maxDepth      = 8         // multiparts within multiparts
	maxParts      = 100       // leaves
	maxFields     = 500       // fields of one header
	maxField      = 16 << 10  // bytes of one field
	maxDecoded    = 256 << 10 // bytes of one part that are decoded
	maxText       = 64 << 10  // bytes of text that are kept
	maxLine       = 1000      // bytes of a diagnostic, a subject, an id
	maxRecipients = 200
	maxReferences = 100
)

// message is a mail taken apart: its header, and the leaves of its tree in their order.
type message struct {
	header header
	parts  []part
}

// part is a leaf.
type part struct {
	header header
	kind   string // its media type, in lower case; text/plain where it has none
	params map[string]string
	body   string // as transferred
	file   bool   // an attachment
}

// parse takes a mail apart. It reports false when there is no header.
func parse(raw []byte) (*message, bool) {
	s := strings.TrimPrefix(unixLines(string(raw[:min(len(raw), maxRaw)])), "\uFEFF")
	h, body := readHeader(strings.TrimLeft(s, "\n"))
	if len(h) == 0 {
		return nil, false
	}
	m := &message{header: h}
	m.add(h, body, 0)
	return m, true
}

// unixLines makes all line ends "\n": CRLF, a lone CR, and, where the first line ends so, the CR CR LF of a gateway that
// converted twice.
func unixLines(s string) string {
	if !strings.Contains(s, "\r") {
		return s
	}
	if first, _ := cutLine(s); strings.HasSuffix(first, "\r\r") {
		s = strings.ReplaceAll(s, "\r\r\n", "\n")
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.ReplaceAll(s, "\r", "\n")
}

// add adds the leaves of one part. Every level reads its own text once, so that the time is that of the depth times the
// size.
func (m *message) add(h header, body string, depth int) {
	if len(m.parts) >= maxParts {
		return
	}
	kind, params := parameters(contentType(h))
	if strings.HasPrefix(kind, "multipart/") && depth < maxDepth {
		if inner := split(body, params["boundary"]); len(inner) > 0 {
			for _, s := range inner {
				m.addPart(s, depth+1)
			}
			return
		}
		kind = "text/plain"
	}
	if !strings.Contains(kind, "/") {
		kind = "text/plain"
	}
	disposition, _ := parameters(h.get("content-disposition"))
	m.parts = append(m.parts, part{h, kind, params, body, disposition == "attachment"})
}

// contentType is the value of that field. A mail that was sent on by a list may have two; the one for several parts is
// then that of the body.
func contentType(h header) string {
	for _, value := range h.all("content-type") {
		if hasPrefixFold(value, "multipart/") {
			return value
		}
	}
	return h.get("content-type")
}

// addPart adds a part whose header is still before its body. Without a header it is text.
func (m *message) addPart(s string, depth int) {
	if strings.HasPrefix(s, "\n") {
		m.add(nil, s[1:], depth)
		return
	}
	h, body := readHeader(s)
	if len(h) == 0 || !strings.HasPrefix(h[0].name, "content-") && h.get("content-type") == "" {
		// Text that begins like a field, such as "Reporting-MTA: ...", after a server forgot the empty line.
		h, body = nil, s
	}
	m.add(h, body, depth)
}

// split cuts a multipart's body at its boundaries. When the boundary is not named, or is named wrongly, the first line
// that starts with "--" and has a field after it is taken for one. The last part may lack its end.
func split(body, boundary string) []string {
	boundary = strings.TrimRight(boundary, " \t")
	if boundary == "" || !hasLine(body, "--"+boundary) {
		boundary = guessBoundary(body)
	}
	if boundary == "" {
		return nil
	}
	var parts []string
	mark, start := "--"+boundary, -1
	for at := 0; at < len(body) && len(parts) < maxParts; {
		end := len(body)
		if n := strings.IndexByte(body[at:], '\n'); n >= 0 {
			end = at + n
		}
		if rest, ok := strings.CutPrefix(body[at:end], mark); ok {
			rest = strings.TrimRight(rest, " \t")
			if rest == "" || rest == "--" {
				if start >= 0 {
					parts = append(parts, body[start:max(start, at-1)])
				}
				start = end + 1
				if rest == "--" {
					return parts
				}
			}
		}
		at = end + 1
	}
	if start >= 0 && start < len(body) && len(parts) < maxParts {
		parts = append(parts, body[start:])
	}
	return parts
}

// hasLine reports whether a line of a text starts with something.
func hasLine(s, prefix string) bool {
	return strings.HasPrefix(s, prefix) || strings.Contains(s, "\n"+prefix)
}

// guessBoundary finds the line "--something" that is followed by "Content-...: ...".
func guessBoundary(s string) string {
	for s != "" {
		line, rest := cutLine(s)
		if strings.HasPrefix(line, "--") && len(line) > 4 && len(line) <= 202 && hasPrefixFold(rest, "content-") {
			return strings.TrimRight(line[2:], " \t")
		}
		s = rest
	}
	return ""
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// text is the decoded text of a part; HTML is turned into text.
func (p *part) text() string {
	s := p.decoded()
	if p.kind == "text/html" {
		return htmlText(s)
	}
	return s
}

// decoded is a part's content in UTF-8 with "\n" as line end.
func (p *part) decoded() string {
	return unixLines(toUTF8(transferDecode(p.body, p.header.get("content-transfer-encoding")), p.params["charset"]))
}
