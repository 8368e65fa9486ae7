package mailer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"rapport/pkg/bus"
	"rapport/pkg/delivery"
	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/routing"
)

// certificate is one for 127.0.0.1 that a client trusts, unless change spoils it, and the
// client's configuration.
func certificate(t testing.TB, change func(*x509.Certificate)) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if change != nil {
		change(c)
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	server = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	return server, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// rude is a server that answers as it likes: line by line from its script, and breaks the
// connection when that is over. It counts connections.
func rude(t testing.TB, script func(line string) (answer string, goOn bool)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			speak(c, script)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-served })
	return l.Addr().String()
}

func speak(c net.Conn, script func(string) (string, bool)) {
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(patience))
	text := textproto.NewConn(c)
	line := "" // What comes before anything was said.
	for {
		answer, goOn := script(line)
		if answer != "" && text.PrintfLine("%s", answer) != nil {
			return
		}
		if !goOn {
			return
		}
		var err error
		if strings.HasPrefix(answer, "354") {
			_, err = text.ReadDotBytes()
			line = "."
		} else {
			line, err = text.ReadLine()
		}
		if err != nil {
			return
		}
	}
}

// polite is how a script answers what it has nothing else to say to.
func polite(line string) (string, bool) {
	switch {
	case line == "":
		return "220 mx.test ready", true
	case strings.HasPrefix(line, "EHLO"):
		return "250-mx.test\r\n250-PIPELINING\r\n250 8BITMIME", true
	case line == "DATA":
		return "354 go on", true
	}
	return "250 2.0.0 ok", true
}

func says(to, answer string) func(string) (string, bool) {
	return func(line string) (string, bool) {
		if strings.HasPrefix(line, to) && (to != "" || line == "") {
			return answer, answer != ""
		}
		return polite(line)
	}
}

// fleetOf makes the mailer of a shop whose providers are servers; the shop's own is the last.
func fleetOf(t testing.TB, s *shop, client *tls.Config, change func(*Options), providers ...routing.Provider) *Mailer {
	t.Helper()
	return s.mailer(t, func(o *Options) {
		o.SMTP = SMTP{Timeout: patience, AnswerTimeout: patience, TLSConfig: client}
		o.Routing = &routing.Config{Providers: append(providers, routing.Provider{Name: "spare", Addr: s.mail.addr, TLS: string(NoTLS)})}
		if change != nil {
			change(o)
		}
	})
}

// ends waits until each of n messages has its receipt, and returns them with the bounces that
// were told beside them.
func (s *shop) ends(t testing.TB, n int) (receipts map[string]message.Receipt, bounces map[string]string) {
	t.Helper()
	r, err := bus.Read(within(t), s.js, bus.StreamEvents, []string{"evp.>", "events.>"}, 0, bus.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	receipts, bounces = map[string]message.Receipt{}, map[string]string{}
	for len(receipts) < n {
		batch, err := r.Next(within(t))
		if err != nil {
			t.Fatalf("%d of %d receipts: %v", len(receipts), n, err)
		}
		for _, d := range batch {
			ev, err := event.Decode(d.Data)
			if err != nil {
				t.Fatal(err)
			}
			got, err := message.DecodeReceipt(ev.Data)
			if err != nil {
				t.Fatal(err)
			}
			if ev.Type == event.EmailBounced {
				bounces[got.MessageID] = got.Kind + " " + got.Code
				continue
			}
			if _, twice := receipts[got.MessageID]; twice {
				t.Errorf("message %s has two receipts", got.MessageID)
			}
			receipts[got.MessageID] = *got
		}
	}
	return receipts, bounces
}

// TestMisbehaviour is what a first provider may do to a message, and what becomes of it when
// there is a second.
func TestMisbehaviour(t *testing.T) {
	t.Parallel()
	expired, trusting := certificate(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	elsewhere, trustingElsewhere := certificate(t, func(c *x509.Certificate) { c.IPAddresses = nil; c.DNSNames = []string{"other.test"} })
	secured := func(c *tls.Config) func(testing.TB) string {
		return func(t testing.TB) string { return startServer(t, func(s *mailServer) { s.TLSConfig = c }).addr }
	}
	genuine := func(prepare func(*mailServer)) func(testing.TB) string {
		return func(t testing.TB) string { return startServer(t, prepare).addr }
	}
	script := func(of func(string) (string, bool)) func(testing.TB) string {
		return func(t testing.TB) string { return rude(t, of) }
	}
	answers := func(code int, enhanced smtp.EnhancedCode, words string) func(testing.TB) string {
		return genuine(func(s *mailServer) {
			s.onRcpt = func(*smtp.Conn, string) error { return reply(code, enhanced, words) }
		})
	}
	const spare, first = "spare", "first"
	for name, tc := range map[string]struct {
		first   func(testing.TB) string
		tls     TLS
		client  *tls.Config
		outcome message.Outcome
		by      string
		bounce  string
	}{
		"works":                     {first: genuine(nil), outcome: message.Sent, by: first},
		"slow":                      {first: genuine(data(func(*smtp.Conn, int) error { <-time.After(200 * time.Millisecond); return nil })), outcome: message.Sent, by: first},
		"nobody listens":            {first: func(testing.TB) string { return "127.0.0.1:1" }, outcome: message.Sent, by: spare},
		"says nothing and leaves":   {first: script(says("", "")), outcome: message.Sent, by: spare},
		"greets with nonsense":      {first: script(says("", "HTTP/1.1 400 Bad Request")), outcome: message.Sent, by: spare},
		"greets with 554":           {first: script(says("", "554 5.7.1 no")), outcome: message.Sent, by: spare},
		"421 at MAIL":               {first: script(says("MAIL", "421 4.3.2 closing")), outcome: message.Sent, by: spare},
		"nonsense at MAIL":          {first: script(says("MAIL", "yes please")), outcome: message.Sent, by: spare},
		"wants a password":          {first: script(says("MAIL", "530 5.7.0 authentication required")), outcome: message.Sent, by: spare},
		"leaves at MAIL":            {first: script(says("MAIL", "")), outcome: message.Sent, by: spare},
		"leaves after the dot":      {first: script(says(".", "")), outcome: message.Uncertain, by: first},
		"nonsense after the dot":    {first: script(says(".", "ok then")), outcome: message.Uncertain, by: first},
		"refuses the sender":        {first: answers(550, smtp.EnhancedCode{5, 7, 26}, "unauthenticated"), outcome: message.Sent, by: spare},
		"no such mailbox":           {first: answers(550, smtp.EnhancedCode{5, 1, 1}, "no such user"), outcome: message.Failed, by: first, bounce: "hard 5.1.1"},
		"no such domain":            {first: answers(550, smtp.EnhancedCode{5, 1, 2}, "no such domain"), outcome: message.Failed, by: first, bounce: "hard 5.1.2"},
		"closed mailbox":            {first: answers(550, smtp.EnhancedCode{5, 2, 1}, "disabled"), outcome: message.Failed, by: first, bounce: "hard 5.2.1"},
		"too big":                   {first: answers(552, smtp.EnhancedCode{5, 3, 4}, "too big"), outcome: message.Failed, by: first, bounce: "message 5.3.4"},
		"refuses without a reason":  {first: answers(550, smtp.NoEnhancedCode, "no"), outcome: message.Failed, by: first, bounce: "other 550"},
		"expired certificate":       {first: secured(expired), tls: Mandatory, client: trusting, outcome: message.Sent, by: spare},
		"certificate of another":    {first: secured(elsewhere), tls: Mandatory, client: trustingElsewhere, outcome: message.Sent, by: spare},
		"STARTTLS taken out":        {first: genuine(nil), tls: Mandatory, client: trusting, outcome: message.Sent, by: spare},
		"STARTTLS offered, refused": {first: script(says("STARTTLS", "454 4.7.0 not now")), tls: Mandatory, client: trusting, outcome: message.Sent, by: spare},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, nil)
			policy := tc.tls
			if policy == "" {
				policy = NoTLS
			}
			run(t, fleetOf(t, s, tc.client, nil, routing.Provider{Name: first, Addr: tc.first(t), TLS: string(policy)}))
			s.send(t, "", command("m1", message.Marketing))
			receipts, bounces := s.ends(t, 1)
			if r := receipts["m1"]; r.Outcome != tc.outcome || r.Provider != tc.by || bounces["m1"] != tc.bounce {
				t.Errorf("receipt %+v, bounce %q", r, bounces["m1"])
			}
			if got := len(s.mail.mails()); got != 0 != (tc.by == spare) {
				t.Errorf("the spare one has %d mails", got)
			}
		})
	}
}

// TestPutOff: what a mailbox provider puts off waits off the lanes and unclaimed; those for
// others go on. Nothing of it is lost when the process stops.
func TestPutOff(t *testing.T) {
	t.Parallel()
	const n = 70 // More than there are lanes.
	asked := make(chan struct{}, 10*n)
	s := newShop(t, func(s *mailServer) {
		s.onRcpt = func(_ *smtp.Conn, to string) error {
			if strings.HasSuffix(to, "@full.test") {
				asked <- struct{}{}
				return reply(452, smtp.EnhancedCode{4, 2, 2}, "over quota")
			}
			return nil
		}
	})
	stop := run(t, s.mailer(t, nil))
	full, well := many(n, message.Marketing), many(n, message.Marketing)
	for i := range full {
		full[i].ID, full[i].To = "full-"+full[i].ID, "x@full.test"
	}
	s.send(t, "", full...)
	for range n {
		<-asked
	}
	s.send(t, "", well...)
	receipts, _ := s.ends(t, n)
	for id, r := range receipts {
		if r.Outcome != message.Sent || strings.HasPrefix(id, "full-") {
			t.Errorf("message %s: %+v", id, r)
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	s.mail.onRcpt = nil
	run(t, s.mailer(t, nil))
	receipts, _ = s.ends(t, 2*n)
	for id, r := range receipts {
		if r.Outcome != message.Sent || r.Resent {
			t.Errorf("message %s: %+v", id, r)
		}
	}
	for id, times := range s.times() {
		if times != 1 {
			t.Errorf("message %s came %d times", id, times)
		}
	}
}

// TestNarrow: messages to a domain that has room for one at a time hold up nobody else, however
// many they are.
func TestNarrow(t *testing.T) {
	t.Parallel()
	const n = 70 // More than there are lanes.
	inHand, release := make(chan struct{}, n), make(chan struct{})
	s := newShop(t, func(s *mailServer) {
		s.onRcpt = func(_ *smtp.Conn, to string) error {
			if strings.HasSuffix(to, "@gmail.com") {
				inHand <- struct{}{}
				<-release
			}
			return nil
		}
	})
	run(t, s.mailer(t, func(o *Options) {
		o.Routing = &routing.Config{Domains: []routing.Domain{{Name: "gmail", Connections: 1}}}
	}))
	narrow := many(n, message.Marketing)
	for i := range narrow {
		narrow[i].ID, narrow[i].To = "narrow-"+narrow[i].ID, "x@gmail.com"
	}
	s.send(t, "", narrow...)
	<-inHand
	s.send(t, "", many(n, message.Marketing)...)
	s.ends(t, n*3/4) // The one in hand has a lane, and those of its lane behind it.
	if len(inHand) != 0 {
		t.Errorf("%d more were in hand at a time", len(inHand))
	}
	close(release)
	receipts, _ := s.ends(t, 2*n)
	for id, r := range receipts {
		if r.Outcome != message.Sent || r.Provider != usual {
			t.Errorf("message %s: %+v", id, r)
		}
	}
}

// TestSecrets: what a provider's secrets are is known from the environment only, and a missing
// one is named, never shown.
func TestSecrets(t *testing.T) {
	t.Parallel()
	o := Options{
		Routing: &routing.Config{Providers: []routing.Provider{{Name: "main", Addr: "mx.test:587", Username: "${USER_NAME}", Password: "${PASS}"}}},
		Secret: func(name string) (string, bool) {
			return map[string]string{"USER_NAME": "rapport", "PASS": ""}[name], true
		},
	}
	if _, err := newFleet(&o); err == nil || !strings.Contains(err.Error(), "PASS") || !strings.Contains(err.Error(), "main") {
		t.Errorf("error %v, want one that names the provider and the secret", err)
	}
	o.Secret = func(name string) (string, bool) { return "of-" + name, true }
	f, err := newFleet(&o)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.pools["main"].server; got.Username != "of-USER_NAME" || got.Password != "of-PASS" || got.TLS != Opportunistic || got.Connections != 8 {
		t.Errorf("%s %s %s %d", got.Username, got.Password, got.TLS, got.Connections)
	}
}

// TestServicesHaveHeaders: each service that delivery.yaml can name has headers.
func TestServicesHaveHeaders(t *testing.T) {
	t.Parallel()
	if got, want := strings.Join(Providers(), " "), strings.Join(routing.Services(), " "); got != want {
		t.Errorf("headers are known of %s, and delivery.yaml may say %s", got, want)
	}
}

var _ delivery.Routed = (*Mailer)(nil)
