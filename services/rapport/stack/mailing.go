package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync/atomic"

	"rapport/pkg/dkim"
	"rapport/pkg/lifecycle"
	"rapport/pkg/policy"
	"rapport/pkg/routing"
	"rapport/pkg/verp"
	"rapport/services/caller"
	"rapport/services/mailer"
)

// Identity is how mails name who sends them, and where answers to them come.
type Identity struct {
	// DKIMKeys is a directory with keys, as rapport dkim new makes them; empty: mails are not
	// signed.
	DKIMKeys string
	// BounceDomain and ReplyDomain are where services/postmaster takes mail; empty: reports
	// go to the sender's address, replies to the shop's.
	BounceDomain, ReplyDomain string
	// Metadata is the service that SMTP belongs to, such as sendgrid, so that its callbacks
	// name our messages. Providers of delivery.yaml say it themselves.
	Metadata string
	// ConfigurationSet is the one of Amazon SES that publishes events.
	ConfigurationSet string
}

// mailer sends by the server that was named, by those of delivery.yaml, or to the catcher.
func (s *Stack) mailer() (lifecycle.Service, error) {
	o := mailer.Options{Delivery: s.delivery("mailer"), Render: s.mail, Secret: secret}
	o.SMTP = mailer.SMTP{
		Addr: s.cfg.SMTP.Addr, TLS: mailer.TLS(s.cfg.SMTP.TLS),
		Username: s.cfg.SMTP.Username, Password: s.cfg.SMTP.Password,
	}
	var err error
	o.Routing = s.routing
	switch {
	case s.cfg.Providers:
		if o.Routing == nil || len(o.Routing.Providers) == 0 {
			return nil, errors.New("--providers: the workspace's delivery.yaml names none")
		}
		counting, cancel := context.WithTimeout(context.Background(), openBucket)
		defer cancel()
		if o.Tally, err = mailer.NewTally(counting, s.JS, s.cfg.NATSReplicas); err != nil {
			return nil, err
		}
	case o.SMTP.Addr == "":
		if s.Catcher == nil {
			return nil, errors.New("no mail server: name one with --smtp, those of delivery.yaml with --providers, or run the catcher here")
		}
		o.SMTP.Addr, o.SMTP.TLS, o.SMTP.Connections = s.Catcher.SMTPAddr(), mailer.NoTLS, toCatcher
	}
	if o.Identity, err = s.identity(); err != nil {
		return nil, err
	}
	if o.Subscriber, err = s.subscriber("mailer"); err != nil {
		return nil, err
	}
	return mailer.New(o)
}

// routed is what of delivery.yaml holds for the mail that is sent here, as it was at the
// start: all of it with its providers, what it says of recipients' domains with another mail
// server, and nothing for what is caught.
func (s *Stack) routed() *routing.Config {
	all := s.inForce.Snapshot().Delivery()
	switch {
	case all == nil || s.cfg.Providers:
		return all
	case s.catchesMail():
		return nil
	}
	return &routing.Config{Domains: all.Domains}
}

// paces are the throttles of the policy in force and of delivery.yaml. They are asked for with
// each message, so they are put together once for each policy.
func (s *Stack) paces() func() []policy.Throttle {
	var delivery []policy.Throttle
	if s.routing != nil {
		delivery = s.routing.Throttles()
	}
	type together struct {
		of    *policy.Policy
		rules []policy.Throttle
	}
	var last atomic.Pointer[together]
	return func() []policy.Throttle {
		p := s.inForce.Snapshot().Policy()
		if p == nil {
			return delivery
		}
		if t := last.Load(); t != nil && t.of == p {
			return t.rules
		}
		t := &together{of: p, rules: slices.Concat(p.Throttles, delivery)}
		last.Store(t)
		return t.rules
	}
}

// identity reads the keys that sign mails and make their return paths.
func (s *Stack) identity() (mailer.Identity, error) {
	from := &s.cfg.Identity
	id := mailer.Identity{
		BounceDomain: from.BounceDomain, ReplyDomain: from.ReplyDomain, Metadata: from.Metadata, ConfigurationSet: from.ConfigurationSet,
	}
	if from.DKIMKeys != "" {
		ring, err := dkim.ReadDir(os.DirFS(from.DKIMKeys))
		if err != nil {
			return id, fmt.Errorf("--dkim-keys %s: %w", from.DKIMKeys, err)
		}
		id.Sign = ring.Signer
	}
	if from.BounceDomain == "" && from.ReplyDomain == "" {
		return id, nil
	}
	var err error
	id.Addresses, err = s.returnPaths()
	return id, err
}

// returnPaths are the keys of addresses that answers come back to.
func (s *Stack) returnPaths() (*verp.Keys, error) {
	secrets, err := s.secrets()
	if err != nil {
		return nil, err
	}
	keys, err := verp.NewKeys(secrets...)
	if err != nil {
		return nil, fmt.Errorf("return paths: %w", err)
	}
	return keys, nil
}

// secret is the value of ${NAME} in the files of a workspace.
func secret(name string) (string, bool) { return os.LookupEnv(caller.SecretPrefix + name) }
