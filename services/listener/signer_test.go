package listener_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"hash"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"rapport/pkg/callback"
)

const (
	topicARN   = "arn:aws:sns:eu-west-1:123456789012:rapport"
	amazonHost = "https://sns.eu-west-1.amazonaws.com"
	certURL    = amazonHost + "/SimpleNotificationService-0.pem"
	confirmURL = amazonHost + "/?Action=ConfirmSubscription&Token=t0ken"
	form       = "application/x-www-form-urlencoded"
)

// keys are made once: making an RSA key takes longer than everything else here.
var keys = sync.OnceValue(func() (k struct {
	ec   *ecdsa.PrivateKey
	rsa  *rsa.PrivateKey
	cert []byte // PEM
},
) {
	var err error
	if k.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		panic(err)
	}
	if k.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sns.amazonaws.com"},
		NotBefore: moment.AddDate(-1, 0, 0), NotAfter: moment.AddDate(1, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.rsa.PublicKey, k.rsa)
	if err != nil {
		panic(err)
	}
	k.cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return k
})

// fakeAmazon answers for Amazon SNS, and notes what was asked for.
type fakeAmazon struct {
	mu     sync.Mutex
	asked  []string
	answer func(*http.Request) (*http.Response, error)
}

func (f *fakeAmazon) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	f.asked = append(f.asked, r.URL.String())
	f.mu.Unlock()
	if f.answer != nil {
		return f.answer(r)
	}
	switch r.URL.String() {
	case certURL:
		return respond(http.StatusOK, keys().cert), nil
	case confirmURL:
		return respond(http.StatusOK, []byte("<ConfirmSubscriptionResponse/>")), nil
	}
	return nil, errors.New("there is no such address")
}

func (f *fakeAmazon) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

func respond(status int, body []byte) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(body)))}
}

// call is a request to the listener.
type call struct {
	method string
	target string // path and query
	header map[string]string
	body   []byte
}

// signer signs requests as a provider does.
type signer struct {
	name, secret          string
	cfg                   callback.Config
	at                    time.Time
	query                 string // of the URL, with "?"
	token, snsID, snsType string
	svixID                string
}

func newSigner(name string) *signer {
	s := &signer{name: name, secret: "k3y-of-" + name, at: moment, token: "token-1", snsID: "sns-1", snsType: "Notification", svixID: "msg_1"}
	s.cfg.Secrets = []string{s.secret}
	switch name {
	case "sendgrid":
		der, err := x509.MarshalPKIXPublicKey(&keys().ec.PublicKey)
		if err != nil {
			panic(err)
		}
		s.cfg.Secrets = []string{base64.StdEncoding.EncodeToString(der)}
	case "resend":
		s.cfg.Secrets = []string{"whsec_" + base64.StdEncoding.EncodeToString([]byte(s.secret))}
	case "ses":
		s.cfg = callback.Config{Topics: []string{topicARN}}
	case "postmark", "brevo", "sparkpost", "mailjet":
		s.cfg.Secrets = []string{"shop:" + s.secret}
	}
	return s
}

func (s *signer) mac(h func() hash.Hash, parts ...string) []byte {
	mac := hmac.New(h, []byte(s.secret))
	for _, p := range parts {
		_, _ = mac.Write([]byte(p))
	}
	return mac.Sum(nil)
}

func (s *signer) stamp() string { return strconv.FormatInt(s.at.Unix(), 10) }

// sign makes a request of a body: JSON, which is put into what the provider wraps around it, or a form for Twilio.
func (s *signer) sign(body string) call {
	b64 := base64.StdEncoding.EncodeToString
	c := call{
		method: http.MethodPost, target: "/callbacks/" + s.name + s.query, body: []byte(body),
		header: map[string]string{"Content-Type": "application/json"},
	}
	switch s.name {
	case "sendgrid":
		digest := sha256.Sum256([]byte(s.stamp() + body))
		sig, err := ecdsa.SignASN1(rand.Reader, keys().ec, digest[:])
		if err != nil {
			panic(err)
		}
		c.header["X-Twilio-Email-Event-Webhook-Timestamp"], c.header["X-Twilio-Email-Event-Webhook-Signature"] = s.stamp(), b64(sig)
	case "resend":
		c.header["Svix-Id"], c.header["Svix-Timestamp"] = s.svixID, s.stamp()
		c.header["Svix-Signature"] = "v1," + b64(s.mac(sha256.New, s.svixID+"."+s.stamp()+".", body))
	case "mailersend":
		c.header["Signature"] = hex.EncodeToString(s.mac(sha256.New, body))
	case "mandrill":
		return s.form(c, "X-Mandrill-Signature", url.Values{"mandrill_events": {body}})
	case "twilio":
		values, err := url.ParseQuery(body)
		if err != nil {
			panic(err)
		}
		return s.form(c, "X-Twilio-Signature", values)
	case "ses":
		c.body = s.sns(body)
	case "mailgun":
		c.body = s.mailgun(body)
	case "postmark", "brevo", "sparkpost", "mailjet":
		c.header["Authorization"] = "Basic " + b64([]byte("shop:"+s.secret))
	}
	return c
}

// form signs a form with the public URL, as Twilio and Mandrill do.
func (s *signer) form(c call, header string, values url.Values) call {
	text := publicURL + c.target
	for _, name := range slices.Sorted(maps.Keys(values)) {
		text += name + values.Get(name)
	}
	c.body = []byte(values.Encode())
	c.header = map[string]string{"Content-Type": form, header: base64.StdEncoding.EncodeToString(s.mac(sha1.New, text))}
	return c
}

func (s *signer) mailgun(body string) []byte {
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		panic(err)
	}
	m["signature"] = s.mailgunMembers()
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return raw
}

func (s *signer) mailgunMembers() map[string]string {
	return map[string]string{
		"timestamp": s.stamp(), "token": s.token, "signature": hex.EncodeToString(s.mac(sha256.New, s.stamp(), s.token)),
	}
}

// sns puts a text into a signed message of Amazon SNS.
func (s *signer) sns(body string) []byte {
	m := map[string]string{
		"Type": s.snsType, "MessageId": s.snsID, "TopicArn": topicARN, "Message": body, "Timestamp": s.at.Format("2006-01-02T15:04:05.000Z"),
		"SignatureVersion": "2", "SigningCertURL": certURL,
	}
	order := []string{"Message", "MessageId", "Timestamp", "TopicArn", "Type"}
	if s.snsType != "Notification" {
		m["Token"], m["SubscribeURL"] = "t0ken", confirmURL
		order = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	}
	text := ""
	for _, name := range order {
		text += name + "\n" + m[name] + "\n"
	}
	digest := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, keys().rsa, crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	m["Signature"] = base64.StdEncoding.EncodeToString(sig)
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return raw
}
