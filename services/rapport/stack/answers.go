package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/callback"
	"rapport/pkg/feedback"
	"rapport/pkg/journey"
	"rapport/pkg/lifecycle"
	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/services/listener"
)

// Listener takes what providers call back, and what people write by SMS and WhatsApp.
type Listener struct {
	Addr string // empty: it does not run here
	// URL is what providers reach it by, such as https://hooks.shop.example. Twilio is told to
	// call it; empty: nobody is told.
	URL string
	// Providers may call, by their names in package callback. Where the catcher takes text
	// messages, it may, too.
	Providers map[string]callback.Config
	Strangers string // see listener.Options
}

const twilioPath = "/callbacks/twilio"

func (l *Listener) runs(service func(string) bool) bool { return l.Addr != "" && service("listener") }

// listener takes callbacks; nil where it does not run or nobody may call.
func (s *Stack) listener() (lifecycle.Service, error) {
	providers := s.callers()
	if !s.cfg.Listener.runs(s.cfg.runs) || len(providers) == 0 {
		return nil, nil //nolint:nilnil // No service is no error.
	}
	codec, err := journey.NewCodec()
	if err != nil {
		return nil, fmt.Errorf("prepare to read states: %w", err)
	}
	o := listener.Options{
		Addr: s.cfg.Listener.Addr, Providers: providers, PublicURL: s.cfg.Listener.URL, Publisher: bus.NewBroker(s.JS),
		Find: s.origin, FindByNumber: s.callersOf(codec), Replies: s.replies, Strangers: s.cfg.Listener.Strangers, Now: wallClock(),
		Logger: s.cfg.Logger.With("component", "listener"), TracerProvider: s.cfg.Traces, MeterProvider: s.cfg.Meters,
	}
	if _, uses := providers["mailgun"]; uses {
		opening, cancel := context.WithTimeout(context.Background(), openBucket)
		defer cancel()
		if o.Nonces, err = listener.NewBucket(opening, s.JS, s.cfg.NATSReplicas); err != nil {
			return nil, err //nolint:wrapcheck // It says what it was doing.
		}
	}
	if s.Listener, err = listener.New(o); err != nil {
		return nil, err //nolint:wrapcheck // It says what it was doing.
	}
	return s.Listener, nil
}

// openBucket bounds the opening of a bucket in the broker.
const openBucket = 30 * time.Second

// callers are the providers that may call. The catcher calls back like Twilio, in clear and
// with a secret that everybody knows, so it may only from this machine.
func (s *Stack) callers() map[string]callback.Config {
	all := map[string]callback.Config{}
	for name, c := range s.cfg.Listener.Providers {
		all[name] = c
	}
	if _, known := all["twilio"]; !known && s.catchesTexts() && loopback(s.cfg.Listener.Addr) {
		all["twilio"] = callback.Config{Secrets: []string{catcherToken}}
	}
	return all
}

// catchesTexts reports whether the catcher takes text messages.
func (s *Stack) catchesTexts() bool { return s.cfg.Twilio.AccountSID == "" && s.catcherURL() != "" }

// statusCallback is what Twilio is told to call; empty: nothing. The catcher reads the
// message's id from it, and calls only this machine.
func (s *Stack) statusCallback() string {
	l := &s.cfg.Listener
	switch {
	case l.URL != "":
		return strings.TrimSuffix(l.URL, "/") + twilioPath
	case !s.catchesTexts():
		return ""
	case l.runs(s.cfg.runs) && loopback(l.Addr) && !strings.HasSuffix(l.Addr, ":0"):
		return "http://" + l.Addr + twilioPath
	}
	return "https://callbacks.invalid" + twilioPath
}

func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// replies are the shop's own answers to STOP, START and HELP, in a language.
func (s *Stack) replies(language string) listener.Replies {
	shop := s.inForce.Snapshot().Shop()
	r := shop.Replies(language)
	return listener.Replies{Stop: r.Stop, Ask: r.Ask, Start: r.Start, Help: r.Help}
}

// origin is whom a message went to; nobody, when there is no such message.
func (s *Stack) origin(ctx context.Context, ref message.Ref) (feedback.Origin, error) {
	row, err := s.Store.Message(ctx, ref.Partition, ref.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return feedback.Origin{}, nil
	case err != nil:
		return feedback.Origin{}, fmt.Errorf("find the message of an answer: %w", err)
	}
	return feedback.Origin{
		Profile: row.Profile, Journey: row.Journey, Instance: row.Instance, Step: row.Step, Template: row.Template,
		Channel: row.Channel, Category: row.Category, Trace: row.Trace,
	}, nil
}

// callersOf finds whose a number is, and what a START would give back to each.
func (s *Stack) callersOf(codec *journey.Codec) func(context.Context, message.Channel, string) ([]feedback.Origin, error) {
	return func(ctx context.Context, c message.Channel, number string) ([]feedback.Origin, error) {
		refs, err := s.Store.ByPhone(ctx, number)
		if err != nil {
			return nil, fmt.Errorf("find whose number it is: %w", err)
		}
		var all []feedback.Origin
		for _, r := range refs {
			st, err := s.state(ctx, codec, r.Profile)
			if errors.Is(err, store.ErrNotFound) {
				continue // Erased meanwhile.
			}
			if err != nil {
				return nil, err
			}
			all = append(all, feedback.Origin{Profile: r.Profile, Channel: c, Restore: feedback.Restorable(&st.Profile, c)})
		}
		return all, nil
	}
}
