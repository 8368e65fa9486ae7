package delivery

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// What looks like an address or a telephone number, whoever's it is. An address is also
// found in angle brackets, quoted, and percent-encoded as in URLs.
var (
	addressLike = regexp.MustCompile(`[^\s<>"'(),;:\[\]]+(?:@|%40)[^\s<>"'(),;:\[\]]+`)
	numberLike  = regexp.MustCompile(`(?:\+|%2B|\b00)\d[\d ().-]{5,}\d|\b\d{9,15}\b`)
)

// maxDetail is how many bytes of a provider's words are kept.
const maxDetail = 200

// Scrub removes addresses and telephone numbers from a provider's words: the recipient's
// in full and by its local part ("no mailbox jane here"), and everything that looks like
// one. What is left is one line of at most 200 bytes.
func Scrub(words, to string) string {
	words = strings.Join(strings.Fields(words), " ")
	if local, _, ok := strings.Cut(to, "@"); ok && len(local) >= 3 {
		words = replaceFold(words, to, "<address>")
		words = addressLike.ReplaceAllString(words, "<address>")
		words = replaceFold(words, local, "<address>")
	} else {
		words = addressLike.ReplaceAllString(words, "<address>")
		if digits := strings.TrimPrefix(to, "+"); len(digits) >= 3 {
			words = replaceFold(words, to, "<number>")
			words = replaceFold(words, digits, "<number>")
		}
	}
	words = numberLike.ReplaceAllString(words, "<number>")
	if len(words) > maxDetail {
		cut := maxDetail - len("…")
		for cut > 0 && !utf8.RuneStart(words[cut]) {
			cut--
		}
		words = words[:cut] + "…"
	}
	return words
}

// replaceFold replaces old in s wherever it occurs in any case.
func replaceFold(s, old, with string) string {
	if old == "" {
		return s
	}
	return regexp.MustCompile(`(?i)`+regexp.QuoteMeta(old)).ReplaceAllLiteralString(s, with)
}
