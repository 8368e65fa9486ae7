package feedback

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode/utf8"

	"rapport/pkg/message"
)

// Bounds, in bytes.
const (
	maxWord    = 100
	maxWords   = 500
	maxAddress = 320
	maxURL     = 2048
	maxText    = 16 << 10
)

var (
	mailbox = regexp.MustCompile(`[^\s<>"'(),:;=@\[\]]+@[^\s<>"'(),;@]+`)
	number  = regexp.MustCompile(`(?:\+|\b00|\bwhatsapp:\+?)[1-9](?:[ ().-]?\d){6,14}\b`)
)

// scrub takes addresses and telephone numbers out of what somebody said.
func scrub(s string) string {
	if strings.Contains(s, "@") {
		s = mailbox.ReplaceAllString(s, "…")
	}
	return clip(number.ReplaceAllString(s, "…"), maxWords)
}

// clip cuts a text at a character, and replaces what is no UTF-8.
func clip(s string, most int) string {
	if s = valid(s); len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// identify makes an id of all that tells one thing that came by mail from another.
func identify(parts ...string) string {
	h := sha256.New()
	var size [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		_, _ = h.Write(size[:]) // A hash takes everything.
		_, _ = h.Write([]byte(part))
	}
	return byMail + "-" + hex.EncodeToString(h.Sum(nil)[:16])
}

// refIn finds our reference in the first text that has one: alone, as the left side of a Message-ID, or as a part of an
// address's left side (VERP), such as bounce+<ref>@shop.example.
func refIn(texts ...string) message.Ref {
	for _, s := range texts {
		s = strings.Trim(strings.TrimSpace(s), "<>")
		if at := strings.LastIndexByte(s, '@'); at >= 0 {
			s = s[:at]
		}
		for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '+' || r == '=' || r == '-' || r == '_' }) {
			if ref, err := message.ParseRef(part); err == nil {
				return ref
			}
		}
	}
	return message.Ref{}
}
