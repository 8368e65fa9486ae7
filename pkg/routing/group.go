package routing

import (
	"slices"
	"strings"
)

// Other is the part of a warm-up that all groups share which have none of their own.
const Other = "other"

// known are the domains of the large mailbox providers, by the groups' names.
//
// Sources. gmail: https://support.google.com/a/answer/81126 (rules for "personal Gmail
// accounts": gmail.com and googlemail.com). microsoft: https://sendersupport.olc.protection.outlook.com
// (Outlook.com with hotmail, live, msn), whose country domains follow one pattern, see
// countries. yahoo: https://senders.yahooinc.com (Yahoo, AOL and their brands). apple:
// https://support.apple.com/102322 (icloud.com, me.com, mac.com).
var known = map[string][]string{
	"gmail":     {"gmail.com", "googlemail.com"},
	"microsoft": {"outlook.com", "hotmail.com", "live.com", "msn.com", "passport.com", "windowslive.com"},
	"yahoo":     {"yahoo.com", "ymail.com", "rocketmail.com", "myyahoo.com", "aol.com", "aim.com", "netscape.net"},
	"apple":     {"icloud.com", "me.com", "mac.com"},
}

// countries are the names under which two of them have domains in many countries: yahoo.de,
// hotmail.co.uk, live.com.au.
var countries = map[string]string{
	"outlook": "microsoft", "hotmail": "microsoft", "live": "microsoft",
	"yahoo": "yahoo", "aol": "yahoo",
}

// Groups are the names of the known groups, sorted.
func Groups() []string { return []string{"apple", "gmail", "microsoft", "yahoo"} }

// GroupOf is the group of a recipient's domain, in lower case: that of the config which lists
// it, or else a known one, or else the domain itself.
func (c *Config) GroupOf(domain string) string {
	for i := range c.Domains {
		if slices.Contains(c.Domains[i].Domains, domain) {
			return c.Domains[i].Name
		}
	}
	for name, domains := range known {
		if slices.Contains(domains, domain) {
			return name
		}
	}
	if name, end, ok := strings.Cut(domain, "."); ok && ending(end) {
		if group := countries[name]; group != "" {
			return group
		}
	}
	return domain
}

// ending reports whether s is what stands behind a name in one country: de, co.uk, com.au.
func ending(s string) bool {
	second, country, two := strings.Cut(s, ".")
	if !two {
		return len(s) == 2
	}
	return len(country) == 2 && (second == "co" || second == "com")
}

// Domain is what holds for a group; nil when nothing does.
func (c *Config) Domain(group string) *Domain {
	for i := range c.Domains {
		if c.Domains[i].Name == group {
			return &c.Domains[i]
		}
	}
	return nil
}

// DomainOf is the domain of an address, in lower case; empty when it has none.
func DomainOf(address string) string {
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		return strings.ToLower(strings.TrimRight(address[at+1:], "> "))
	}
	return ""
}
