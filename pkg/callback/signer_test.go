package callback

import (
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
	"errors"
	"fmt"
	"hash"
	"maps"
	"math/big"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// moment is when the tests' callbacks come in.
var moment = time.Date(2026, 5, 4, 10, 30, 0, 0, time.UTC)

const (
	topicARN = "arn:aws:sns:eu-west-1:123456789012:rapport"
	certURL  = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem"
	hookURL  = "https://hooks.shop.example/callbacks?source=a"
)

// keys are made once: making an RSA key takes longer than everything else here.
var keys = sync.OnceValue(func() (k struct {
	ec   *ecdsa.PrivateKey
	rsa  *rsa.PrivateKey
	cert *x509.Certificate
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
		NotBefore: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.rsa.PublicKey, k.rsa)
	if err != nil {
		panic(err)
	}
	if k.cert, err = x509.ParseCertificate(der); err != nil {
		panic(err)
	}
	return k
})

// certificates stands for who fetches them.
type certificates struct{ err error }

func (c certificates) Certificate(u string) (*x509.Certificate, error) {
	if c.err != nil {
		return nil, c.err
	}
	if u != certURL {
		return nil, errors.New("there is no such certificate")
	}
	return keys().cert, nil
}

// signer signs requests as a provider does.
type signer struct {
	name                   string
	cfg                    Config
	now                    time.Time
	snsTime, snsID, svixID string
	snsVersion, snsType    string
	secret                 string // raw, for HMACs
}

func newSigner(name string) *signer {
	s := &signer{
		name: name, now: moment, secret: "k3y-of-" + name, snsID: "sns-1", svixID: "msg_1", snsVersion: "2", snsType: "Notification",
	}
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
		s.cfg = Config{Topics: []string{topicARN}, Certificates: certificates{}}
	case "postmark", "brevo", "sparkpost", "mailjet":
		s.cfg.Secrets = []string{"shop:" + s.secret}
	}
	return s
}

// read opens a reader and reads a request.
func (s *signer) read(r Request) (Batch, error) {
	p, ok := ByName(s.name)
	if !ok {
		return Batch{}, fmt.Errorf("there is no provider %q", s.name)
	}
	reader, err := p.Open(s.cfg)
	if err != nil {
		return Batch{}, err
	}
	return reader.Read(r, s.now)
}

func (s *signer) mac(h func() hash.Hash, parts ...string) []byte {
	mac := hmac.New(h, []byte(s.secret))
	for _, p := range parts {
		_, _ = mac.Write([]byte(p))
	}
	return mac.Sum(nil)
}

func (s *signer) stamp() string { return strconv.FormatInt(s.now.Unix(), 10) }

// request signs a body. For Amazon SES it is put into an SNS message, for Mandrill and Twilio into a form.
func (s *signer) request(body []byte) Request {
	r := Request{Method: "POST", URL: hookURL, Body: body, Header: map[string][]string{"Content-Type": {"application/json; charset=utf-8"}}}
	set := func(name string, value string) { r.Header[name] = []string{value} }
	b64 := base64.StdEncoding.EncodeToString
	switch s.name {
	case "sendgrid":
		digest := sha256.Sum256(append([]byte(s.stamp()), body...))
		sig, err := ecdsa.SignASN1(rand.Reader, keys().ec, digest[:])
		if err != nil {
			panic(err)
		}
		set("X-Twilio-Email-Event-Webhook-Timestamp", s.stamp())
		set("X-Twilio-Email-Event-Webhook-Signature", b64(sig))
	case "resend":
		set("Svix-Id", s.svixID)
		set("Svix-Timestamp", s.stamp())
		set("Svix-Signature", "v1,"+b64(s.mac(sha256.New, s.svixID+"."+s.stamp()+".", string(body))))
	case "mailersend":
		set("Signature", hex.EncodeToString(s.mac(sha256.New, string(body))))
	case "mandrill":
		return s.formRequest("X-Mandrill-Signature", url.Values{"mandrill_events": {string(body)}})
	case "ses":
		r.Body = s.sns(body)
	case "twilio":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			panic(err)
		}
		return s.formRequest("X-Twilio-Signature", form)
	case "postmark", "brevo", "sparkpost", "mailjet":
		set("Authorization", "Basic "+b64([]byte("shop:"+s.secret)))
	}
	return r
}

// formRequest signs a form with the URL, as Twilio and Mandrill do.
func (s *signer) formRequest(header string, form url.Values) Request {
	text := hookURL
	for _, name := range slices.Sorted(maps.Keys(form)) {
		text += name + form.Get(name)
	}
	return Request{
		Method: "POST", URL: hookURL, Body: []byte(form.Encode()),
		Header: map[string][]string{
			"Content-Type": {"application/x-www-form-urlencoded"},
			header:         {base64.StdEncoding.EncodeToString(s.mac(sha1.New, text))},
		},
	}
}

// sns puts a text into a signed message of Amazon SNS.
func (s *signer) sns(body []byte) []byte {
	at := s.snsTime
	if at == "" {
		at = s.now.Format("2006-01-02T15:04:05.000Z")
	} else {
		s.now, _ = time.Parse(time.RFC3339, at)
	}
	m := map[string]string{
		"Type": s.snsType, "MessageId": s.snsID, "TopicArn": topicARN, "Message": string(body), "Timestamp": at,
		"SignatureVersion": s.snsVersion, "SigningCertURL": certURL,
	}
	order := []string{"Message", "MessageId", "Timestamp", "TopicArn", "Type"}
	if s.snsType != "Notification" {
		m["Token"], m["SubscribeURL"] = "t0ken", "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t0ken"
		order = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	}
	text := ""
	for _, name := range order {
		text += name + "\n" + m[name] + "\n"
	}
	m["Signature"] = s.snsSignature(text)
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return raw
}

func (s *signer) mailgunMembers(at string) map[string]string {
	const token = "651869375b9df3c98fc15c4889b102119add1235c38fc92824"
	return map[string]string{"timestamp": at, "token": token, "signature": hex.EncodeToString(s.mac(sha256.New, at, token))}
}

// mailgunSigned puts Mailgun's signature into a body, with the time that it has in there.
func (s *signer) mailgunSigned(body []byte) []byte {
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		panic(err)
	}
	m["signature"] = s.mailgunMembers(s.stamp())
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return raw
}

// legacyMailgun makes a form of Mailgun's legacy webhooks. A token and a time that are given are kept.
func (s *signer) legacyMailgun(members map[string]any) Request {
	form := url.Values{}
	for name, value := range members {
		if list, ok := value.([]any); ok {
			for _, one := range list {
				form.Add(name, fmt.Sprint(one))
			}
			continue
		}
		form.Set(name, fmt.Sprint(value))
	}
	for name, value := range s.mailgunMembers(s.stamp()) {
		if !form.Has(name) {
			form.Set(name, value)
		}
	}
	if n, err := strconv.ParseInt(form.Get("timestamp"), 10, 64); err == nil {
		s.now = time.Unix(n, 0)
	}
	form.Set("signature", hex.EncodeToString(s.mac(sha256.New, form.Get("timestamp"), form.Get("token"))))
	return Request{
		Method: "POST", URL: hookURL, Body: []byte(form.Encode()),
		Header: map[string][]string{"Content-Type": {"application/x-www-form-urlencoded"}},
	}
}
