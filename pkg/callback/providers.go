package callback

import (
	"slices"
	"time"

	"rapport/pkg/message"
)

// Provider is one who calls back. Its methods need nothing but what Open was given.
type Provider struct {
	Name    string          // as in configuration: lower case
	Channel message.Channel // of its events, where they do not say otherwise
	Needs   string          // what Config has to hold, for whoever sets it up

	open      func(Config) (verifier, error)
	read      func(*call) error
	tolerance time.Duration // where the usual one is too short
}

// verifier says nil when the request was made by the provider.
type verifier func(*call) error

// Providers lists all there are, by name. To add one is to write its file and its line here.
func Providers() []Provider {
	return []Provider{
		brevo(), mailersend(), mailgun(), mailjet(), mandrill(), postmark(), resend(), sendgrid(), ses(), sparkpost(), twilio(),
	}
}

// ByName finds a provider.
func ByName(name string) (Provider, bool) {
	all := Providers()
	i := slices.IndexFunc(all, func(p Provider) bool { return p.Name == name })
	if i < 0 {
		return Provider{}, false
	}
	return all[i], true
}
