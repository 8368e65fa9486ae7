package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"rapport/pkg/dkim"
	"rapport/pkg/routing"
	"rapport/pkg/workspace"
	"rapport/services/rapport/doctor"
	"rapport/services/rapport/stack"
)

// doctorFlags are what rapport doctor is told of the sender.
type doctorFlags struct {
	workspace, dns, keys, smtp, smtpTLS string
	setup                               doctor.Setup
	asJSON                              bool
}

func doctorCommand() *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use: "doctor", Short: "Look at the sender as receivers do: DNS, mail servers, portal, Twilio", Args: noArgs,
		Long: `Ask the DNS, the mail servers, the portal and Twilio what mail providers ask, and print a line
for each check: ok, info, warn, fail or unknown, and what to do. What could not be asked is unknown.
Nothing is sent and nothing is changed. Exits with 1 when a check fails.

The senders are the workspace's, and so are the mail servers of its delivery.yaml; without one, the
server is --smtp, with RAPPORT_SMTP_USERNAME and RAPPORT_SMTP_PASSWORD. Twilio's account is the one of
TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN. What the checks mean to Gmail and Yahoo is in
services/mailer/BULK_SENDERS.md.`,
		Example: `  rapport doctor --dkim-keys keys --bounce-domain bounces.shop.example --portal-url https://news.shop.example
  rapport doctor --from shop.example --dns 9.9.9.9     only the DNS, asked at another server`,
		RunE: func(c *cobra.Command, _ []string) error {
			setup, err := f.complete()
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			all := doctor.New(doctor.Options{DNS: f.dns}).Examine(c.Context(), setup)
			if f.asJSON {
				err = writeJSON(c.OutOrStdout(), all)
			} else {
				err = doctor.Write(c.OutOrStdout(), all)
			}
			if err == nil && doctor.Failed(all) {
				err = errors.New("there are checks that fail: what to do is said with each")
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.workspace, "workspace", "", "directory with rapport.yaml and delivery.yaml (default: ./templates)")
	flags.StringVar(&f.dns, "dns", "", "DNS server to ask, host or host:port (default: the system's)")
	flags.StringVar(&f.keys, "dkim-keys", os.Getenv("RAPPORT_DKIM_KEYS"), "directory with DKIM keys, as rapport dkim new makes them")
	flags.StringSliceVar(&f.setup.Senders, "from", nil, "domains that mail comes from (default: the workspace's sender)")
	flags.StringVar(&f.setup.BounceDomain, "bounce-domain", os.Getenv("RAPPORT_BOUNCE_DOMAIN"), "domain of return paths")
	flags.StringVar(&f.setup.ReplyDomain, "reply-domain", os.Getenv("RAPPORT_REPLY_DOMAIN"), "domain of reply addresses")
	flags.StringVar(&f.setup.Portal, "portal-url", os.Getenv("RAPPORT_PORTAL_URL"), "public address of the portal, such as https://news.shop.example")
	flags.StringSliceVar(&f.setup.SendingHosts, "sending-ip", nil, "addresses that mail leaves from, where the mail server is your own")
	flags.StringVar(&f.smtp, "smtp", os.Getenv("RAPPORT_SMTP_ADDR"), "mail server, host:port, where delivery.yaml names none")
	flags.StringVar(&f.smtpTLS, "smtp-tls", "opportunistic", "opportunistic, mandatory, implicit or none")
	flags.BoolVar(&f.asJSON, "json", false, "print the findings as a JSON array")
	return cmd
}

// complete reads what the flags name.
func (f *doctorFlags) complete() (doctor.Setup, error) {
	s := f.setup
	s.Portal = strings.TrimSuffix(s.Portal, "/")
	if f.dns != "" {
		if _, _, err := net.SplitHostPort(f.dns); err != nil {
			f.dns = net.JoinHostPort(strings.Trim(f.dns, "[]"), "53")
		}
	}
	for _, ip := range s.SendingHosts {
		if net.ParseIP(ip) == nil {
			return s, fmt.Errorf("--sending-ip %q is no IP address: write it as 192.0.2.1", ip)
		}
	}
	if f.keys != "" {
		ring, err := dkim.ReadDir(os.DirFS(f.keys))
		if err != nil {
			return s, fmt.Errorf("--dkim-keys %s: %w", f.keys, err)
		}
		s.Keys = ring
	}
	if dir := workspaceOf(f.workspace); dir != "" {
		snap, err := stack.Check(dir)
		if err != nil {
			return s, err
		}
		if err := fromWorkspace(&s, snap); err != nil {
			return s, err
		}
	}
	if len(s.Servers) == 0 && f.smtp != "" {
		if err := address(f.smtp); err != nil {
			return s, fmt.Errorf("--smtp %q: %w: write host:port, such as smtp.example.com:587", f.smtp, err)
		}
		s.Servers = []doctor.Server{{
			Name: "smtp", Addr: f.smtp, TLS: f.smtpTLS, Username: os.Getenv("RAPPORT_SMTP_USERNAME"), Password: os.Getenv("RAPPORT_SMTP_PASSWORD"),
		}}
	}
	s.Twilio = doctor.Twilio{AccountSID: os.Getenv("TWILIO_ACCOUNT_SID"), AuthToken: os.Getenv("TWILIO_AUTH_TOKEN"), BaseURL: os.Getenv("TWILIO_BASE_URL")}
	if len(s.Senders) == 0 {
		return s, errors.New("no sender to look at: name a workspace, or a domain with --from")
	}
	return s, nil
}

// fromWorkspace takes the sender's domain and the providers out of a workspace.
func fromWorkspace(s *doctor.Setup, snap *workspace.Snapshot) error {
	if _, domain, ok := strings.Cut(snap.Shop().FromAddress, "@"); ok && len(s.Senders) == 0 {
		s.Senders = []string{strings.ToLower(domain)}
	}
	config := cmp.Or(snap.Delivery(), &routing.Config{})
	for i := range config.Providers {
		p := &config.Providers[i]
		one := doctor.Server{Name: p.Name, Addr: p.Addr, TLS: p.TLS, Service: p.PassMetadata}
		var err error
		if one.Username, err = secret(p.Username); err == nil {
			one.Password, err = secret(p.Password)
		}
		if err != nil {
			return fmt.Errorf("delivery.yaml: provider %s: %w", p.Name, err)
		}
		s.Servers = append(s.Servers, one)
	}
	return nil
}

// secret puts RAPPORT_SECRET_NAME in the place of ${NAME}. Errors hold no value.
func secret(text string) (string, error) {
	var missing error
	filled := os.Expand(text, func(name string) string {
		value, ok := os.LookupEnv("RAPPORT_SECRET_" + name)
		if !ok {
			missing = fmt.Errorf("the secret ${%s} is not set: set RAPPORT_SECRET_%s", name, name)
		}
		return value
	})
	return filled, missing
}
