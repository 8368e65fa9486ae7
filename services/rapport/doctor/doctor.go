package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"net/http"
	"slices"
	"sync"
	"time"

	"rapport/pkg/dkim"
)

// Status is how a check came out.
type Status string

// The results there are. Fail is what receivers refuse mail for, or what makes Rapport deaf; Info is worth knowing.
const (
	OK      Status = "ok"
	Info    Status = "info"
	Warn    Status = "warn"
	Fail    Status = "fail"
	Unknown Status = "unknown"
)

// Finding is what one check found of one subject.
type Finding struct {
	Check   string `json:"check"`
	Subject string `json:"subject"` // a domain, a server, an address
	Status  Status `json:"status"`
	Detail  string `json:"detail"`
	Remedy  string `json:"remedy,omitempty"` // what to do; empty when there is nothing to do
}

// The checks there are.
const (
	checkSPF         = "spf"
	checkDKIM        = "dkim"
	checkDMARC       = "dmarc"
	checkAlignment   = "alignment"
	checkBounceMX    = "bounce-mx"
	checkReplyMX     = "reply-mx"
	checkPTR         = "ptr"
	checkTLS         = "smtp-tls"
	checkLogin       = "smtp-login"
	checkPortal      = "portal"
	checkUnsubscribe = "unsubscribe"
	checkTwilio      = "twilio"
	checkClock       = "clock"
	checkBIMI        = "bimi"
	checkMTASTS      = "mta-sts"
	checkTLSRPT      = "tls-rpt"
)

// Checks are the names of all checks, in the order of reports.
func Checks() []string {
	return []string{
		checkSPF, checkDKIM, checkDMARC, checkAlignment, checkBounceMX, checkReplyMX, checkPTR, checkTLS, checkLogin, checkPortal,
		checkUnsubscribe, checkTwilio, checkClock, checkBIMI, checkMTASTS, checkTLSRPT,
	}
}

// Setup is what there is to examine. What is empty is left out.
type Setup struct {
	Senders                   []string // domains of From addresses
	BounceDomain, ReplyDomain string   // as the mailer's identity has them
	Keys                      *dkim.Ring
	Servers                   []Server
	SendingHosts              []string // addresses that mail leaves from directly: IPs
	Portal                    string   // base URL
	Twilio                    Twilio

	clock *clock
}

// Server is a mail server that mail is handed to.
type Server struct {
	Name               string // the provider's, in findings
	Addr               string // host:port
	TLS                string // opportunistic, mandatory, implicit or none; empty: opportunistic
	Username, Password string
	Service            string      // the service behind it, such as ses; empty: not known
	TLSConfig          *tls.Config // nil: the system's roots
}

// Twilio is an account.
type Twilio struct{ AccountSID, AuthToken, BaseURL string }

// Options are what a Doctor works with. All have defaults.
type Options struct {
	DNS    string // host:port of a DNS server (the system's)
	Client *http.Client
	Now    func() time.Time
	// Patience bounds each question to the DNS and to a server (10 s).
	Patience time.Duration
}

// Doctor examines. It may be used by several goroutines.
type Doctor struct {
	dns      *resolver
	client   *http.Client
	now      func() time.Time
	patience time.Duration
}

// New makes a Doctor. It asks nobody anything.
func New(o Options) *Doctor {
	d := &Doctor{client: o.Client, now: o.Now, patience: cmp.Or(o.Patience, 10*time.Second)}
	if d.client == nil {
		d.client = &http.Client{}
	}
	client := *d.client
	client.Timeout = d.patience
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	d.client = &client
	if d.now == nil {
		d.now = time.Now
	}
	d.dns = newResolver(o.DNS, d.patience)
	return d
}

// Examine makes all checks of what is set up.
func (d *Doctor) Examine(ctx context.Context, s Setup) []Finding {
	s.Senders = slices.Sorted(slices.Values(s.Senders))
	s.Senders, s.clock = slices.Compact(s.Senders), &clock{}
	checks := []func(context.Context, Setup) []Finding{
		d.spf, d.dkim, d.dmarc, d.alignment, d.inbound, d.ptr, d.servers, d.web, d.twilio, d.extras,
	}
	found := make([][]Finding, len(checks))
	var wg sync.WaitGroup
	for i, check := range checks {
		wg.Go(func() { found[i] = check(ctx, s) })
	}
	wg.Wait()
	all := append(slices.Concat(found...), s.clock.finding())
	order := Checks()
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Check), slices.Index(order, b.Check)), cmp.Compare(a.Subject, b.Subject))
	})
	return all
}

// Failed reports whether there is anything that receivers refuse mail for.
func Failed(all []Finding) bool {
	return slices.ContainsFunc(all, func(f Finding) bool { return f.Status == Fail })
}
