package listener

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"rapport/pkg/callback/signature"
)

// Bounds of what is fetched from Amazon.
const (
	fetchWithin     = 5 * time.Second
	fetchBytes      = 64 << 10
	fetchesAtATime  = 4
	keptCertificate = 24 * time.Hour
	keptRefusal     = time.Minute // so that made-up addresses do not become requests to Amazon
	keptEntries     = 64
)

// amazon gets certificates of Amazon SNS, and says yes to its questions. It implements callback.Certificates.
type amazon struct {
	client *http.Client
	now    func() time.Time
	slots  chan struct{}

	mu   sync.Mutex
	kept map[string]entry
}

type entry struct {
	certificate *x509.Certificate
	err         error
	until       time.Time
}

func newAmazon(over http.RoundTripper, now func() time.Time) *amazon {
	if over == nil {
		dialer := &net.Dialer{Timeout: fetchWithin, Control: publicOnly}
		over = &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: fetchWithin, ResponseHeaderTimeout: fetchWithin,
			MaxResponseHeaderBytes: fetchBytes, IdleConnTimeout: time.Second, MaxConnsPerHost: fetchesAtATime,
		}
	}
	return &amazon{
		client: &http.Client{
			Transport: over, Timeout: fetchWithin,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		now: now, slots: make(chan struct{}, fetchesAtATime), kept: map[string]entry{},
	}
}

func (a *amazon) close() { a.client.CloseIdleConnections() }

// carrierNAT is RFC 6598's, which netip does not count as private.
var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")

// publicOnly refuses connections into networks that are not public, whatever a name was resolved to.
func publicOnly(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("connect to Amazon: %w", err)
	}
	ip := at.Addr().Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || carrierNAT.Contains(ip) || at.Port() != 443 {
		return errors.New("connect to Amazon: the name leads into a private network; check the DNS, or give Options.Amazon a transport for a proxy")
	}
	return nil
}

// Certificate implements callback.Certificates.
func (a *amazon) Certificate(url string) (*x509.Certificate, error) {
	now := a.now()
	a.mu.Lock()
	e, ok := a.kept[url]
	a.mu.Unlock()
	if ok && now.Before(e.until) {
		return e.certificate, e.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), fetchWithin)
	defer cancel()
	certificate, err := a.fetch(ctx, url)
	if errors.Is(err, errFetching) {
		return nil, err // That says nothing of this address.
	}
	e = entry{certificate: certificate, err: err, until: now.Add(keptCertificate)}
	if err != nil {
		e.until = now.Add(keptRefusal)
	} else if certificate.NotAfter.Before(e.until) {
		e.until = certificate.NotAfter
	}
	a.keep(url, e, now)
	return certificate, err
}

// keep remembers an answer. When there are too many, those that have had their time go, and then refusals.
func (a *amazon) keep(url string, e entry, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.kept) >= keptEntries {
		for have, old := range a.kept {
			if !now.Before(old.until) || old.err != nil {
				delete(a.kept, have)
			}
		}
	}
	if len(a.kept) < keptEntries {
		a.kept[url] = e
	}
}

var errFetching = errors.New("enough is being fetched from Amazon at this moment")

func (a *amazon) fetch(ctx context.Context, url string) (*x509.Certificate, error) {
	if err := signature.CertificateURL(url); err != nil {
		return nil, err
	}
	raw, err := a.get(ctx, url)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("fetch a certificate: the answer is none in PEM")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("fetch a certificate: %w", err)
	}
	return certificate, nil
}

// confirm says yes to a subscription.
func (a *amazon) confirm(ctx context.Context, url string) error {
	if err := signature.AmazonURL(url); err != nil {
		return err
	}
	_, err := a.get(ctx, url)
	return err
}

// get fetches what is at an address that has been found to be Amazon's. Errors do not repeat it: it may hold a token.
func (a *amazon) get(ctx context.Context, url string) ([]byte, error) {
	select {
	case a.slots <- struct{}{}:
		defer func() { <-a.slots }()
	default:
		return nil, errFetching
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, errors.New("fetch from Amazon: the address is none")
	}
	res, err := a.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("fetch from Amazon: %w", errors.Unwrap(err)) // without the address
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch from Amazon: the answer has the status %d", res.StatusCode)
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, fetchBytes+1))
	if err != nil {
		return nil, fmt.Errorf("fetch from Amazon: %w", err)
	}
	if len(raw) > fetchBytes {
		return nil, fmt.Errorf("fetch from Amazon: the answer has more than %d bytes", fetchBytes)
	}
	return raw, nil
}
