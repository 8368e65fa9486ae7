package dkim

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Oversigned are the fields that are signed once more than a mail has them, so that a second one, or a first one, breaks the
// signature: mail programs show either of two (RFC 6376, section 8.15). They are what a reader sees, what an answer goes
// to, what the body is read by, and what one click acts on.
func Oversigned() []string {
	return []string{
		"from", "to", "cc", "subject", "date", "message-id", "reply-to", "mime-version", "content-type",
		"content-transfer-encoding", "list-unsubscribe", "list-unsubscribe-post",
	}
}

// Covered are the fields that are signed where a mail has them, besides Oversigned. Those that servers on the way add or
// change (Received, Return-Path, Sender) are not among them.
func Covered() []string {
	return []string{"in-reply-to", "references", "list-id", "list-help", "feedback-id", "auto-submitted", "precedence", "x-rapport-ref"}
}

// Signer signs mails of one domain. It may be used by several goroutines.
type Signer struct {
	keys       []*Key // one for each algorithm
	oversigned []string
	covered    []string
}

// Sign makes the DKIM-Signature fields of a mail, one for each key, each ended by CRLF: they go before the mail. The mail is
// header fields, an empty line and a body, in lines that end with CRLF. at is the time of signing.
func (s *Signer) Sign(mail []byte, at time.Time) ([]byte, error) {
	fields, body, err := split(mail)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(fields, func(f field) bool { return f.name == "from" }) {
		return nil, errors.New("sign the mail: it has no From")
	}
	names, header := s.header(fields)
	sum := bodyHash(body)
	bh := base64.StdEncoding.EncodeToString(sum[:])
	var out []byte
	for _, k := range s.keys {
		unsigned := "DKIM-Signature: v=1; a=" + k.algorithm() + "; c=relaxed/relaxed; d=" + k.Domain + ";\r\n s=" + k.Selector +
			"; t=" + strconv.FormatInt(at.Unix(), 10) + ";\r\n h=" + folded(names) + ";\r\n bh=" + bh + ";\r\n b="
		h := sha256.New()
		h.Write(header)
		h.Write(relaxedField(nil, field{name: "dkim-signature", raw: []byte(unsigned)}))
		signature, err := k.sign(h.Sum(nil))
		if err != nil {
			return nil, fmt.Errorf("sign the mail for %s with the key of the selector %s: %w", k.Domain, k.Selector, err)
		}
		out = appendWrapped(append(out, unsigned...), base64.StdEncoding.EncodeToString(signature))
	}
	return out, nil
}

// header is which fields are signed, in order, and what they contribute to each signature.
func (s *Signer) header(fields []field) ([]string, []byte) {
	var names []string
	canonical := make([]byte, 0, 2048)
	add := func(name string, once int) {
		// Of several fields of one name, the last is signed first (RFC 6376, section 5.4.2).
		for i := len(fields) - 1; i >= 0; i-- {
			if fields[i].name == name {
				names = append(names, name)
				canonical = append(relaxedField(canonical, fields[i]), crlf...)
			}
		}
		for range once {
			names = append(names, name)
		}
	}
	for _, name := range s.oversigned {
		add(name, 1)
	}
	for _, name := range s.covered {
		add(name, 0)
	}
	return names, canonical
}

// algorithm is the value of a= (RFC 6376, section 3.3, and RFC 8463, section 3).
func (k *Key) algorithm() string {
	if _, ok := k.Private.(ed25519.PrivateKey); ok {
		return "ed25519-sha256"
	}
	return "rsa-sha256"
}

// sign signs a SHA-256 sum. Ed25519 signs the sum as its message (RFC 8463, section 3).
func (k *Key) sign(sum []byte) ([]byte, error) {
	switch private := k.Private.(type) {
	case ed25519.PrivateKey:
		return ed25519.Sign(private, sum), nil
	case *rsa.PrivateKey:
		return rsa.SignPKCS1v15(nil, private, crypto.SHA256, sum)
	}
	return nil, fmt.Errorf("a key of type %T cannot sign", k.Private)
}

// lineWidth is where lines of a signature are broken.
const lineWidth = 72

// folded joins names by colons, with white space where lines would get long.
func folded(names []string) string {
	var b strings.Builder
	line := len(" h=")
	for i, name := range names {
		if i > 0 {
			b.WriteByte(':')
			line++
		}
		if line+len(name) > lineWidth {
			b.WriteString("\r\n  ")
			line = len("  ")
		}
		b.WriteString(name)
		line += len(name)
	}
	return b.String()
}

// appendWrapped appends a signature in lines, and the end of its field.
func appendWrapped(dst []byte, s string) []byte {
	for len(s) > lineWidth {
		dst = append(append(dst, s[:lineWidth]...), "\r\n  "...)
		s = s[lineWidth:]
	}
	return append(append(dst, s...), crlf...)
}
