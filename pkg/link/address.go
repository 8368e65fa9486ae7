package link

import (
	"errors"
	"net/url"
	"slices"
	"strings"
)

// maxURL is how long an address may be that is sealed. Browsers and servers take no longer
// ones reliably, and its token has to fit into a request's first line.
const maxURL = 4096 // bytes

var errAddress = errors.New("not an absolute http or https address of printable ASCII, with a host and without a password")

// parse reads an address that a click may lead to. Browsers read backslashes as slashes and
// pass over ends of lines, so that an address with either may lead elsewhere than it says.
func parse(raw string) (*url.URL, error) {
	if len(raw) > maxURL {
		return nil, errAddress
	}
	for i := range len(raw) {
		if c := raw[i]; c <= ' ' || c >= 0x7f || c == '\\' {
			return nil, errAddress
		}
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || !hostly(u.Host) {
		return nil, errAddress
	}
	return u, nil
}

// leadsTo reports whether an address is one that parse reads.
func leadsTo(raw string) bool {
	if Plain(raw) && len(raw) <= maxURL {
		return true
	}
	_, err := parse(raw)
	return err == nil
}

// Plain reports whether an address is one of those that shops have, which the library would read
// and write again as it is: reading each in full cost as much as sealing it.
func Plain(raw string) bool {
	rest, ok := strings.CutPrefix(raw, "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(raw, "http://"); !ok {
			return false
		}
	}
	host, path, _ := strings.Cut(rest, "/")
	for i := range len(host) {
		if c := host[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return false
		}
	}
	for i := range len(path) {
		if c := path[i]; !letter(c) && (c < '0' || c > '9') && strings.IndexByte("-._~/?=&", c) < 0 {
			return false
		}
	}
	return host != ""
}

// hostly holds for names, numbers and ports, IPv6 in brackets included.
func hostly(host string) bool {
	for i := range len(host) {
		switch c := host[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._:[]", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// ascii writes spaces and letters beyond ASCII as browsers send them: %20, %C3%A9.
func ascii(raw string) string {
	odd := func(c byte) bool { return c == ' ' || c >= 0x80 }
	n := 0
	for i := range len(raw) {
		if odd(raw[i]) {
			n++
		}
	}
	if n == 0 {
		return raw
	}
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, len(raw)+2*n)
	for i := range len(raw) {
		if c := raw[i]; odd(c) {
			b = append(b, '%', digits[c>>4], digits[c&15])
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

// signatures are names of query parameters, in lower case, that sign or hide what the rest of
// an address says: those of Amazon S3 and CloudFront, Google Cloud, Azure (sig), Alibaba,
// Akamai (hdnea, hdnts), Shopify (hmac), and of links that log somebody in. Names that end
// in token or signature count, too.
var signatures = []string{"sig", "sign", "hmac", "jwt", "auth", "policy", "hdnea", "hdnts", "key-pair-id"}

// signed reports whether an address has a signature of its own.
func signed(raw string) bool {
	for name := range names(raw) {
		name = strings.ToLower(name)
		if strings.HasSuffix(name, "signature") || strings.HasSuffix(name, "token") || slices.Contains(signatures, name) {
			return true
		}
	}
	return false
}

// names are those of the parameters in an address's query.
func names(raw string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		_, query, _ := strings.Cut(withoutFragment(raw), "?")
		for query != "" {
			var one string
			if end := strings.IndexAny(query, "&;"); end >= 0 {
				one, query = query[:end], query[end+1:]
			} else {
				one, query = query, ""
			}
			name, _, _ := strings.Cut(one, "=")
			if plain, err := url.QueryUnescape(name); err == nil {
				name = plain
			}
			if !yield(name) {
				return
			}
		}
	}
}

func withoutFragment(raw string) string {
	before, _, _ := strings.Cut(raw, "#")
	return before
}

// UTM says which parameters addresses get for web analytics. What an address has already
// stays as it is.
type UTM struct {
	Source   string // utm_source; empty: addresses get none of them
	Medium   string // utm_medium; empty: the message's channel
	Campaign string // utm_campaign; empty: the journey
	// SMS gives them to addresses in SMS, too, where they cost about a segment.
	SMS bool
}

// with adds the parameters before the fragment. utm_content is the link's name or the step.
func (u UTM) with(raw string, channel, journey, content string) string {
	if u.Source == "" {
		return raw
	}
	values := [...]struct{ name, value string }{
		{"utm_source", u.Source}, {"utm_medium", or(u.Medium, channel)}, {"utm_campaign", or(u.Campaign, journey)}, {"utm_content", content},
	}
	for name := range names(raw) {
		for i := range values {
			if strings.EqualFold(name, values[i].name) {
				values[i].value = ""
			}
		}
	}
	before := withoutFragment(raw)
	b := append(make([]byte, 0, len(raw)+128), before...)
	joint := byte('?')
	if strings.IndexByte(before, '?') >= 0 {
		joint = '&'
	}
	for _, v := range values {
		if v.value == "" {
			continue
		}
		if last := b[len(b)-1]; joint == '?' || last != '?' && last != '&' {
			b = append(b, joint)
		}
		joint = '&'
		b = append(append(append(b, v.name...), '='), url.QueryEscape(v.value)...)
	}
	return string(append(b, raw[len(before):]...))
}

func or(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}
