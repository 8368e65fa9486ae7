package stack

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/journey"
	"rapport/pkg/lifecycle"
	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/services/postmaster"
)

// Inbound is how mail comes back: what bounces, complaints, and what people answer.
type Inbound struct {
	// SMTP is the address to listen on for other mail servers; LMTP that for one in front, an
	// address or the path of a socket. Only one of them; both empty: it does not run here.
	SMTP, LMTP string
	// Cert and Key are files with which connections may be encrypted; empty: they are not.
	Cert, Key string
	// ForwardSMTP and ForwardTo are the server and the mailbox that get what people write.
	ForwardSMTP, ForwardTo string
}

// drainMail is how long a stop waits for mails that are being received: less than the stop of
// everything, so that one slow sender, who comes again anyway, does not spoil it.
const drainMail = 7 * time.Second

func (i *Inbound) runs(service func(string) bool) bool {
	return (i.SMTP != "" || i.LMTP != "") && service("postmaster")
}

// postmaster takes mail; nil where it does not run.
func (s *Stack) postmaster() (_ lifecycle.Service, err error) {
	in, id := &s.cfg.Inbound, &s.cfg.Identity
	if !in.runs(s.cfg.runs) {
		return nil, nil //nolint:nilnil // No service is no error.
	}
	o := postmaster.Options{
		Addr: in.SMTP, Publisher: bus.NewBroker(s.JS), Find: s.origin, Now: wallClock(), DrainWithin: drainMail,
		Logger: s.cfg.Logger.With("component", "postmaster"), TracerProvider: s.cfg.Traces, MeterProvider: s.cfg.Meters,
	}
	if in.LMTP != "" {
		o.LMTP, o.Addr = true, in.LMTP
		if strings.Contains(in.LMTP, "/") {
			o.Network = "unix"
		}
	}
	for _, domain := range []string{id.BounceDomain, id.ReplyDomain} {
		if domain != "" && !slices.Contains(o.Domains, domain) {
			o.Domains = append(o.Domains, domain)
		}
	}
	if len(o.Domains) == 0 {
		return nil, errors.New("inbound mail: name the domains that it comes to with --bounce-domain and --reply-domain")
	}
	if o.Keys, err = s.returnPaths(); err != nil {
		return nil, err
	}
	if o.Address, err = s.mailAddress(); err != nil {
		return nil, err
	}
	if in.Cert != "" {
		pair, err := tls.LoadX509KeyPair(in.Cert, in.Key)
		if err != nil {
			return nil, fmt.Errorf("--inbound-cert and --inbound-key: %w", err)
		}
		o.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	if in.ForwardSMTP != "" {
		o.Forward = postmaster.Forwarder{Addr: in.ForwardSMTP, To: in.ForwardTo, Hostname: o.Domains[0]}.Forward
	}
	if s.Postmaster, err = postmaster.New(o); err != nil {
		return nil, err //nolint:wrapcheck // It says what it was doing.
	}
	return s.Postmaster, nil
}

// mailAddress finds the address that a person has now.
func (s *Stack) mailAddress() (func(context.Context, string) (string, error), error) {
	codec, err := journey.NewCodec()
	if err != nil {
		return nil, fmt.Errorf("prepare to read states: %w", err)
	}
	return func(ctx context.Context, id string) (string, error) {
		st, err := s.state(ctx, codec, id)
		if errors.Is(err, store.ErrNotFound) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		return st.Profile.Address(message.Email), nil
	}, nil
}
