package mailer

import "bytes"

// maxQuoted is the longest line of quoted-printable text (RFC 2045, section 6.7, rule 5).
const maxQuoted = 76

const upperHex = "0123456789ABCDEF"

// plain tells whether a byte stands for itself within a line.
func plain(b byte) bool { return ' ' <= b && b <= '~' && b != '=' || b == '\t' }

// writeQuoted writes a text in quoted-printable (RFC 2045, section 6.7), byte for byte as
// mime/quotedprintable.Writer does, but a run of plain bytes at a time: a mail is mostly
// such runs, and writing it byte by byte cost as much as rendering it. Line breaks of any
// kind become CRLF.
func writeQuoted(out *bytes.Buffer, text string) {
	dst := out.AvailableBuffer()
	line := 0 // how long the current line is
	for i := 0; i < len(text); {
		switch b := text[i]; {
		case b == '\n' || b == '\r':
			dst = append(quotedEnd(dst, line), "\r\n"...)
			line = 0
			if i++; b == '\r' && i < len(text) && text[i] == '\n' {
				i++
			}
		case plain(b):
			if line == maxQuoted-1 {
				dst, line = append(dst, "=\r\n"...), 0
			}
			end := min(len(text), i+maxQuoted-1-line)
			n := i + 1
			for n < end && plain(text[n]) {
				n++
			}
			dst, line = append(dst, text[i:n]...), line+n-i
			i = n
		default:
			dst, line = quote(dst, line, b)
			i++
		}
	}
	out.Write(quotedEnd(dst, line))
}

// quote appends a byte as =XX, on a new line where there is no room for it.
func quote(dst []byte, line int, b byte) ([]byte, int) {
	if line+len("=XX") > maxQuoted-1 {
		dst, line = append(dst, "=\r\n"...), 0
	}
	return append(dst, '=', upperHex[b>>4], upperHex[b&15]), line + len("=XX")
}

// quotedEnd quotes the white space that a line ends with, which servers may drop.
func quotedEnd(dst []byte, line int) []byte {
	if line == 0 {
		return dst
	}
	last := dst[len(dst)-1]
	if last != ' ' && last != '\t' {
		return dst
	}
	dst, _ = quote(dst[:len(dst)-1], line-1, last)
	return dst
}
