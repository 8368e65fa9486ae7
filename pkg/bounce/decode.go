package bounce

import (
	"encoding/base64"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// transferDecode undoes a Content-Transfer-Encoding, at most maxDecoded bytes of it. It never fails: what is broken is
// left as it is or ends the text.
func transferDecode(body, name string) string {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "base64":
		return fromBase64(keep(body, maxDecoded*4/3))
	case "quoted-printable":
		return fromQuoted(keep(body, maxDecoded))
	default:
		return keep(body, maxDecoded)
	}
}

// fromBase64 decodes the letters of the alphabet and skips everything else, as RFC 2045, section 6.8, wants. Padding ends
// the text.
func fromBase64(s string) string {
	letters := make([]byte, 0, len(s))
	for i := range len(s) {
		c := s[i]
		if c == '=' {
			break
		}
		if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' {
			letters = append(letters, c)
		}
	}
	if len(letters)%4 == 1 {
		letters = letters[:len(letters)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(letters)))
	n, err := base64.RawStdEncoding.Decode(out, letters)
	if err != nil && n == 0 {
		return ""
	}
	return string(out[:n])
}

// fromQuoted decodes quoted-printable (RFC 2045, section 6.7). A "=" that starts no code stays.
func fromQuoted(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for s != "" {
		before, after, ok := strings.Cut(s, "=")
		b.WriteString(before)
		if !ok {
			break
		}
		rest := strings.TrimLeft(after, " \t")
		switch {
		case strings.HasPrefix(rest, "\n"):
			s = rest[1:]
			continue
		case len(after) >= 2 && isHex(after[0]) && isHex(after[1]):
			b.WriteByte(unhex(after[0])<<4 | unhex(after[1]))
			s = after[2:]
			continue
		case after == "":
			return b.String()
		}
		b.WriteByte('=')
		s = after
	}
	return b.String()
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f' }

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	default:
		return c - 'a' + 10
	}
}

// toUTF8 decodes a text of some charset. Where the name is missing, unknown or plainly wrong, the bytes decide: UTF-8
// when they are, or else Windows-1252, which most mislabelled mail is.
func toUTF8(s, charset string) string {
	charset = strings.ToLower(strings.Trim(charset, `'" `))
	valid := utf8.ValidString(s)
	// Seven-bit encodings have no bytes above ASCII: the label is wrong.
	sevenBit := strings.HasPrefix(charset, "iso-2022-") || charset == "" || charset == "us-ascii" || charset == "utf-7"
	if valid && (sevenBit && !isASCII(s) || charset == "utf-8" || charset == "") {
		return s
	}
	e := encodingOf(charset)
	if e == nil && valid {
		return s
	}
	if e == nil {
		e = charmap.Windows1252
	}
	decoded, err := e.NewDecoder().String(s)
	if err != nil {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.ToValidUTF8(decoded, "\uFFFD")
}

// encodingOf is nil for a charset that nobody knows, and for those that say no more than the bytes do.
func encodingOf(charset string) encoding.Encoding {
	switch charset {
	case "", "utf-8", "us-ascii", "utf-7", "unknown-8bit", "x-unknown":
		return nil
	}
	e, err := htmlindex.Get(charset)
	if err != nil || e == encoding.Replacement {
		return nil
	}
	return e
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// charsetReader is for the encoded words of headers.
func charsetReader(charset string, r io.Reader) (io.Reader, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxField))
	if err != nil {
		return nil, err
	}
	return strings.NewReader(toUTF8(string(b), charset)), nil
}

// keep cuts a text to at most n bytes, at the border of a rune.
func keep(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// oneLine makes one line of a text, with single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
