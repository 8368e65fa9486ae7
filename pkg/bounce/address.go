package bounce

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// addressesIn are the things in a text that look like mail addresses, in their order, each once, with the letters of the
// text. A text is read once; each address looks at its own bytes only.
func addressesIn(s string) []string {
	var found []string
	for from := 0; len(found) < maxRecipients; {
		at := strings.IndexByte(s[from:], '@')
		if at < 0 {
			break
		}
		at += from
		start, end := at, at+1
		for start > from && localByte(s[start-1]) && at-start <= 64 {
			start--
		}
		for end < len(s) && domainByte(s[end]) && end-at <= 255 {
			end++
		}
		start, end = start+foreignEnd(s[start:at]), at+1+foreignStart(s[at+1:end])
		if a := trimAddress(s[start:end]); isAddress(a) {
			found = appendAddress(found, a)
		}
		from = end
	}
	return found
}

// foreignStart is where a domain ends because a sentence goes on without a space, as it does after an address in Chinese
// or Japanese: punctuation, or letters of another script right after Latin ones.
func foreignStart(domain string) int {
	latin := false
	for i, r := range domain {
		switch {
		case r < utf8.RuneSelf:
			latin = r != '.' && r != '-'
		case !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r), latin && !unicode.Is(unicode.Latin, r):
			return i
		}
	}
	return len(domain)
}

// foreignEnd is where a local part begins because a sentence stands before it without a space.
func foreignEnd(local string) int {
	begin, foreign := 0, false
	for i, r := range local {
		switch other := r >= utf8.RuneSelf && !unicode.Is(unicode.Latin, r); {
		case foreign && !other, other && !unicode.IsLetter(r) && !unicode.IsMark(r):
			begin, foreign = i, other
			if other {
				begin += utf8.RuneLen(r)
			}
		default:
			foreign = other
		}
	}
	return min(begin, len(local))
}

// trimAddress takes off what the sentence around an address put at its ends.
func trimAddress(s string) string {
	return strings.TrimLeft(strings.TrimRight(s, ".-'"), ".'=*/-|&")
}

// localByte and domainByte are the bytes that an address without quotes may have (RFC 5321, section 4.1.2, and RFC 6531
// for bytes above ASCII).
func localByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf ||
		strings.IndexByte("!#$%&'*+-/=?^_`{|}~.", c) >= 0
}

func domainByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf || c == '-' || c == '.'
}

// isAddress is a coarse check: something, one @, and something that is not an IP-less single dot.
func isAddress(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && len(s) <= 320 && utf8.ValidString(s) && !strings.ContainsAny(s, " \t<>;,\n") &&
		s[at+1] != '.' && strings.ContainsFunc(s[at+1:], func(r rune) bool { return r != '.' && r != '-' })
}

// appendAddress appends an address that is not there yet, in whatever case.
func appendAddress(list []string, a string) []string {
	for _, b := range list {
		if strings.EqualFold(a, b) {
			return list
		}
	}
	return append(list, a)
}

// typedAddress reads the value of a recipient field of RFC 3464: "rfc822; someone@example.com". An address of another
// type, such as X.400, gives "" unless a mail address is inside. Addresses of type utf-8 (RFC 6533) are decoded.
func typedAddress(value string) string {
	kind, rest, ok := strings.Cut(value, ";")
	if !ok {
		rest = kind
	}
	rest = strings.TrimSpace(rest)
	if strings.EqualFold(strings.TrimSpace(kind), "utf-8") {
		rest = decodeXtext(rest)
	}
	rest = strings.Trim(rest, "<> \t")
	if len(rest) > 2 && rest[0] == '"' && rest[len(rest)-1] == '"' {
		rest = rest[1 : len(rest)-1]
	}
	if isAddress(rest) {
		return rest
	}
	return firstOf(addressesIn(rest))
}

// decodeXtext decodes the \x{...} of RFC 6533, section 3.
func decodeXtext(s string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, `\x{`)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		digits, rest, closed := strings.Cut(after, "}")
		n, err := strconv.ParseUint(digits, 16, 21)
		if !closed || err != nil {
			b.WriteString(`\x{`)
			s = after
			continue
		}
		b.WriteRune(rune(n))
		s = rest
	}
}

// typedName reads a value such as "dns; mx.example.com".
func typedName(value string) string {
	if _, rest, ok := strings.Cut(value, ";"); ok {
		value = rest
	}
	name, _, _ := strings.Cut(strings.TrimSpace(value), " ")
	return keep(name, maxLine)
}
