package render

import (
	"fmt"
	"net/netip"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"rapport/pkg/workspace/source"
)

const (
	hookEnd = ".yaml"
	// defaultTimeout is how long a webhook that says nothing else may take to answer.
	defaultTimeout = 10 * time.Second
	maxTimeout     = time.Minute
)

// HookKeys are the keys of a webhook's file.
func HookKeys() []string {
	return []string{"url", "method", "headers", "body", "timeout", "allow_private"}
}

var (
	hookName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$`)
	// A token of RFC 9110, section 5.6.2.
	headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
	// secretName is a variable of the environment, as it stands in headers and addresses.
	secretName = regexp.MustCompile(`\$\{([A-Z][A-Z0-9_]*)\}`)
)

// hookSource is one webhook.
type hookSource struct {
	file *source.File
	body *source.Node
	call Call // all but the body
}

// hook reads webhook/NAME.yaml.
func (s *sources) hook(base string, f *source.File, r *source.Report) {
	name := strings.TrimSuffix(base, hookEnd)
	if name == base || !hookName.MatchString(name) {
		r.File(f.Name, "this is not the name of a webhook", "call it NAME"+hookEnd)
		return
	}
	h := &hookSource{file: f, call: Call{Method: "POST", Timeout: defaultTimeout}}
	s.hooks[name] = h
	n := f.YAML(r)
	if n == nil || !r.Fields(n, "a webhook", source.Keys{Known: HookKeys()}) {
		return
	}
	h.call.Method = r.Choice(n.Get("method"), "method", "POST", "PUT")
	if private := n.Get("allow_private"); private != nil {
		if h.call.AllowPrivate = private.Kind == source.Bool && strings.EqualFold(private.Value, "true"); private.Kind != source.Bool {
			r.At(f, private.Place, "allow_private must be true or false, not "+private.Kind.String(), "")
		}
	}
	if n.Get("url") == nil {
		r.At(f, n.Place, "the webhook has no address", "add url: https://...")
	}
	h.call.URL = hookURL(n.Get("url"), h.call.AllowPrivate, r)
	h.call.Headers = headers(n.Get("headers"), r)
	if after := n.Get("timeout"); after != nil {
		if h.call.Timeout = r.Duration(after, "timeout"); h.call.Timeout > maxTimeout {
			r.At(f, after.Place, "nobody waits for an answer longer than a minute", "use at most 60s")
		}
	}
	if h.body = n.Get("body"); h.body == nil {
		r.At(f, n.Place, "the webhook has no body", `add body: with the JSON to send, such as '{"customer": "{{ profile.id }}"}'`)
	} else if r.Text(h.body, "body") == "" {
		h.body = nil
	}
}

// hookIn is the webhook of a file, if its body is known; nil otherwise.
func (s *sources) hookIn(file string) *hookSource {
	for _, h := range s.hooks {
		if h.file.Name == file && h.body != nil {
			return h
		}
	}
	return nil
}

// hookURL reads where a webhook goes.
func hookURL(n *source.Node, private bool, r *source.Report) string {
	text := r.Text(n, "url")
	if text == "" {
		return ""
	}
	fail := func(message, hint string) string {
		r.At(n.File, n.Place, message, hint)
		return ""
	}
	u, err := url.Parse(text)
	host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(text, "https://"), "http://"), "/")
	switch {
	case strings.ContainsAny(host, "${}"):
		return fail("where a webhook goes must be known: the host cannot be a variable", "write the host out; what follows it may hold ${NAME}")
	case err != nil || u.Hostname() == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return fail(text+" is not a web address", "begin it with https://")
	case u.User != nil:
		return fail("the address holds a password", "send it as a header: Authorization: \"Basic ${NAME}\"")
	case u.Fragment != "":
		return fail("what follows # in an address is never sent", "leave it out")
	case u.Scheme == "http" && (!local(u.Hostname()) || !private):
		return fail("http shows what is sent to everybody on the way", "use https; http is for localhost, with allow_private: true")
	case !private && inside(u.Hostname()):
		return fail(u.Hostname()+" is in a private network", "add allow_private: true if that is meant")
	}
	return text
}

func local(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && addr.IsLoopback()
}

// inside reports whether a host is known, without asking anybody, to be in no public network.
func inside(host string) bool {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return local(host) || !strings.Contains(host, ".") || strings.HasSuffix(host, ".internal") || strings.HasSuffix(host, ".local")
	}
	addr = addr.Unmap()
	return addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast() || addr.IsUnspecified() || addr.IsMulticast()
}

// ours are headers that the connection sets.
func ours() []string {
	return []string{"Connection", "Content-Length", "Host", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}
}

// headers reads the headers, sorted by name.
func headers(n *source.Node, r *source.Report) []Header {
	if n == nil {
		return nil
	}
	if n.Kind != source.Map {
		r.At(n.File, n.Place, "headers must be a mapping, not "+n.Kind.String(), `write one on each line, such as Authorization: "Bearer ${CRM_TOKEN}"`)
		return nil
	}
	var all []Header
	for _, p := range n.Pairs {
		name := textproto.CanonicalMIMEHeaderKey(p.Key)
		value := p.Value.Value
		if p.Value.Kind != source.Number && p.Value.Kind != source.Bool {
			value = r.Text(p.Value, p.Key)
		}
		switch {
		case !headerName.MatchString(p.Key):
			r.At(n.File, p.At, p.Key+" cannot be the name of a header", "use letters, digits and hyphens")
		case slices.Contains(ours(), name):
			r.At(n.File, p.At, p.Key+" is set by the connection", "leave it out")
		case slices.ContainsFunc(all, func(h Header) bool { return h.Name == name }):
			r.At(n.File, p.At, name+" is here twice", "keep one of them")
		case strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }):
			r.At(n.File, p.Value.Place, "a header is one line", "")
		case strings.Contains(secretName.ReplaceAllString(value, ""), "${"):
			r.At(n.File, p.Value.Place, "this is not how a secret is named", "write ${NAME} with capital letters, digits and underscores")
		case strings.Contains(value, "{{") || strings.Contains(value, "{%"):
			r.At(n.File, p.Value.Place, "headers are the same for everybody and hold no Liquid", "put it into body:")
		default:
			secretly(p, name, value, r)
			all = append(all, Header{Name: name, Value: value})
		}
	}
	slices.SortFunc(all, func(a, b Header) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// secretly warns of secrets that stand in the file, where everybody who has it reads them.
func secretly(p source.Pair, name, value string, r *source.Report) {
	secret := slices.ContainsFunc([]string{"Authorization", "Api-Key", "Apikey", "Token", "Secret", "Password", "Cookie"}, func(word string) bool {
		return strings.HasSuffix(name, word)
	})
	if !secret || secretName.MatchString(value) {
		return
	}
	scheme, _, two := strings.Cut(value, " ")
	if !two {
		scheme = ""
	}
	hint := fmt.Sprintf("write %s: %q and set NAME in the environment", p.Key, strings.TrimSpace(scheme+" ${NAME}"))
	r.Warn(p.Value.File, p.Value.Place, "the secret stands in the file, for everybody who reads it", hint)
}
