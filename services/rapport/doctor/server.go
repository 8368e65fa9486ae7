package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"net/textproto"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// expiresSoon is how long before its end a certificate is worth a word: those of Let's Encrypt are renewed 30 days before.
const expiresSoon = 14 * 24 * time.Hour

// servers looks at the encryption of each mail server, and tries its login.
func (d *Doctor) servers(ctx context.Context, s Setup) []Finding {
	var all []Finding
	for i := range s.Servers {
		server := &s.Servers[i]
		subject := server.Name + " (" + server.Addr + ")"
		f := Finding{Check: checkTLS, Subject: subject}
		f.Status, f.Detail, f.Remedy = d.encryption(ctx, server)
		all = append(all, f)
		if server.Username != "" {
			f := Finding{Check: checkLogin, Subject: subject}
			f.Status, f.Detail, f.Remedy = d.login(ctx, server)
			all = append(all, f)
		}
	}
	return all
}

// config is how TLS with a server begins.
func (s *Server) config() *tls.Config {
	host, _, err := net.SplitHostPort(s.Addr)
	if err != nil {
		host = s.Addr
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLSConfig != nil {
		config = s.TLSConfig.Clone()
	}
	config.ServerName = host
	return config
}

// encryption greets a server as the mailer does, asks for TLS, and leaves.
func (d *Doctor) encryption(ctx context.Context, s *Server) (Status, string, string) {
	if s.TLS == "none" {
		return Warn, "mail is handed over unencrypted (TLS: none)", "use mandatory, unless the server is on this machine"
	}
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return unreached(err, s.Addr)
	}
	defer raw.Close() //nolint:errcheck // Nothing was sent that could be lost.
	if err := raw.SetDeadline(time.Now().Add(d.patience)); err != nil {
		return unreached(err, s.Addr)
	}
	if s.TLS == "implicit" {
		over := tls.Client(raw, s.config())
		if err := over.HandshakeContext(ctx); err != nil {
			return unreached(err, s.Addr)
		}
		return d.certificate(over.ConnectionState())
	}
	client, err := smtp.NewClient(raw, s.config().ServerName)
	if err != nil {
		return unreached(err, s.Addr)
	}
	if offered, _ := client.Extension("STARTTLS"); !offered {
		if s.TLS == "mandatory" {
			return Fail, "it offers no STARTTLS, which the policy demands: no mail passes", "use a port that encrypts (587, or 465 with implicit)"
		}
		return Fail, "it offers no STARTTLS: mail goes over the network unencrypted", "use a port that encrypts (587, or 465 with implicit), or another server"
	}
	if err := client.StartTLS(s.config()); err != nil {
		return unreached(err, s.Addr)
	}
	state, _ := client.TLSConnectionState()
	status, detail, remedy := d.certificate(state)
	if err := client.Quit(); err != nil && status == OK {
		return Warn, detail + "; it did not take QUIT", "look at the server's log"
	}
	return status, detail, remedy
}

// certificate judges what was negotiated.
func (d *Doctor) certificate(state tls.ConnectionState) (Status, string, string) {
	detail := tls.VersionName(state.Version)
	if len(state.PeerCertificates) == 0 {
		return OK, detail, ""
	}
	until := state.PeerCertificates[0].NotAfter
	detail += ", certificate until " + until.UTC().Format(time.DateOnly)
	if until.Sub(d.now()) < expiresSoon {
		return Warn, detail, "see to it that the certificate is renewed"
	}
	return OK, detail, ""
}

// login signs in with the library that the mailer uses, and leaves without sending.
func (d *Doctor) login(ctx context.Context, s *Server) (Status, string, string) {
	host, port, err := net.SplitHostPort(s.Addr)
	n, bad := strconv.Atoi(port)
	if err != nil || bad != nil {
		return Fail, "the server's address is not host:port", "write it as smtp.example.com:587"
	}
	policy := map[string]gomail.TLSPolicy{"mandatory": gomail.TLSMandatory, "none": gomail.NoTLS, "implicit": gomail.NoTLS}
	opts := []gomail.Option{
		gomail.WithPort(n), gomail.WithTimeout(d.patience), gomail.WithTLSConfig(s.config()), gomail.WithTLSPolicy(gomail.TLSOpportunistic),
		gomail.WithUsername(s.Username), gomail.WithPassword(s.Password),
		gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthCramMD5, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin),
	}
	if p, ok := policy[s.TLS]; ok {
		opts = append(opts, gomail.WithTLSPolicy(p))
	}
	if s.TLS == "implicit" {
		opts = append(opts, gomail.WithSSL())
	}
	client, err := gomail.NewClient(host, opts...)
	if err != nil {
		return Fail, "the server's settings make no client", "check its address and TLS"
	}
	if err := client.DialWithContext(ctx); err != nil {
		return refused(err, s.Addr)
	}
	if err := client.Close(); err != nil {
		return OK, "the login works; the server did not take QUIT", ""
	}
	return OK, "the login works", ""
}

// refused tells an answer of the server's from no answer.
func refused(err error, addr string) (Status, string, string) {
	var reply *textproto.Error
	var network net.Error
	switch {
	case errors.As(err, &reply) && reply.Code >= 500:
		return Fail, fmt.Sprintf("the login is refused (%d)", reply.Code), "check RAPPORT_SMTP_USERNAME and RAPPORT_SMTP_PASSWORD, or the provider's secrets in delivery.yaml"
	case errors.As(err, &reply):
		return Unknown, fmt.Sprintf("the server puts the login off (%d)", reply.Code), "try again later"
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, context.DeadlineExceeded):
		return unreached(err, addr)
	}
	if status, detail, remedy := unreached(err, addr); status == Fail {
		return status, detail, remedy
	}
	return Fail, "the server offers no login that is safe over this connection", "use TLS, and the port that takes logins (587 or 465)"
}
