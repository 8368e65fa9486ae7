package visitor

import (
	"strings"
	"time"
)

// Kind is what was visited.
type Kind int

// A link that was followed, or the picture that was fetched.
const (
	Click Kind = iota
	Open
)

// Why says what a verdict rests on; it is empty for a person about whom nothing is odd.
type Why string

// The reasons there are. All but ImageProxy mean a machine. See the package for each.
const (
	Head       Why = "head"
	Honeypot   Why = "honeypot"
	Prefetch   Why = "prefetch"
	Preview    Why = "preview"
	Scanner    Why = "scanner"
	Robot      Why = "robot"
	Tool       Why = "tool"
	Office     Why = "office"
	Privacy    Why = "privacy_proxy"
	ImageProxy Why = "image_proxy"
	Soon       Why = "soon"
	Burst      Why = "burst"
	Hosted     Why = "data_centre"
	NoAgent    Why = "no_agent"
)

// Visit is one request, and what is known of the message that it is about.
type Visit struct {
	Kind   Kind
	Method string // GET, HEAD
	// Agent is the user agent.
	Agent   string
	Headers Headers
	// Hosted says that the address is in a data centre, see Ranges.
	Hosted bool
	// Since is how long ago the message was sent; zero or less when that is not known.
	Since time.Duration
	// Link names the link and At says when it was followed. Others are the message's other visits
	// shortly before and after; those that were surely machines are better left out, so that
	// a scanner does not speak for the person who reads at the same time.
	Link   string
	At     time.Time
	Others []Recent
	// Honeypot says that the message's hidden link was followed by the same visitor.
	Honeypot bool
}

// Headers are those of a request that tell something; empty when they were not sent.
type Headers struct {
	Purpose, SecPurpose, XPurpose, XMoz string
	Via                                 string
	AcceptLanguage                      string
}

// Recent is another visit of the same message.
type Recent struct {
	Link string
	At   time.Time
}

// Verdict is what a visit is taken for.
type Verdict struct {
	Machine bool
	// Sure is false where the other may be true as well: a person behind a proxy, a scanner that
	// looks like a browser.
	Sure bool
	Why  Why
}

const (
	soon       = 2 * time.Second
	soonHosted = 10 * time.Second
	// pairWithin and burstWithin are how close two and three different links are too close.
	pairWithin  = time.Second
	burstWithin = 2 * time.Second
)

// Judge tells what a visit is.
func Judge(v Visit) Verdict {
	if why := v.declared(); why != "" {
		return Verdict{Machine: true, Sure: true, Why: why}
	}
	if why := v.proxied(); why == ImageProxy && !v.early() {
		return Verdict{Why: why}
	} else if why != "" && why != ImageProxy {
		return Verdict{Machine: true, Why: why}
	}
	switch {
	case v.early():
		return Verdict{Machine: true, Why: Soon}
	case v.burst():
		return Verdict{Machine: true, Why: Burst}
	case v.Hosted && v.Headers.Via == "" && (v.Headers.AcceptLanguage == "" || v.Since > 0 && v.Since < soonHosted):
		return Verdict{Machine: true, Why: Hosted}
	case strings.TrimSpace(v.Agent) == "":
		return Verdict{Machine: true, Why: NoAgent}
	}
	return Verdict{Sure: true}
}

// declared is what the visitor says of itself, or cannot be anything else.
func (v *Visit) declared() Why {
	switch {
	case v.Method == "HEAD":
		return Head
	case v.Honeypot:
		return Honeypot
	case v.ahead():
		return Prefetch
	}
	return named(v.Agent)
}

// ahead reports whether the request says that nobody has asked for it yet.
func (v *Visit) ahead() bool {
	h := v.Headers
	for _, said := range []string{h.Purpose, h.SecPurpose, h.XPurpose, h.XMoz} {
		said = strings.ToLower(said)
		if strings.Contains(said, "prefetch") || strings.Contains(said, "preview") || strings.Contains(said, "prerender") {
			return true
		}
	}
	return false
}

// proxied tells those who fetch on behalf of others.
func (v *Visit) proxied() Why {
	agent := strings.ToLower(strings.TrimSpace(v.Agent))
	image := strings.Contains(agent, "googleimageproxy") || strings.Contains(agent, "yahoomailproxy")
	switch {
	case image && v.Kind == Open:
		return ImageProxy
	case image:
		return Robot
	case agent == "mozilla/5.0" && v.Kind == Open, strings.HasSuffix(agent, gmailAhead):
		return Privacy
	case agent == "mozilla/5.0":
		return Tool
	case v.Kind == Click && (strings.Contains(agent, "ms-office") || strings.HasPrefix(agent, "microsoft office")):
		return Office
	}
	return ""
}

func (v *Visit) early() bool { return v.Since > 0 && v.Since < soon }

// burst reports whether different links were followed faster than people can.
func (v *Visit) burst() bool {
	if v.Kind != Click {
		return false
	}
	for i, a := range v.Others {
		near := v.At.Sub(a.At).Abs()
		if a.Link == v.Link || near > burstWithin {
			continue
		}
		if near <= pairWithin {
			return true
		}
		for _, b := range v.Others[:i] {
			if b.Link != a.Link && b.Link != v.Link && v.At.Sub(b.At).Abs() <= burstWithin && a.At.Sub(b.At).Abs() <= burstWithin {
				return true
			}
		}
	}
	return false
}
