package mailer

import (
	"bytes"
	"mime"
	"strings"
)

// maxFolded is how long a line of a header should be (RFC 5322, section 2.1.1, asks for 78, and
// RFC 2047, section 2, for 76 where there are encoded words).
const maxFolded = 76

// writer writes a MIME message. Each of its headers is one call, so that a mail costs one
// buffer and no message object: composing took as long as rendering with one.
type writer struct{ bytes.Buffer }

// header writes a field, encoded where it has to be (RFC 2047) and folded at spaces.
func (w *writer) header(name, value string) { w.plain(name, mime.QEncoding.Encode("UTF-8", value)) }

// plain is header for a value that is in ASCII, such as an address is as net/mail writes it.
func (w *writer) plain(name, value string) {
	w.WriteString(name)
	w.WriteByte(':')
	room := maxFolded - len(name) - len(": ")
	for more := true; more; {
		var word string
		word, value, more = strings.Cut(value, " ")
		if len(word) >= room-len(" ") {
			w.WriteString("\r\n")
			room = maxFolded - len(" ")
		}
		w.WriteByte(' ')
		w.WriteString(word)
		room -= len(word) + len(" ")
	}
	w.WriteString("\r\n")
}

// alternatives writes the texts behind the header: the plain one alone, or both, the better one
// last (RFC 2046, section 5.1.4).
func (w *writer) alternatives(boundary, text, html string) {
	if html == "" {
		w.part("text/plain", text)
		return
	}
	w.WriteString("Content-Type: multipart/alternative;\r\n boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n")
	w.part("text/plain", text)
	w.WriteString("\r\n--" + boundary + "\r\n")
	w.part("text/html", html)
	w.WriteString("\r\n--" + boundary + "--\r\n")
}

func (w *writer) part(kind, text string) {
	w.WriteString("Content-Transfer-Encoding: quoted-printable\r\nContent-Type: " + kind + "; charset=UTF-8\r\n\r\n")
	writeQuoted(&w.Buffer, text)
}

// quotedSize is about how long a text becomes in quoted-printable: a mail's attributes have an =
// each, which takes three bytes, and lines get an end every 75.
func quotedSize(text string) int {
	return len(text) + 2*strings.Count(text, "=") + len(text)/20
}
