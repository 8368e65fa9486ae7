package callback

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"rapport/pkg/callback/signature"
	"rapport/pkg/message"
)

// sesTolerance is longer than that of others: SNS repeats one signed message for up to an hour, as the subscription's
// delivery policy says (https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html), where others sign
// each attempt.
const sesTolerance = 65 * time.Minute

// ses is Amazon SES, which tells over an Amazon SNS topic with an HTTPS subscription
// (https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html). Raw message delivery has to be off, since
// raw messages are not signed.
func ses() Provider {
	return Provider{
		Name: "ses", Channel: message.Email,
		Needs: "Topics: the ARNs of the SNS topics; Certificates: who fetches Amazon's certificates",
		open:  openSES,
		read:  (*call).readSNS, tolerance: sesTolerance,
	}
}

func openSES(cfg Config) (verifier, error) {
	if len(cfg.Topics) == 0 || slices.Contains(cfg.Topics, "") {
		return nil, errors.New("there is no topic, and Amazon signs for the topics of anybody")
	}
	if cfg.Certificates == nil {
		return nil, errors.New("there is nobody to fetch certificates")
	}
	return func(c *call) error {
		m := &signature.SNS{}
		if decode(c.req.Body, m) != nil || m.Type == "" || m.Signature == "" {
			return c.forged("body", "it is no signed message of Amazon SNS: switch raw message delivery of the subscription off")
		}
		if !slices.Contains(cfg.Topics, m.TopicARN) {
			return c.forged("TopicArn", "the message is of a topic that is not configured: compare the topic's ARN")
		}
		if err := signature.CertificateURL(m.SigningCertURL); err != nil {
			return err
		}
		certificate, err := cfg.Certificates.Certificate(m.SigningCertURL)
		if err != nil {
			return &Error{
				Provider: c.provider.Name, Kind: ErrUnavailable, Part: "SigningCertURL", Err: err,
				Check: "the certificate could not be fetched: check the way to Amazon; the message comes again if it is answered with 503",
			}
		}
		if err := m.Verify(certificate, c.now); err != nil {
			return err
		}
		at, err := time.Parse(time.RFC3339, m.Timestamp)
		if err != nil {
			return c.unreadable("Timestamp", "it is no time", nil)
		}
		c.sns, c.batch.Nonce = m, m.MessageID
		return c.fresh(at)
	}, nil
}

// readSNS takes what SES said out of the message, or returns a question about the subscription.
func (c *call) readSNS() error {
	m := c.sns
	switch m.Type {
	case "SubscriptionConfirmation", "UnsubscribeConfirmation":
		if signature.AmazonURL(m.SubscribeURL) != nil {
			return c.forged("SubscribeURL", "it does not lead to Amazon: do not follow it")
		}
		c.batch.Confirmation = &Confirmation{Type: m.Type, Topic: m.TopicARN, URL: m.SubscribeURL, Token: m.Token}
		return nil
	case "Notification":
	default:
		return c.unsupported("Type", "there is no such message of Amazon SNS")
	}
	raw := []byte(m.Message)
	if len(raw) == 0 || raw[0] != '{' {
		// SES greets a new topic in plain words.
		return c.unsupported("Message", "it is not JSON, so that it is no event of Amazon SES: answer with 200")
	}
	if tooDeep(raw) {
		return c.unreadable("Message", fmt.Sprintf("it is nested deeper than %d levels", maxDepth), nil)
	}
	in, err := one[sesNotice](c, raw, "Message")
	if err != nil {
		return err
	}
	if in.Records == nil {
		return c.sesNotice(&in)
	}
	for i, record := range in.Records {
		if record.SES == nil {
			c.skip(fmt.Sprintf("record %d", i), errors.New("member ses is missing"))
			continue
		}
		record.SES.NotificationType = "Received"
		if err := c.sesNotice(record.SES); err != nil {
			c.skip(fmt.Sprintf("record %d", i), err)
		}
	}
	return nil
}
