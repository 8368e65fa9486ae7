package mailer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/routing"
)

// usual is the name of the provider when there is one only, of which no delivery.yaml says more.
const usual = "smtp"

// fleet is the providers that mail may go through, each with its connections.
type fleet struct {
	config *routing.Config
	pools  map[string]*pool
	warm   warmth
	now    func() time.Time
}

// newFleet makes the pools of a configuration. What it does not say (timeouts, TLS below the
// policy) is that of base; without providers base is the only one.
func newFleet(o *Options) (*fleet, error) {
	f := &fleet{config: o.Routing, pools: map[string]*pool{}, now: o.Delivery.Now}
	if f.config == nil || len(f.config.Providers) == 0 {
		server := o.SMTP
		if err := server.complete(); err != nil {
			return nil, err
		}
		one := routing.Config{Providers: []routing.Provider{{Name: usual, Connections: server.Connections}}}
		if f.config != nil {
			one.Domains = f.config.Domains
		}
		f.config, f.pools[usual] = &one, &pool{server: server}
		return f, nil
	}
	for i := range f.config.Providers {
		p := &f.config.Providers[i]
		server, err := serverOf(p, o)
		if err != nil {
			return nil, fmt.Errorf("delivery.yaml: provider %s: %w", p.Name, err)
		}
		f.pools[p.Name] = &pool{server: server}
	}
	f.warm = warmth{config: f.config, tally: o.Tally, now: f.now, of: map[string]*warmed{}}
	if f.warm.tally == nil {
		f.warm.tally = &memory{of: map[string]routing.Progress{}}
	}
	return f, nil
}

// serverOf is a provider's mail server, with its secrets.
func serverOf(p *routing.Provider, o *Options) (SMTP, error) {
	s := o.SMTP
	s.Addr, s.TLS, s.Hello, s.Connections, s.MessagesEach = p.Addr, TLS(p.TLS), p.Hello, p.Connections, p.MessagesEach
	var err error
	if s.Username, err = filled(p.Username, o.Secret); err == nil {
		s.Password, err = filled(p.Password, o.Secret)
	}
	if err != nil {
		return SMTP{}, err
	}
	if s.TLSConfig != nil {
		s.TLSConfig = s.TLSConfig.Clone()
		s.TLSConfig.ServerName, _, _ = net.SplitHostPort(p.Addr) // complete says what is wrong with it.
	}
	return s, s.complete()
}

// secretName is a variable of the environment in a file.
var secretName = regexp.MustCompile(`\$\{([A-Z][A-Z0-9_]*)\}`)

// filled puts secrets in the place of their names. Errors name the secret, never a value.
func filled(text string, find func(string) (string, bool)) (string, error) {
	var missing error
	text = secretName.ReplaceAllStringFunc(text, func(ref string) string {
		name := ref[2 : len(ref)-1]
		value, ok := "", false
		if find != nil {
			value, ok = find(name)
		}
		if !ok || value == "" || strings.ContainsAny(value, "\r\n\x00") {
			missing = fmt.Errorf("%s is not set to one line of text: set it in the environment", name)
		}
		return value
	})
	return text, missing
}

// connections is how many there may be in all.
func (f *fleet) connections() int {
	n := 0
	for _, p := range f.pools {
		n += p.server.Connections
	}
	return n
}

// service is what stands behind a provider's server, as its headers name it.
func (f *fleet) service(provider string) string {
	if p := f.config.Provider(provider); p != nil {
		return p.PassMetadata
	}
	return ""
}

func (f *fleet) send(ctx context.Context, provider string, l *letter) (string, error) {
	p := f.pools[provider]
	if p == nil {
		return "", errors.New("there is no provider " + provider)
	}
	return p.send(ctx, l)
}

func (f *fleet) close() {
	for _, p := range f.pools {
		p.close()
	}
}

// Route implements delivery.Routed.
func (m *Mailer) Route(c *message.Command, standing func(provider, group string) routing.Standing) routing.Decision {
	return m.fleet.config.Route(routing.FactsOf(c), func(provider, group string) routing.Standing {
		s := standing(provider, group)
		before, spent := m.fleet.warm.wait(provider, group)
		s.Down, s.Spent = max(s.Down, before), spent
		return s
	})
}

// Room implements delivery.Routed: a provider's connections, and what delivery.yaml says of
// the recipients' domains.
func (m *Mailer) Room(provider, group string) (at, of int) {
	if d := m.fleet.config.Domain(group); d != nil {
		of = d.Connections
	}
	return m.fleet.pools[provider].server.Connections, of
}

// Take implements delivery.Routed: it counts a message in the provider's warm-up.
func (m *Mailer) Take(ctx context.Context, c *message.Command, provider, group string) (time.Duration, error) {
	return m.fleet.warm.take(ctx, provider, group, c.Category == message.Transactional)
}
