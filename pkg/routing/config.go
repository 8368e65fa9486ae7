package routing

import (
	"time"

	"rapport/pkg/message"
	"rapport/pkg/policy"
)

// Config is what delivery.yaml says. It is not changed once it is in use. The zero Config has
// no providers, and nothing can be routed by it.
type Config struct {
	Providers []Provider // in the order of the file
	Routes    []Rule     // the first that matches counts; none: all providers, in their order
	Domains   []Domain
}

// Provider is a mail server that takes messages.
type Provider struct {
	Name string // in receipts, metrics and throttles
	Addr string // host:port
	TLS  string // opportunistic, mandatory, implicit or none; empty: opportunistic
	// Username and Password may hold ${NAME}, a secret of the environment. Empty: no
	// authentication.
	Username, Password string
	Hello              string // name in EHLO; empty: the host's
	Connections        int    // at most; zero: 8
	MessagesEach       int    // on one connection; zero: 500
	Rate               Rate
	// PassMetadata names the service behind the server, which decides the headers that carry
	// the message's reference so that its callbacks name it; empty: none.
	PassMetadata string
	WarmUp       *WarmUp // nil: it may take any number
}

// Services are the values of Provider.PassMetadata, sorted.
func Services() []string {
	return []string{"brevo", "mailgun", "mailjet", "mandrill", "postmark", "resend", "sendgrid", "ses", "sparkpost"}
}

// Rate is a pace: at most so many in so long a time. Zero: any.
type Rate struct {
	AtMost int
	Per    time.Duration
}

// Domain is what holds for the mailboxes of some recipients' domains.
type Domain struct {
	Name    string   // the group: a known one such as gmail, or else the first of Domains
	Domains []string // in lower case; empty: those of the known group
	// Connections is how many messages to them are in hand at a time in one process, through
	// all providers together; zero: any.
	Connections int
	Rate        Rate    // through all providers together
	WarmShare   float64 // of what a provider in warm-up may send, 0..1; zero: among the others
}

// Rule sends what it matches by some of the providers.
type Rule struct {
	Match Match
	To    []Target // all of them with a weight, or none
}

// Match is what a rule asks for. Everything that is set has to hold.
type Match struct {
	Category message.Category
	Journey  string
	Domain   string  // of the recipient's address: a domain or a group
	Share    float64 // of messages, 0..1, drawn by their ids; zero: all
}

// Target is a provider of a rule.
type Target struct {
	Provider string
	Weight   int // how often it is the first to be asked, in proportion; zero: by its place in the list
}

// Provider is the one of a name; nil when there is none.
func (c *Config) Provider(name string) *Provider {
	for i := range c.Providers {
		if c.Providers[i].Name == name {
			return &c.Providers[i]
		}
	}
	return nil
}

// GroupPrefix is what stands before a group in the Domain of a throttle, which tells it from a
// domain of the same name.
const GroupPrefix = "group:"

// Throttles are the rates of providers and of groups, as throttles carry them out.
func (c *Config) Throttles() []policy.Throttle {
	var all []policy.Throttle
	for i := range c.Providers {
		if p := &c.Providers[i]; p.Rate.AtMost > 0 {
			all = append(all, policy.Throttle{Channel: message.Email, Provider: p.Name, AtMost: p.Rate.AtMost, Per: p.Rate.Per})
		}
	}
	for i := range c.Domains {
		if d := &c.Domains[i]; d.Rate.AtMost > 0 {
			all = append(all, policy.Throttle{Channel: message.Email, Domain: GroupPrefix + d.Name, AtMost: d.Rate.AtMost, Per: d.Rate.Per})
		}
	}
	return all
}
