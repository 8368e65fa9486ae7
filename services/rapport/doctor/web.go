package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"
)

// clock collects what other people's clocks say.
type clock struct {
	mu     sync.Mutex
	heard  int
	offset time.Duration // of the first answer: how far this machine is ahead
	whose  string
}

// How far a clock may be off: callbacks are refused when they are 5 minutes old, and DKIM's and TLS's times are read by
// the second.
const (
	clockWarn = 30 * time.Second
	clockFail = 4 * time.Minute
)

// hear notes the Date of an answer, which came between two moments of this machine.
func (c *clock) hear(answer *http.Response, sent, got time.Time) {
	at, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.heard++; c.heard == 1 {
		// A date has whole seconds, so the middle of the second is meant.
		c.offset, c.whose = sent.Add(got.Sub(sent)/2).Sub(at.Add(time.Second/2)), answer.Request.URL.Host
	}
}

func (c *clock) finding() Finding {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := Finding{Check: checkClock, Subject: "localhost", Status: OK}
	off := c.offset.Abs().Round(time.Second)
	switch {
	case c.heard == 0:
		f.Status, f.Detail, f.Remedy = Unknown, "no server told the time", "name the portal, or a Twilio account, so that there is one to ask"
		return f
	case off > clockFail:
		f.Status = Fail
	case off > clockWarn:
		f.Status = Warn
	}
	f.Detail = fmt.Sprintf("%v off the clock of %s", off, c.whose)
	if f.Status != OK {
		f.Remedy = "let the system set its clock (NTP): callbacks that seem older than 5 minutes are refused"
	}
	return f
}

// do asks a server for a status, and hears what time it has. The body is not read.
func (d *Doctor) do(r *http.Request, c *clock) (int, error) {
	sent := d.now()
	answer, err := d.client.Do(r)
	if err != nil {
		return 0, err
	}
	c.hear(answer, sent, d.now())
	return answer.StatusCode, answer.Body.Close()
}

// web looks at the portal: the links of mails lead there, and so does one-click unsubscribe.
func (d *Doctor) web(ctx context.Context, s Setup) []Finding {
	if s.Portal == "" {
		return []Finding{{
			Check: checkUnsubscribe, Subject: "portal", Status: Warn, Detail: "no portal is named, so marketing mail has no one-click unsubscribe",
			Remedy: "name the portal's public address with --portal-url",
		}}
	}
	page := Finding{Check: checkPortal, Subject: s.Portal}
	click := Finding{Check: checkUnsubscribe, Subject: s.Portal}
	u, err := url.Parse(s.Portal)
	if err != nil || u.Host == "" {
		page.Status, page.Detail, page.Remedy = Fail, "it is no address of a page", "write it as https://news.shop.example"
		return []Finding{page}
	}
	page.Status, page.Detail, page.Remedy = d.page(ctx, s, u)
	if page.Status != OK {
		click.Status, click.Detail = page.Status, "the portal has to be reached first"
		if u.Scheme != "https" {
			click.Status, click.Detail, click.Remedy = Fail, "one-click unsubscribe needs https (RFC 8058)", page.Remedy
		}
		return []Finding{page, click}
	}
	click.Status, click.Detail, click.Remedy = d.oneClick(ctx, s)
	return []Finding{page, click}
}

func (d *Doctor) page(ctx context.Context, s Setup, u *url.URL) (Status, string, string) {
	ips, err := d.dns.addresses(ctx, u.Hostname())
	switch {
	case err != nil:
		return Unknown, err.Error(), "try again, or name another server with --dns"
	case len(ips) == 0:
		return Fail, u.Hostname() + " has no address in the DNS", "publish an A or AAAA record, or a CNAME, for " + u.Hostname()
	case u.Scheme != "https":
		return Fail, "it is not https: browsers warn of its pages, and one-click unsubscribe does not work", "put a certificate before it, and write https://" + u.Host
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Portal+"/", http.NoBody)
	if err != nil {
		return Fail, "it is no address of a page", "write it as https://news.shop.example"
	}
	code, err := d.do(r, s.clock)
	if err != nil {
		return unreached(err, u.Host)
	}
	if code >= http.StatusInternalServerError {
		return Fail, fmt.Sprintf("it answers with %d", code), "look at the portal's log, and at the proxy before it"
	}
	return OK, fmt.Sprintf("reached, over TLS, at %s", strings.Join(ips, ", ")), ""
}

// oneClick posts as mail programs do, with a token that nobody sealed: it is to be refused, and not to be led elsewhere.
func (d *Doctor) oneClick(ctx context.Context, s Setup) (Status, string, string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Portal+"/u/doctor", strings.NewReader("List-Unsubscribe=One-Click"))
	if err != nil {
		return Fail, "it is no address of a page", "write it as https://news.shop.example"
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	code, err := d.do(r, s.clock)
	if err != nil {
		return unreached(err, r.URL.Host)
	}
	switch {
	case code/100 == 3:
		return Fail, fmt.Sprintf("a POST is led elsewhere (%d), which mail programs do not follow (RFC 8058)", code), "let the proxy pass POST requests on as they are"
	case code == http.StatusMethodNotAllowed || code == http.StatusUnauthorized || code == http.StatusProxyAuthRequired || code >= http.StatusInternalServerError:
		return Fail, fmt.Sprintf("a POST is answered with %d", code), "let POST requests to /u/ through to the portal, without a login"
	case code/100 == 2:
		return Fail, "a token that nobody sealed is taken", "look whether the portal is what answers at this address"
	}
	return OK, "a POST reaches the portal, which refuses what it did not seal", ""
}

// unreached says what an error on the way to a server means: a certificate and a refusal are answers, silence is not.
func unreached(err error, host string) (Status, string, string) {
	var unknownAuthority x509.UnknownAuthorityError
	var certificate x509.CertificateInvalidError
	var name x509.HostnameError
	var verification *tls.CertificateVerificationError
	switch {
	case errors.As(err, &unknownAuthority), errors.As(err, &certificate), errors.As(err, &name), errors.As(err, &verification):
		return Fail, "its certificate is not valid: " + cause(err), "get a certificate for " + host + " from an authority that everybody knows"
	case errors.Is(err, syscall.ECONNREFUSED):
		return Fail, "it refuses connections", "start what should listen there, or look at the firewall before it"
	}
	return Unknown, "it was not reached: " + cause(err), "look whether this machine has a way to " + host
}

// cause is the innermost words of an error on the network, without addresses of the questioner.
func cause(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	return err.Error()
}

// twilioAPI is where accounts are.
const twilioAPI = "https://api.twilio.com"

// twilio asks for the account, which costs nothing (https://www.twilio.com/docs/iam/api/account).
func (d *Doctor) twilio(ctx context.Context, s Setup) []Finding {
	t := s.Twilio
	if t.AccountSID == "" {
		return nil
	}
	f := Finding{Check: checkTwilio, Subject: t.AccountSID}
	base := t.BaseURL
	if base == "" {
		base = twilioAPI
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(base, "/")+"/2010-04-01/Accounts/"+url.PathEscape(t.AccountSID)+".json", http.NoBody)
	if err != nil {
		f.Status, f.Detail, f.Remedy = Fail, "TWILIO_BASE_URL is no address", "leave it out, or write it as https://api.twilio.com"
		return []Finding{f}
	}
	r.SetBasicAuth(t.AccountSID, t.AuthToken)
	code, err := d.do(r, s.clock)
	if err != nil {
		f.Status, f.Detail, f.Remedy = unreached(err, r.URL.Host)
		return []Finding{f}
	}
	switch {
	case code == http.StatusOK:
		f.Status, f.Detail = OK, "the account is there, and the token is right"
	case code == http.StatusUnauthorized || code == http.StatusForbidden || code == http.StatusNotFound:
		f.Status, f.Detail, f.Remedy = Fail, fmt.Sprintf("Twilio refuses the account or its token (%d)", code), "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in Twilio's console"
	default:
		f.Status, f.Detail, f.Remedy = Unknown, fmt.Sprintf("Twilio answers with %d", code), "try again, and look at status.twilio.com"
	}
	return []Finding{f}
}
