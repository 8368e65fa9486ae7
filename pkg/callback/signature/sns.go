package signature

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// SNS is an Amazon SNS message, as it is posted to HTTPS subscribers, in the parts that are signed
// (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html).
type SNS struct {
	Type             string
	MessageID        string `json:"MessageId"`
	TopicARN         string `json:"TopicArn"`
	Subject          *string
	Message          string
	Timestamp        string
	SubscribeURL     string
	Token            string
	SignatureVersion string // 1 is SHA-1, 2 is SHA-256
	Signature        string
	SigningCertURL   string
}

// snsHost is where Amazon keeps its certificates and answers confirmations: no bucket and no host of a customer fits.
var snsHost = regexp.MustCompile(`^sns\.[a-z]{2}(-[a-z]+)+-[0-9]{1,2}\.amazonaws\.com(\.cn)?$`)

// AmazonURL accepts an address that only Amazon SNS can answer: https, a host sns.<region>.amazonaws.com (in China with
// .cn behind it), no port, no credentials. Everything else, fetched, would let a stranger choose whom this machine calls
// and whose certificate it trusts.
func AmazonURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Opaque != "" || !snsHost.MatchString(u.Host) {
		return fmt.Errorf("%w: the address %q is not https://sns.<region>.amazonaws.com/…: nothing may be fetched from there", ErrWrong, clip(raw))
	}
	return nil
}

// CertificateURL is AmazonURL for certificates, which end in .pem and have no query.
func CertificateURL(raw string) error {
	if err := AmazonURL(raw); err != nil {
		return err
	}
	u, err := url.Parse(raw)
	if err != nil || !strings.HasSuffix(u.Path, ".pem") || u.RawQuery != "" {
		return fmt.Errorf("%w: SigningCertURL %q is no certificate of Amazon SNS", ErrWrong, clip(raw))
	}
	return nil
}

// signed is the text that SNS signs: names and values on lines of their own, by the type of the message.
func (m *SNS) signed() []byte {
	var b []byte
	add := func(name, value string) { b = append(append(append(append(b, name...), '\n'), value...), '\n') }
	add("Message", m.Message)
	add("MessageId", m.MessageID)
	if m.Type == "Notification" {
		if m.Subject != nil {
			add("Subject", *m.Subject)
		}
	} else {
		add("SubscribeURL", m.SubscribeURL)
	}
	add("Timestamp", m.Timestamp)
	if m.Type != "Notification" {
		add("Token", m.Token)
	}
	add("TopicArn", m.TopicARN)
	add("Type", m.Type)
	return b
}

// Verify checks the signature with the certificate from SigningCertURL, which has to be valid at now. The certificate's
// chain is what fetching it over verified TLS stands for.
func (m *SNS) Verify(certificate *x509.Certificate, now time.Time) error {
	if certificate == nil {
		return errors.New("verify a message of Amazon SNS: no certificate was handed in")
	}
	var algorithm x509.SignatureAlgorithm
	switch m.SignatureVersion {
	case "1":
		algorithm = x509.SHA1WithRSA
	case "2":
		algorithm = x509.SHA256WithRSA
	default:
		return wrong("SignatureVersion", fmt.Sprintf("%q is neither 1 nor 2: check that this is a message of Amazon SNS", clip(m.SignatureVersion)))
	}
	if now.Before(certificate.NotBefore) || now.After(certificate.NotAfter) {
		return wrong("SigningCertURL", fmt.Sprintf("its certificate is valid from %s to %s: fetch it again, and check this machine's clock",
			certificate.NotBefore.UTC().Format(time.DateOnly), certificate.NotAfter.UTC().Format(time.DateOnly)))
	}
	sig, err := fromBase64("Signature", m.Signature)
	if err != nil {
		return err
	}
	if certificate.CheckSignature(algorithm, m.signed(), sig) != nil {
		return wrong("Signature", "it does not fit the message: check that the body is verified as it came, and that the certificate is the one of SigningCertURL")
	}
	return nil
}
