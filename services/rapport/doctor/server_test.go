package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// certificate is of 127.0.0.1, signed by itself, until a time; the pool trusts it.
func certificate(t *testing.T, until time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: until, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// session takes one password and no mail.
type session struct{ t *testing.T }

func (s session) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user == "shop" && password == "right" {
			return nil
		}
		return smtp.ErrAuthFailed
	}), nil
}
func (s session) Reset()        {}
func (s session) Logout() error { return nil }
func (s session) Mail(string, *smtp.MailOptions) error {
	s.t.Error("the doctor sent MAIL")
	return errors.New("no")
}
func (s session) Rcpt(string, *smtp.RcptOptions) error { return errors.New("no") }
func (s session) Data(io.Reader) error                 { return errors.New("no") }

// serveMail runs a mail server; config nil: without STARTTLS.
func serveMail(t *testing.T, config *tls.Config, implicit bool) string {
	t.Helper()
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return session{t}, nil }))
	s.TLSConfig = config
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if implicit {
		l = tls.NewListener(l, config)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l) // Closing ends it.
	}()
	t.Cleanup(func() {
		_ = s.Close()
		<-done
	})
	return l.Addr().String()
}

func TestServers(t *testing.T) {
	t.Parallel()
	good, trusted := certificate(t, time.Now().AddDate(0, 6, 0))
	ending, endingTrusted := certificate(t, time.Now().AddDate(0, 0, 3))
	over, overTrusted := certificate(t, time.Now().Add(-time.Minute))
	server := func(c tls.Certificate) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS12}
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	for name, tc := range map[string]struct {
		addr, policy, password string
		pool                   *x509.CertPool
		tls, login             string // "status words"
	}{
		"all well":       {serveMail(t, server(good), false), "mandatory", "right", trusted, "ok TLS 1.3", "ok works"},
		"opportunistic":  {serveMail(t, server(good), false), "", "right", trusted, "ok TLS 1.3", "ok works"},
		"implicit":       {serveMail(t, server(good), true), "implicit", "right", trusted, "ok TLS 1.3", "ok works"},
		"wrong password": {serveMail(t, server(good), false), "mandatory", "wr0ng-s3cret", trusted, "ok TLS 1.3", "fail refused (535)"},
		"ends soon":      {serveMail(t, server(ending), false), "mandatory", "", endingTrusted, "warn renewed", ""},
		"ended":          {serveMail(t, server(over), false), "mandatory", "right", overTrusted, "fail certificate is not valid", "fail certificate is not valid"},
		"not trusted":    {serveMail(t, server(good), false), "mandatory", "", x509.NewCertPool(), "fail certificate is not valid", ""},
		"no STARTTLS":    {serveMail(t, nil, false), "mandatory", "right", trusted, "fail no mail passes", "fail no login that is safe"},
		"in clear":       {serveMail(t, nil, false), "", "right", trusted, "fail unencrypted", "fail no login that is safe"},
		"on purpose":     {serveMail(t, nil, false), "none", "", trusted, "warn unencrypted", ""},
		"refused":        {nobody, "", "", trusted, "fail refuses connections", ""},
		"mute":           {mute.Addr().String(), "", "right", trusted, "unknown not reached", "unknown not reached"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			patience := 5 * time.Second
			if name == "mute" {
				patience = 100 * time.Millisecond
			}
			d := New(Options{DNS: "127.0.0.1:1", Patience: patience})
			one := Server{Name: "main", Addr: tc.addr, TLS: tc.policy, TLSConfig: &tls.Config{RootCAs: tc.pool, MinVersion: tls.VersionTLS12}}
			if tc.password != "" {
				one.Username, one.Password = "shop", tc.password
			}
			got := map[string]Finding{}
			for _, f := range d.servers(t.Context(), Setup{Servers: []Server{one}}) {
				got[f.Check] = f
				if tc.password != "" && tc.password != "right" && strings.Contains(f.Detail+f.Remedy, tc.password) {
					t.Errorf("%s tells the password: %+v", f.Check, f)
				}
			}
			for check, want := range map[string]string{checkTLS: tc.tls, checkLogin: tc.login} {
				status, words, _ := strings.Cut(want, " ")
				f, made := got[check]
				if made != (want != "") || string(f.Status) != status || !strings.Contains(f.Detail+f.Remedy, words) {
					t.Errorf("%s is %+v, want %q", check, f, want)
				}
			}
		})
	}
}

// TestPortal looks at portals that do what they should, and at others.
func TestPortal(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer      func(http.ResponseWriter, *http.Request)
		ahead       time.Duration // of this machine's clock
		page, click string
		clock       string
	}{
		"good":    {answer: post(http.StatusGone), page: "ok reached", click: "ok refuses", clock: "ok off the clock"},
		"late":    {answer: post(http.StatusGone), ahead: time.Minute, page: "ok reached", click: "ok refuses", clock: "warn NTP"},
		"too far": {answer: post(http.StatusGone), ahead: -time.Hour, page: "ok reached", click: "ok refuses", clock: "fail 1h0m"},
		"led elsewhere": {answer: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/", http.StatusMovedPermanently)
		}, page: "ok reached", click: "fail led elsewhere", clock: "ok off"},
		"no POST":          {answer: post(http.StatusMethodNotAllowed), page: "ok reached", click: "fail 405", clock: "ok off"},
		"takes everything": {answer: post(http.StatusOK), page: "ok reached", click: "fail nobody sealed", clock: "ok off"},
		"broken":           {answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, page: "fail 502", click: "fail has to be reached", clock: "ok off"},
		"stranger":         {answer: nil, page: "fail certificate is not valid", click: "fail has to be reached", clock: "unknown no server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := tc.answer
			if answer == nil {
				answer = post(http.StatusGone)
			}
			s := httptest.NewTLSServer(http.HandlerFunc(answer))
			t.Cleanup(s.Close)
			client := s.Client()
			if tc.answer == nil {
				client = &http.Client{Transport: &http.Transport{}}
			}
			t.Cleanup(client.CloseIdleConnections)
			d := New(Options{DNS: "127.0.0.1:1", Client: client, Now: func() time.Time { return time.Now().Add(tc.ahead) }})
			setup := Setup{Portal: s.URL}
			all := d.Examine(t.Context(), setup)
			for check, want := range map[string]string{checkPortal: tc.page, checkUnsubscribe: tc.click, checkClock: tc.clock} {
				status, words, _ := strings.Cut(want, " ")
				for _, f := range all {
					if f.Check == check && (string(f.Status) != status || !strings.Contains(f.Detail+" "+f.Remedy, words)) {
						t.Errorf("%s is %+v, want %q", check, f, want)
					}
				}
			}
		})
	}
}

// post answers a POST of a mail program with a status, and everything else well.
func post(status int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if r.Method == http.MethodPost && err == nil && string(body) == "List-Unsubscribe=One-Click" {
			w.WriteHeader(status)
		}
	}
}

func TestTwilio(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		switch {
		case r.URL.Path != "/2010-04-01/Accounts/"+user+".json" || user != "AC1":
			w.WriteHeader(http.StatusNotFound)
		case password == "busy":
			w.WriteHeader(http.StatusServiceUnavailable)
		case password != "right":
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(s.Close)
	d := New(Options{DNS: "127.0.0.1:1", Client: s.Client()})
	for password, want := range map[string]Status{"right": OK, "wrong": Fail, "busy": Unknown} {
		all := d.twilio(t.Context(), Setup{Twilio: Twilio{"AC1", password, s.URL}, clock: &clock{}})
		if len(all) != 1 || all[0].Status != want {
			t.Errorf("%s: %+v, want %s", password, all, want)
		}
	}
	if all := d.twilio(t.Context(), Setup{}); len(all) != 0 {
		t.Errorf("without an account: %+v", all)
	}
}
