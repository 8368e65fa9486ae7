package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"rapport/pkg/callback"
	"rapport/services/mailer"
)

// answers are the flags about what comes back from people and providers.
func (f *upFlags) answers(flags *pflag.FlagSet) {
	flags.StringVar(&f.cfg.Portal.Addr, "portal", cmp.Or(os.Getenv("RAPPORT_PORTAL_ADDR"), "127.0.0.1:8082"), "address of the portal, where links of messages lead; empty: none")
	flags.StringVar(&f.cfg.Portal.URL, "portal-url", os.Getenv("RAPPORT_PORTAL_URL"), "public address of the portal, https://news.shop.example (default: --portal, as long as mail is caught)")
	flags.StringVar(&f.cfg.Listener.Addr, "listener", cmp.Or(os.Getenv("RAPPORT_LISTENER_ADDR"), "127.0.0.1:8083"), "address for callbacks of providers and inbound SMS; empty: none")
	flags.StringVar(&f.cfg.Listener.URL, "callbacks-url", os.Getenv("RAPPORT_CALLBACKS_URL"), "public address of --listener, https://hooks.shop.example; Twilio is told to call it")
	in := &f.cfg.Inbound
	flags.StringVar(&in.SMTP, "inbound", os.Getenv("RAPPORT_INBOUND"), "address for mail that comes back, such as :25 (default: none)")
	flags.StringVar(&in.LMTP, "inbound-lmtp", os.Getenv("RAPPORT_INBOUND_LMTP"), "the same by LMTP, behind a mail server: address or path of a socket")
	flags.StringVar(&in.Cert, "inbound-cert", os.Getenv("RAPPORT_INBOUND_CERT"), "file with the certificate of --inbound (STARTTLS)")
	flags.StringVar(&in.Key, "inbound-key", os.Getenv("RAPPORT_INBOUND_KEY"), "file with the key of that certificate")
	flags.StringVar(&in.ForwardSMTP, "forward-smtp", os.Getenv("RAPPORT_FORWARD_SMTP"), "mail server that gets what people answer")
	flags.StringVar(&in.ForwardTo, "forward-to", os.Getenv("RAPPORT_FORWARD_TO"), "mailbox there")
	flags.StringSliceVar(&f.track, "track", list("RAPPORT_TRACK", "clicks", "opens"), "what marketing mails tell of: clicks, opens, or none")
	flags.StringVar(&f.cfg.Portal.Source, "utm-source", os.Getenv("RAPPORT_UTM_SOURCE"), "utm_source of links in marketing messages (default: no utm parameters)")
	flags.StringSliceVar(&f.proxies, "trusted-proxies", list("RAPPORT_TRUSTED_PROXIES"), "networks whose X-Forwarded-For is believed, such as 10.0.0.0/8")
}

// sender are the flags about how mails leave and whom they name.
func (f *upFlags) sender(flags *pflag.FlagSet) {
	id := &f.cfg.Identity
	flags.BoolVar(&f.cfg.Providers, "providers", os.Getenv("RAPPORT_PROVIDERS") == "true", "send real mail by the mail servers of the workspace's delivery.yaml")
	flags.StringVar(&id.DKIMKeys, "dkim-keys", os.Getenv("RAPPORT_DKIM_KEYS"), "directory with keys that sign mails, as rapport dkim new makes them")
	flags.StringVar(&id.BounceDomain, "bounce-domain", os.Getenv("RAPPORT_BOUNCE_DOMAIN"), "domain of return paths, whose mail comes to --inbound")
	flags.StringVar(&id.ReplyDomain, "reply-domain", os.Getenv("RAPPORT_REPLY_DOMAIN"), "domain of reply addresses, whose mail comes to --inbound")
	flags.StringVar(&id.Metadata, "smtp-service", os.Getenv("RAPPORT_SMTP_SERVICE"), "whose service --smtp is, so that its callbacks name messages: "+strings.Join(mailer.Providers(), ", "))
	flags.StringVar(&id.ConfigurationSet, "ses-configuration-set", os.Getenv("RAPPORT_SES_CONFIGURATION_SET"), "configuration set of Amazon SES that publishes events")
}

// senders checks what the flags of sender say together.
func (f *upFlags) senders() error {
	if f.cfg.Providers && f.cfg.SMTP.Addr != "" {
		return errors.New("--providers and --smtp: name the mail server in delivery.yaml, or leave --providers out")
	}
	if service := f.cfg.Identity.Metadata; service != "" && !slices.Contains(mailer.Providers(), service) {
		return fmt.Errorf("--smtp-service: there is no service %q: choose from %s", service, strings.Join(mailer.Providers(), ", "))
	}
	return nil
}

// list is what a variable says, with commas, or what it is without one.
func list(variable string, otherwise ...string) []string {
	if text := os.Getenv(variable); text != "" {
		return strings.Split(text, ",")
	}
	return otherwise
}

// answered reads and checks what answers are configured by.
func (f *upFlags) answered() error {
	return cmp.Or(f.senders(), f.tracking(), f.trusted(), f.linkKeys(), f.callbacks(), f.inbound())
}

func (f *upFlags) tracking() error {
	for _, what := range f.track {
		switch strings.TrimSpace(what) {
		case "clicks":
			f.cfg.Portal.Clicks = true
		case "opens":
			f.cfg.Portal.Opens = true
		case "none":
			if len(f.track) > 1 {
				return fmt.Errorf("--track %s: none stands alone", strings.Join(f.track, ","))
			}
		default:
			return fmt.Errorf("--track %q: use clicks, opens, both with a comma between, or none", what)
		}
	}
	return nil
}

func (f *upFlags) trusted() error {
	for _, text := range f.proxies {
		network, err := netip.ParsePrefix(strings.TrimSpace(text))
		if err != nil {
			return fmt.Errorf("--trusted-proxies %q is no network: write it as 10.0.0.0/8", text)
		}
		f.cfg.Portal.TrustedProxies = append(f.cfg.Portal.TrustedProxies, network)
	}
	return nil
}

// leastSecret is how long a secret of links has to be, in bytes.
const leastSecret = 32

// linkKeys reads the secrets of links. Their texts are never repeated.
func (f *upFlags) linkKeys() error {
	f.cfg.Secrets = list("RAPPORT_LINK_KEYS")
	for i, key := range f.cfg.Secrets {
		f.cfg.Secrets[i] = strings.TrimSpace(key)
	}
	if slices.ContainsFunc(f.cfg.Secrets, func(key string) bool { return len(key) < leastSecret }) {
		return fmt.Errorf("RAPPORT_LINK_KEYS: a key is shorter than %d bytes: use random ones, the newest first, and a comma between keys", leastSecret)
	}
	if f.cfg.StoreURL != "" && len(f.cfg.Secrets) == 0 && f.cfg.Portal.URL != "" {
		return fmt.Errorf("--portal-url with a --store that others share: set RAPPORT_LINK_KEYS, %d random bytes or more and the same for every process", leastSecret)
	}
	return nil
}

// callbackSecrets are the variables with the secrets of providers that call back, by their
// names in package callback.
func callbackSecrets() map[string]string {
	return map[string]string{
		"sendgrid": "RAPPORT_SENDGRID_KEY", "mailgun": "RAPPORT_MAILGUN_SIGNING_KEY", "resend": "RAPPORT_RESEND_SECRET",
		"mailersend": "RAPPORT_MAILERSEND_SECRET", "mandrill": "RAPPORT_MANDRILL_KEY", "postmark": "RAPPORT_POSTMARK_SECRET",
		"brevo": "RAPPORT_BREVO_SECRET", "mailjet": "RAPPORT_MAILJET_SECRET", "sparkpost": "RAPPORT_SPARKPOST_SECRET",
	}
}

// callbacks reads who may call back.
func (f *upFlags) callbacks() error {
	l := &f.cfg.Listener
	l.Strangers = os.Getenv("RAPPORT_LISTENER_STRANGERS")
	l.Providers = map[string]callback.Config{}
	for name, variable := range callbackSecrets() {
		if secrets := list(variable); len(secrets) > 0 {
			l.Providers[name] = callback.Config{Secrets: secrets}
		}
	}
	if topics := list("RAPPORT_SES_TOPICS"); len(topics) > 0 {
		l.Providers["ses"] = callback.Config{Topics: topics}
	}
	if token := list("RAPPORT_TWILIO_AUTH_TOKEN", list("TWILIO_AUTH_TOKEN")...); len(token) > 0 {
		l.Providers["twilio"] = callback.Config{Secrets: token}
	}
	if l.URL == "" {
		return nil
	}
	u, err := url.Parse(l.URL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.RawQuery != "" {
		return fmt.Errorf("--callbacks-url %q is no address: write it as https://hooks.shop.example", l.URL)
	}
	return nil
}

// inbound checks how mail comes back.
func (f *upFlags) inbound() error {
	in, id := &f.cfg.Inbound, &f.cfg.Identity
	switch {
	case in.SMTP != "" && in.LMTP != "":
		return errors.New("--inbound and --inbound-lmtp: one of them, or a second process with the other")
	case (in.SMTP != "" || in.LMTP != "") && id.BounceDomain == "" && id.ReplyDomain == "":
		return errors.New("--inbound: name the domains that mail comes back to with --bounce-domain and --reply-domain")
	case (in.Cert == "") != (in.Key == ""):
		return errors.New("--inbound-cert and --inbound-key belong together")
	case (in.ForwardSMTP == "") != (in.ForwardTo == ""):
		return errors.New("--forward-smtp and --forward-to belong together")
	}
	for flag, addr := range map[string]string{"--inbound": in.SMTP, "--forward-smtp": in.ForwardSMTP} {
		if addr == "" {
			continue
		}
		if err := address(addr); err != nil {
			return fmt.Errorf("%s %q: %w: write host:port, such as mail.shop.example:25", flag, addr, err)
		}
	}
	return nil
}
