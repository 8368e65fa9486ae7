package callback

import (
	"crypto/x509"
	"errors"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// good is a request of each provider that is accepted, and who signed it.
func good(name string) (*signer, Request) {
	s := newSigner(name)
	for _, c := range tellings {
		if c.provider == name {
			return s, s.signed(c.body)
		}
	}
	panic("no telling of " + name)
}

// signatureHeaders are the headers that a provider's verification needs.
var signatureHeaders = map[string][]string{
	"sendgrid": {"X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"},
	"resend":   {"Svix-Id", "Svix-Timestamp", "Svix-Signature"},
	"twilio":   {"X-Twilio-Signature", "Content-Type"}, "mandrill": {"X-Mandrill-Signature", "Content-Type"}, "mailersend": {"Signature"},
	"postmark": {"Authorization"}, "brevo": {"Authorization"}, "sparkpost": {"Authorization"}, "mailjet": {"Authorization"},
}

func with(r Request, header, value string) Request {
	r.Header = maps.Clone(r.Header)
	r.Header[header] = []string{value}
	return r
}

func TestForgedHeaders(t *testing.T) {
	t.Parallel()
	refused := 0
	for name, headers := range signatureHeaders {
		s, r := good(name)
		refuse := func(what string, r Request) {
			t.Helper()
			if _, err := s.read(r); !errors.Is(err, ErrForged) {
				t.Errorf("%s: %s: %v, want ErrForged", name, what, err)
			}
			refused++
		}
		for _, header := range headers {
			value := r.Header[header][0]
			missing := r
			missing.Header = maps.Clone(r.Header)
			delete(missing.Header, header)
			refuse("without "+header, missing)
			refuse("empty "+header, with(r, header, ""))
			refuse("truncated "+header, with(r, header, value[:len(value)/2]))
			if header == "Content-Type" {
				continue
			}
			refuse("without the end of "+header, with(r, header, value[:len(value)-4]))
			for i := range value {
				changed := value[:i] + string(value[i]^1) + value[i+1:]
				if strings.EqualFold(changed, value) || strings.HasPrefix(value, "Basic") && i < 5 {
					continue
				}
				refuse("changed "+header+" at "+strconv.Itoa(i), with(r, header, changed))
			}
		}
		wrong := *s
		wrong.secret += "x"
		if name != "sendgrid" {
			refuse("another key", (&wrong).signed(tellingOf(name)))
		}
	}
	t.Logf("%d forged requests refused", refused)
}

func tellingOf(name string) string {
	i := slices.IndexFunc(tellings, func(c told) bool { return c.provider == name })
	return tellings[i].body
}

// TestForgedBodies changes each byte of a body. What is still accepted must mean the same: a blank, or a member that is
// not signed and not read.
func TestForgedBodies(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sendgrid", "resend", "mailersend", "mandrill", "twilio", "ses"} {
		s, r := good(name)
		want, err := s.read(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		same := 0
		for i := range r.Body {
			forged := r
			forged.Body = slices.Clone(r.Body)
			forged.Body[i] ^= 1
			got, err := s.read(forged)
			switch {
			case err == nil && reflect.DeepEqual(got.Events, want.Events) && got.Nonce == want.Nonce && len(got.Unread) == 0:
				same++
			case name == "ses" && errors.Is(err, ErrUnavailable): // The URL of a certificate that Amazon might have.
			case !errors.Is(err, ErrForged):
				t.Errorf("%s: byte %d changed: %+v, %v", name, i, got, err)
			}
		}
		if name != "ses" && same > 0 {
			t.Errorf("%s: %d changed bodies accepted", name, same)
		}
	}
}

// TestOthersSignature hands every provider the requests of all others. Those that sign nothing have passwords of their own.
func TestOthersSignature(t *testing.T) {
	t.Parallel()
	for _, p := range Providers() {
		for _, other := range Providers() {
			if other.Name == p.Name {
				continue
			}
			s, _ := good(p.Name)
			_, r := good(other.Name)
			if _, err := s.read(r); !errors.Is(err, ErrForged) {
				t.Errorf("%s took a request of %s: %v", p.Name, other.Name, err)
			}
		}
	}
}

func TestForgedMailgun(t *testing.T) {
	t.Parallel()
	s := newSigner("mailgun")
	event := mailgunEventOf(`"event":"delivered"`)
	for what, body := range map[string]string{
		"unsigned":            event,
		"signature of wishes": `{"signature":{"timestamp":"` + s.stamp() + `","token":"x","signature":"00"},` + event[1:],
		"no token":            `{"signature":{"timestamp":"` + s.stamp() + `","signature":"00"},` + event[1:],
		"no object":           `[]`, "empty": ``, "a list": `{"signature":[]}`, "no JSON": `{"signature":`,
		"another time": strings.Replace(string(s.mailgunSigned([]byte(event))), `"`+s.stamp(), `"`+strconv.FormatInt(s.now.Unix()+1, 10), 1),
	} {
		if _, err := s.read(s.request([]byte(body))); !errors.Is(err, ErrForged) {
			t.Errorf("%s: %v, want ErrForged", what, err)
		}
	}
	form := s.legacyMailgun(map[string]any{"event": "opened"})
	form.Body = []byte(strings.Replace(string(form.Body), "token=6", "token=7", 1))
	if _, err := s.read(form); !errors.Is(err, ErrForged) {
		t.Errorf("legacy form with another token: %v, want ErrForged", err)
	}
}

func TestReplayed(t *testing.T) {
	t.Parallel()
	for name, tolerance := range map[string]time.Duration{
		"sendgrid": defaultTolerance, "resend": defaultTolerance, "mailgun": defaultTolerance, "ses": sesTolerance,
	} {
		s, r := good(name)
		for late, fits := range map[time.Duration]bool{tolerance: true, -tolerance: true, tolerance + time.Second: false, -tolerance - time.Second: false} {
			s.now = moment.Add(late)
			_, err := s.read(r)
			if fits && err != nil || !fits && (!errors.Is(err, ErrReplayed) || errors.Is(err, ErrForged)) {
				t.Errorf("%s, %s late: %v", name, late, err)
			}
		}
		s.now, s.cfg.Tolerance = moment.Add(2*time.Hour), 3*time.Hour
		if _, err := s.read(r); err != nil {
			t.Errorf("%s with a tolerance of its own: %v", name, err)
		}
	}
}

func TestForgedSNS(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(*signer, string) string{
		"another topic":        func(_ *signer, b string) string { return strings.ReplaceAll(b, topicARN, topicARN+"x") },
		"another certificate":  func(_ *signer, b string) string { return strings.ReplaceAll(b, "sns.eu-west-1", "sns.evil.example/") },
		"plain http":           func(_ *signer, b string) string { return strings.ReplaceAll(b, "https://sns", "http://sns") },
		"another version":      func(_ *signer, b string) string { return strings.ReplaceAll(b, `Version":"2"`, `Version":"1"`) },
		"no version":           func(_ *signer, b string) string { return strings.ReplaceAll(b, `Version":"2"`, `Version":"3"`) },
		"raw message delivery": func(*signer, string) string { return sesBounce("Permanent", "General", "5.1.1") },
		"not the topic's":      func(s *signer, b string) string { s.cfg.Topics = []string{"arn:other"}; return b },
	} {
		s, r := good("ses")
		r.Body = []byte(change(s, string(r.Body)))
		if _, err := s.read(r); !errors.Is(err, ErrForged) {
			t.Errorf("%s: %v, want ErrForged", what, err)
		}
	}
	s, r := good("ses")
	s.cfg.Certificates = certificates{err: errors.New("no way")}
	if _, err := s.read(r); !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrForged) {
		t.Errorf("no certificate: %v, want ErrUnavailable", err)
	}
	s.cfg.Certificates = noCertificate{}
	if _, err := s.read(r); !errors.Is(err, ErrUnavailable) {
		t.Errorf("nil certificate: %v, want ErrUnavailable", err)
	}
	s, _ = good("ses")
	s.now = time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := s.read(s.signed(tellingOf("ses"))); !errors.Is(err, ErrForged) {
		t.Errorf("a certificate that has ended: %v, want ErrForged", err)
	}
}

type noCertificate struct{}

func (noCertificate) Certificate(string) (*x509.Certificate, error) { return nil, nil }

func TestSNSQuestions(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1", "2"} {
		for _, kind := range []string{"SubscriptionConfirmation", "UnsubscribeConfirmation"} {
			s := newSigner("ses")
			s.snsVersion, s.snsType = version, kind
			batch, err := s.read(s.request([]byte("You have chosen to subscribe.")))
			if err != nil || len(batch.Events) != 0 || batch.Confirmation == nil || batch.Confirmation.Type != kind ||
				batch.Confirmation.Topic != topicARN || batch.Confirmation.Token != "t0ken" || !strings.HasPrefix(batch.Confirmation.URL, "https://sns.eu-west-1.") {
				t.Errorf("%s, version %s: %+v, %v", kind, version, batch.Confirmation, err)
			}
		}
		s := newSigner("ses")
		s.snsVersion = version
		if batch, err := s.read(s.request([]byte(tellingOf("ses")))); err != nil || batch.Events[0].Kind != Bounced || batch.Nonce != s.snsID {
			t.Errorf("version %s: %+v, %v", version, batch, err)
		}
		if _, err := s.read(s.request([]byte("Successfully validated SNS topic for Amazon SES event publishing."))); !errors.Is(err, ErrUnsupported) {
			t.Errorf("the greeting of SES: %v, want ErrUnsupported", err)
		}
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	s, r := good("sparkpost")
	delete(r.Header, "Authorization")
	at := func(u string) Request { q := r; q.URL = u; return q }
	s.cfg.Secrets = []string{"old secret", "shop:new"}
	for what, c := range map[string]struct {
		r    Request
		fits bool
	}{
		"basic":            {with(r, "authorization", "basic c2hvcDpuZXc="), true},
		"bearer":           {with(r, "Authorization", "Bearer old secret"), true},
		"own header":       {with(r, "X-MessageSystems-Webhook-Token", "old secret"), true},
		"URL":              {at("https://h.example/?secret=old+secret"), true},
		"other password":   {with(r, "Authorization", "Basic c2hvcDpvbGQ="), false},
		"part":             {with(r, "Authorization", "Bearer old"), false},
		"empty":            {with(r, "Authorization", "Bearer "), false},
		"no scheme":        {with(r, "Authorization", "old secret"), false},
		"broken base64":    {with(r, "Authorization", "Basic c2hvcDpuZXc"), false},
		"other header":     {with(r, "X-Token", "old secret"), false},
		"URL, other name":  {at("https://h.example/?token=old+secret"), false},
		"URL, in fragment": {at("https://h.example/#?secret=old+secret"), false},
		"URL, empty":       {at("https://h.example/?secret="), false},
		"nothing":          {r, false},
	} {
		_, err := s.read(c.r)
		if c.fits && err != nil || !c.fits && !errors.Is(err, ErrForged) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	for _, p := range Providers() {
		s, r := good(p.Name)
		if p.Name == "ses" {
			continue // Amazon's keys change with the certificate.
		}
		s.cfg.Secrets = append([]string{map[string]string{
			"resend": "whsec_b2xk", "sendgrid": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==",
		}[p.Name]}, s.cfg.Secrets...)
		if s.cfg.Secrets[0] == "" {
			s.cfg.Secrets[0] = "old"
		}
		if _, err := s.read(r); err != nil {
			t.Errorf("%s with an old key before the new: %v", p.Name, err)
		}
		s.cfg.Secrets = s.cfg.Secrets[:1]
		if _, err := s.read(r); !errors.Is(err, ErrForged) {
			t.Errorf("%s with the old key alone: %v, want ErrForged", p.Name, err)
		}
	}
}

func TestTwilioGet(t *testing.T) {
	t.Parallel()
	s := newSigner("twilio")
	target := hookURL + "&MessageSid=SM1&MessageStatus=delivered&message=m-1"
	r := s.formRequest("X-Twilio-Signature", url.Values{})
	r.Method, r.URL, r.Body = "GET", target, nil
	r.Header["X-Twilio-Signature"] = []string{s.twilioSigned(target)}
	batch, err := s.read(r)
	if err != nil || batch.Events[0].Kind != Delivered || batch.Events[0].MessageID != "m-1" {
		t.Errorf("%+v, %v", batch, err)
	}
	r.URL += "2"
	if _, err := s.read(r); !errors.Is(err, ErrForged) {
		t.Errorf("another id: %v, want ErrForged", err)
	}
}
