package callback

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"rapport/pkg/callback/signature"
)

const (
	maxBody   = 32 << 20
	maxDepth  = 64
	maxEvents = 50_000

	defaultTolerance  = 5 * time.Minute
	defaultMessageKey = "rapport_message"
	refHeader         = "X-Rapport-Ref" // the id and where its record is
	messageHeader     = "X-Rapport-Message"
	messageParameter  = "message" // of status callbacks' URLs, as services add it
)

// Config is how callbacks of one provider are verified and read.
type Config struct {
	// Secrets are the keys, tokens or credentials of Provider.Needs. Several are tried in turn, so that they can be
	// changed without losing callbacks.
	Secrets []string
	// Tolerance is how far a signed time may lie from now. Zero: 5 minutes, and 65 for Amazon SES.
	Tolerance time.Duration
	// MessageKey is the custom argument, metadata or tag that carries our message's id. Empty: rapport_message.
	MessageKey string
	// Topics are the ARNs of the SNS topics of Amazon SES. Without them anybody's topic would do.
	Topics []string
	// Certificates gives Amazon's certificates, for Amazon SES.
	Certificates Certificates
}

// Certificates gets the certificate at a URL, which has been found to be one of Amazon SNS. It should remember what it has
// got. Its errors become ErrUnavailable.
type Certificates interface {
	Certificate(url string) (*x509.Certificate, error)
}

// Request is what was posted.
type Request struct {
	Method string
	URL    string              // in full and public: behind a proxy, what the provider called
	Header map[string][]string // an http.Header; names in any case
	Body   []byte
}

// Batch is what a request tells.
type Batch struct {
	Events []Event
	// Unread are the elements that could not be read, as *Error.
	Unread []error
	// Nonce is what the scheme uses once: the token of Mailgun, the id of Standard Webhooks and of Amazon SNS. It may be
	// kept for the tolerance, to refuse it when it comes again with another body.
	Nonce string
	// Confirmation is set, and Events is empty, when Amazon SNS asks about the subscription.
	Confirmation *Confirmation
}

// Confirmation is a question of Amazon SNS, of a topic that Config names. To say yes is to get URL, an address of Amazon's.
type Confirmation struct {
	Type  string // SubscriptionConfirmation or UnsubscribeConfirmation
	Topic string
	URL   string
	Token string
}

// Reader verifies and reads the callbacks of one provider. It may be used by many at once.
type Reader struct {
	provider Provider
	cfg      Config
	verify   verifier
}

// Open checks the configuration, and reads the keys.
func (p Provider) Open(cfg Config) (*Reader, error) {
	if p.open == nil {
		return nil, fmt.Errorf("open callbacks: %w: there is no such provider", ErrConfig)
	}
	if cfg.Tolerance < 0 {
		return nil, fmt.Errorf("open callbacks of %s: %w: the tolerance is negative", p.Name, ErrConfig)
	}
	cfg.Tolerance = cmp.Or(cfg.Tolerance, p.tolerance, defaultTolerance)
	cfg.MessageKey = cmp.Or(cfg.MessageKey, defaultMessageKey)
	cfg.Secrets, cfg.Topics = slices.Clone(cfg.Secrets), slices.Clone(cfg.Topics)
	if slices.Contains(cfg.Secrets, "") {
		return nil, fmt.Errorf("open callbacks of %s: %w: an empty secret is none; needed: %s", p.Name, ErrConfig, p.Needs)
	}
	verify, err := p.open(cfg)
	if err != nil {
		return nil, fmt.Errorf("open callbacks of %s: %w: %w; needed: %s", p.Name, ErrConfig, err, p.Needs)
	}
	return &Reader{provider: p, cfg: cfg, verify: verify}, nil
}

// Read verifies a request and maps what it tells. now is when it came: for the age of signatures, and for events that do
// not say when they happened. Errors are *Error.
func (r *Reader) Read(req Request, now time.Time) (Batch, error) {
	c := &call{cfg: &r.cfg, provider: &r.provider, req: &req, now: now}
	if err := c.admit(); err != nil {
		return Batch{}, err
	}
	if err := r.verify(c); err != nil {
		return Batch{}, refused(r.provider.Name, err)
	}
	if err := r.provider.read(c); err != nil {
		return Batch{}, err
	}
	if len(c.batch.Events) == 0 && len(c.batch.Unread) > 0 {
		return Batch{}, c.batch.Unread[0]
	}
	return c.batch, nil
}

// call is one request on its way.
type call struct {
	cfg      *Config
	provider *Provider
	req      *Request
	now      time.Time
	sns      *signature.SNS // of Amazon SES, once read
	batch    Batch
	full     bool // and that is noted
}

// admit refuses what is not worth verifying.
func (c *call) admit() error {
	get := c.provider.Name == twilioName && c.req.Method == "GET"
	if c.req.Method != "POST" && !get {
		return c.unsupported("method", "callbacks are posted: answer other methods without reading them")
	}
	if len(c.req.Body) > maxBody {
		return c.unreadable("body", fmt.Sprintf("it has more than %d bytes: lower the size of batches at the provider", maxBody), nil)
	}
	if !c.isForm() && tooDeep(c.req.Body) {
		return c.unreadable("body", fmt.Sprintf("it is nested deeper than %d levels, which no provider does", maxDepth), nil)
	}
	return nil
}

// header returns the first value of a header, whatever the case of its name.
func (c *call) header(name string) string {
	if values := c.req.Header[name]; len(values) > 0 {
		return values[0]
	}
	for have, values := range c.req.Header {
		if len(values) > 0 && strings.EqualFold(have, name) {
			return values[0]
		}
	}
	return ""
}

func (c *call) contentType() string {
	kind, _, _ := strings.Cut(c.header("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(kind))
}

func (c *call) isForm() bool { return c.contentType() == "application/x-www-form-urlencoded" }

// query returns the parameters of the URL. What cannot be read of them is left out.
func (c *call) query() url.Values {
	target, _, _ := strings.Cut(c.req.URL, "#")
	_, query, _ := strings.Cut(target, "?")
	values, _ := url.ParseQuery(query) // What can be read is what counts.
	return values
}

func (c *call) form() (url.Values, error) {
	values, err := url.ParseQuery(string(c.req.Body))
	if err != nil {
		return nil, c.unreadable("form", "check that the body comes as it was sent", nil)
	}
	return values, nil
}

func (c *call) fresh(at time.Time) error { return signature.Fresh(at, c.now, c.cfg.Tolerance) }

// add completes an event and puts it into the batch.
func (c *call) add(e Event) {
	if len(c.batch.Events) >= maxEvents {
		if !c.full {
			c.full = true
			c.skip("events", fmt.Errorf("there are more than %d", maxEvents))
		}
		return
	}
	e.Provider = c.provider.Name
	e.Channel = cmp.Or(e.Channel, c.provider.Channel)
	e.Recipient, e.MailID = address(e.Recipient), strings.Trim(strings.TrimSpace(e.MailID), "<>")
	e.Reason, e.Diagnostic = strings.TrimSpace(e.Reason), strings.TrimSpace(e.Diagnostic)
	e.takeMessageID(c.cfg.MessageKey)
	e.complete()
	e.ID = e.identity()
	if e.At.IsZero() {
		e.At = c.now
	}
	e.At = e.At.UTC()
	c.batch.Events = append(c.batch.Events, e)
}

// takeMessageID moves our message's id out of the metadata, where most providers carry it.
func (e *Event) takeMessageID(key string) {
	if id, ok := e.Metadata[key]; ok {
		e.MessageID = cmp.Or(e.MessageID, id)
		delete(e.Metadata, key)
	}
	if len(e.Metadata) == 0 {
		e.Metadata = nil
	}
}

// skip notes an element that cannot be read.
func (c *call) skip(part string, err error) {
	c.batch.Unread = append(c.batch.Unread, c.unreadable(part, "the provider may have changed its format: compare with its page", err))
}

func (c *call) unreadable(part, check string, err error) error {
	return &Error{Provider: c.provider.Name, Kind: ErrUnreadable, Part: part, Check: check, Err: err}
}

func (c *call) unsupported(part, check string) error {
	return &Error{Provider: c.provider.Name, Kind: ErrUnsupported, Part: part, Check: check}
}

func (c *call) forged(part, check string) error {
	return &Error{Provider: c.provider.Name, Kind: ErrForged, Part: part, Check: check}
}
