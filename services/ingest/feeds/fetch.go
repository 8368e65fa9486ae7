package feeds

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"rapport/pkg/publicnet"
)

func client(private bool) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if !private {
		dialer.ControlContext = publicnet.Control
	}
	return &http.Client{Transport: &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: time.Minute, IdleConnTimeout: 20 * time.Second,
	}}
}

// nameOf is how a feed is called in records and logs: its address without what may be secret.
func nameOf(u *url.URL) string {
	name := u.Scheme + "://" + u.Host + u.Path
	if u.RawQuery != "" || u.User != nil {
		sum := sha256.Sum256([]byte(u.String()))
		name += "#" + hex.EncodeToString(sum[:4])
	}
	return name
}

// fetch asks for a feed; nil when it is as it was.
func (a *Agent) fetch(ctx context.Context, f *source) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for the feed: %w", err)
	}
	req.Header.Set("User-Agent", "Rapport")
	if f.etag != "" {
		req.Header.Set("If-None-Match", f.etag)
	}
	if f.lastModified != "" {
		req.Header.Set("If-Modified-Since", f.lastModified)
	}
	res, err := a.client.Do(req)
	var private *publicnet.Error
	switch {
	case errors.As(err, &private):
		return nil, fmt.Errorf("its host has an address in no public network: allow that with --feeds-private if it is meant: %w", private)
	case err != nil:
		return nil, errors.Unwrap(err) // Without the address, which may hold a secret.
	case res.StatusCode == http.StatusNotModified && (f.etag != "" || f.lastModified != ""):
		return nil, res.Body.Close()
	case res.StatusCode != http.StatusOK:
		return nil, errors.Join(fmt.Errorf("it is answered with %s", res.Status), res.Body.Close())
	}
	return res, nil
}

// Open opens a feed for reading once: a file, or an address that who calls has chosen, in whatever network.
func Open(ctx context.Context, place string) (io.ReadCloser, error) {
	if !strings.HasPrefix(place, "https://") && !strings.HasPrefix(place, "http://") {
		f, err := os.Open(place)
		if err != nil {
			return nil, fmt.Errorf("the feed cannot be read: %w", err)
		}
		return f, nil
	}
	a := &Agent{client: client(true)}
	res, err := a.fetch(ctx, &source{url: place})
	if err != nil {
		return nil, fmt.Errorf("the feed %s cannot be read: %w", place, err)
	}
	return res.Body, nil
}
