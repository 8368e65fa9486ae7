package catcher

import (
	"errors"
	"log/slog"
	"time"
)

// Options say what a catcher listens on and keeps. Dir is required.
type Options struct {
	// Dir is the directory of catcher.db; it is made when missing. One process uses it at a time.
	Dir string
	// SMTPAddr and HTTPAddr are where to listen; empty means a free port of 127.0.0.1.
	SMTPAddr string
	HTTPAddr string
	// Domain is the name in the SMTP greeting; empty: "localhost".
	Domain string
	// AccountSID and AuthToken are the credentials that the Twilio-shaped API asks for. Empty ones accept any, so that
	// nothing has to be set up in development.
	AccountSID string
	AuthToken  string
	// CallbackHosts names the hosts besides loopback ones that status callbacks may go to, without port.
	CallbackHosts []string
	// MaxMessageBytes bounds one mail; zero: 10 MiB.
	MaxMessageBytes int64
	// MaxRecipients bounds the recipients of one mail; zero: 100.
	MaxRecipients int
	// Keep is how many of the latest messages are kept; zero: 200,000.
	Keep int
	// SlowAnswer is how long a message to slow@... waits for its answer; zero: 5 seconds.
	SlowAnswer time.Duration
	// Logger is told of failures, never of addresses or bodies; nil is silence.
	Logger *slog.Logger
}

func (o *Options) setDefaults() error {
	if o.Dir == "" {
		return errors.New("catcher: Options.Dir is missing: name a directory to keep messages in")
	}
	if o.SMTPAddr == "" {
		o.SMTPAddr = "127.0.0.1:0"
	}
	if o.HTTPAddr == "" {
		o.HTTPAddr = "127.0.0.1:0"
	}
	if o.Domain == "" {
		o.Domain = "localhost"
	}
	if o.MaxMessageBytes <= 0 {
		o.MaxMessageBytes = 10 << 20
	}
	if o.MaxRecipients <= 0 {
		o.MaxRecipients = 100
	}
	if o.Keep <= 0 {
		o.Keep = 200_000
	}
	if o.SlowAnswer <= 0 {
		o.SlowAnswer = 5 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}
