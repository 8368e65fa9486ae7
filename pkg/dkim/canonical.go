package dkim

import (
	"bytes"
	"crypto/sha256"
	"errors"
)

const crlf = "\r\n"

// field is one header field of a mail.
type field struct {
	name string // lower case
	raw  []byte // name, colon and value, with the CRLF that ends it
}

// split takes a mail apart into its header fields and its body. Errors say that it is no mail.
func split(mail []byte) ([]field, []byte, error) {
	var fields []field
	for len(mail) > 0 {
		end := lineEnd(mail)
		if end == len(crlf) && bytes.HasPrefix(mail, []byte(crlf)) {
			return fields, mail[end:], nil
		}
		for end < len(mail) && blank(mail[end]) { // Lines that begin with white space go on (RFC 5322, section 2.2.3).
			end += lineEnd(mail[end:])
		}
		name, _, ok := bytes.Cut(mail[:end], []byte(":"))
		if !ok {
			return nil, nil, errors.New("sign the mail: its header has a line without a colon")
		}
		fields = append(fields, field{name: string(bytes.ToLower(bytes.TrimRight(name, " \t"))), raw: mail[:end]})
		mail = mail[end:]
	}
	return fields, nil, nil
}

// lineEnd is where the first line ends, its CRLF included.
func lineEnd(b []byte) int {
	if i := bytes.Index(b, []byte(crlf)); i >= 0 {
		return i + len(crlf)
	}
	return len(b)
}

func blank(b byte) bool { return b == ' ' || b == '\t' }

// relaxedField appends a header field in its relaxed form (RFC 6376, section 3.4.2), without the CRLF at its end.
func relaxedField(dst []byte, f field) []byte {
	_, value, _ := bytes.Cut(f.raw, []byte(":"))
	dst = append(append(dst, f.name...), ':')
	space, start := false, len(dst)
	for _, b := range value {
		switch {
		case b == '\r' || b == '\n':
		case blank(b):
			space = true
		default:
			if space && len(dst) > start {
				dst = append(dst, ' ')
			}
			dst, space = append(dst, b), false
		}
	}
	return dst
}

// flushAt is how much of a body is hashed at a time.
const flushAt = 16 << 10

// bodyHash is SHA-256 over the body in its relaxed form (RFC 6376, section 3.4.4): white space within a line becomes one
// space, and goes at the end of a line and of the body.
func bodyHash(body []byte) [sha256.Size]byte {
	h := sha256.New()
	buf := make([]byte, 0, flushAt+1024)
	empty := 0 // lines that count only when another one follows
	for len(body) > 0 {
		end := lineEnd(body)
		line := bytes.TrimRight(bytes.TrimSuffix(body[:end], []byte(crlf)), " \t")
		body = body[end:]
		if len(line) == 0 {
			empty++
			continue
		}
		for ; empty > 0; empty-- {
			buf = append(buf, crlf...)
		}
		buf = append(relaxedLine(buf, line), crlf...)
		if len(buf) > flushAt {
			h.Write(buf)
			buf = buf[:0]
		}
	}
	h.Write(buf)
	return [sha256.Size]byte(h.Sum(nil))
}

// relaxedLine appends a line without white space at its end. Most lines are relaxed already, and looking for what is not is
// quicker than going byte by byte.
func relaxedLine(dst, line []byte) []byte {
	if bytes.IndexByte(line, '\t') < 0 && !bytes.Contains(line, []byte("  ")) {
		return append(dst, line...)
	}
	space := false
	for _, b := range line {
		if blank(b) {
			space = true
			continue
		}
		if space {
			dst = append(dst, ' ')
		}
		dst, space = append(dst, b), false
	}
	return dst
}
