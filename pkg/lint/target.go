package lint

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// targets looks at where links lead and pictures come from.
func (c *check) targets() {
	ids := map[string]bool{}
	for _, n := range c.page.all {
		if id := n.value("id"); id != "" {
			ids[id] = true
		}
		if n.tag == "a" && n.value("name") != "" {
			ids[n.value("name")] = true
		}
	}
	for _, n := range c.page.all {
		switch n.tag {
		case "a", "area":
			c.target(n, ids)
		case "img":
			if src, ok := n.attr("src"); ok {
				c.source(n, src)
			}
		}
		if bg := n.value("background"); bg != "" {
			c.source(n, bg)
		}
	}
}

func (c *check) target(n *node, ids map[string]bool) {
	href, ok := n.attr("href")
	href = strings.TrimSpace(href)
	low := strings.ToLower(href)
	fragment, local := strings.CutPrefix(href, "#")
	switch {
	case !ok:
		if n.value("name") == "" && n.value("id") == "" && strings.TrimSpace(n.words()) != "" {
			c.at(n, Target, Warning, n.words(), "the link "+quoted(n.words())+" has no href", "say where it leads")
		}
	case href == "":
		c.at(n, Target, Error, n.words(), "the link "+quoted(n.words())+" leads nowhere: its href is empty", "print an address, and ask with if whether there is one")
	case local && !ids[fragment]:
		c.at(n, Target, Error, n.words(), "the link "+quoted(n.words())+" leads to "+quoted(href)+", which is nowhere on the page", "give it an address")
	case strings.HasPrefix(low, "javascript:") || strings.HasPrefix(low, "vbscript:"):
		c.at(n, Target, Error, href, "a link runs a script, which no mail program does", "link to a page")
	case placeholder.MatchString(low):
		c.at(n, Target, Error, href, "the link leads to a placeholder: "+quoted(href), "put the address in its place")
	case strings.HasPrefix(low, "data:"):
		c.at(n, Target, Error, href, "a link leads to a data: address, which mail programs do not open", "link to a page")
	case isWeb(href):
		c.web(n, href, "link")
	}
}

// placeholder are addresses that templates come with, to be filled in.
var placeholder = regexp.MustCompile(`^(\[.*\]|%5b.*%5d|<.*>|%%.*%%|\*\|.*\|\*|x{3,}|todo|tbd|url|link|https?://(url|link|todo|tbd|x{3,})?/?)$|` +
	`\b(your|my|insert|replace)[-_](url|link|site|domain|shop|website|address)\b|\b(insert|replace)[-_](here|me)\b|\byour(domain|site|website|company)\.(com|org|net)\b`)

func (c *check) source(n *node, src string) {
	low := strings.ToLower(strings.TrimSpace(src))
	switch {
	case low == "":
		c.at(n, Target, Error, n.value("alt"), "a picture has an empty src", "print an address, and ask with if whether there is one")
	case strings.HasPrefix(low, "data:"):
		c.at(n, DataURI, Warning, src, "a picture lies in the page as a data: address, which Gmail and Outlook do not show", "put it on your web server, and link to it")
	case isWeb(src):
		c.web(n, src, "picture")
	case !strings.Contains(low, ":"):
		c.at(n, Target, Error, src, "the picture "+quoted(src)+" has no address that works in a mail", "begin it with https://")
	}
}

// web holds an address of the web to being safe and to be reached.
func (c *check) web(n *node, address, what string) {
	if strings.HasPrefix(strings.ToLower(address), "http://") && !internal(hostOf(address)) {
		c.at(n, Insecure, Warning, address, "the "+what+" "+quoted(address)+" is not encrypted, and some mail programs warn of it or leave it out", "write https://")
	}
	host := hostOf(address)
	own := hostOf(c.rules.ShopURL)
	if host == "" || own != "" && (host == own || strings.HasSuffix(host, "."+strings.TrimPrefix(own, "www."))) {
		return
	}
	switch {
	case internal(host):
		c.at(n, Host, Warning, address, "the "+what+" "+quoted(address)+" leads to this machine or a private network, where no customer is", "write the public address")
	case reserved(host):
		c.at(n, Host, Warning, address, "the "+what+" "+quoted(address)+" leads to a host that is for examples", "write the shop's address")
	}
}

func hostOf(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}

// internal reports whether a host can be reached only from near it.
func internal(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified()
	}
	return host == "localhost" || under(host, "localhost", "local", "internal", "lan", "home.arpa") || host != "" && !strings.Contains(host, ".")
}

// reserved reports whether a name is kept for examples (RFC 2606, RFC 6761).
func reserved(host string) bool {
	return under(host, "example", "test", "invalid") || slices.ContainsFunc([]string{"example.com", "example.net", "example.org"}, func(d string) bool { return host == d || under(host, d) })
}

func under(host string, domains ...string) bool {
	return slices.ContainsFunc(domains, func(d string) bool { return strings.HasSuffix(host, "."+d) })
}

// active looks for what mail programs take out.
func (c *check) active() {
	for _, n := range c.page.all {
		switch n.tag {
		case "script":
			if strings.EqualFold(n.value("type"), "application/ld+json") {
				continue // data about the mail, which Gmail reads
			}
			c.at(n, Active, Warning, "<script", "the page has a script, which no mail program runs", "take it out; some filters refuse the mail for it")
		case "form", "iframe", "frame", "object", "embed", "video", "audio", "applet":
			c.at(n, Active, Warning, "<"+n.tag, "the page has a <"+n.tag+">, which most mail programs take out", "link to a page that has it")
		case "link":
			if strings.Contains(strings.ToLower(n.value("rel")), "stylesheet") && !strings.Contains(n.value("href"), "fonts.") {
				c.at(n, Active, Warning, n.value("href"), "the page takes in a style sheet from elsewhere, which mail programs do not load", "write the rules into a <style>")
			}
		case "style":
			for _, t := range n.children {
				if i := strings.Index(t.text, "@import"); i >= 0 && !strings.Contains(t.text[i:min(len(t.text), i+120)], "fonts.") {
					c.at(t, Active, Warning, "@import", "the page takes in a style sheet from elsewhere, which mail programs do not load", "write the rules into a <style>")
				}
			}
		}
		for _, a := range n.attrs {
			if len(a.Key) > 4 && strings.HasPrefix(a.Key, "on") && slices.Contains(handlers, a.Key) {
				c.at(n, Active, Warning, a.Key, "the attribute "+a.Key+" is a script, which no mail program runs", "take it out")
			}
		}
	}
}

var handlers = []string{"onclick", "onload", "onerror", "onmouseover", "onmouseout", "onfocus", "onblur", "onchange", "onsubmit", "onkeydown", "onkeyup"}
