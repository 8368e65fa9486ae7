package catcher

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxWaitingCallbacks = 10_000
	callers             = 4
	callbackTimeout     = 5 * time.Second
)

// callback is one status callback to make.
type callback struct {
	url   string
	token string
	form  url.Values
}

// callbacks makes status callbacks in the background, each once. Those that wait at the stop are given up: whoever relies
// on them must be able to do without, as with Twilio itself.
type callbacks struct {
	waiting   chan callback
	client    *http.Client
	transport *http.Transport
	log       *slog.Logger
	delivered atomic.Int64
	failed    atomic.Int64
	dropped   atomic.Int64
}

func newCallbacks(log *slog.Logger) *callbacks {
	transport := &http.Transport{
		Proxy: nil, DialContext: (&net.Dialer{Timeout: callbackTimeout}).DialContext,
		MaxIdleConnsPerHost: callers, IdleConnTimeout: time.Minute,
	}
	return &callbacks{
		waiting: make(chan callback, maxWaitingCallbacks), log: log, transport: transport,
		client: &http.Client{
			Transport: transport, Timeout: callbackTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

func (c *callbacks) add(cb callback) {
	select {
	case c.waiting <- cb:
	default:
		c.dropped.Add(1)
	}
}

func (c *callbacks) counts() CallbackCounts {
	return CallbackCounts{Delivered: c.delivered.Load(), Failed: c.failed.Load(), Dropped: c.dropped.Load()}
}

func (c *callbacks) run(ctx context.Context) {
	var working sync.WaitGroup
	for range callers {
		working.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case cb := <-c.waiting:
					c.call(ctx, cb)
				}
			}
		})
	}
	working.Wait()
	c.transport.CloseIdleConnections()
}

func (c *callbacks) call(ctx context.Context, cb callback) {
	err := c.post(ctx, cb)
	switch {
	case err == nil:
		c.delivered.Add(1)
	case ctx.Err() == nil:
		c.failed.Add(1)
		c.log.Warn("a status callback failed", "error", err)
	}
}

func (c *callbacks) post(ctx context.Context, cb callback) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, cb.url, strings.NewReader(cb.form.Encode()))
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", signature(cb.token, cb.url, cb.form))
	resp, err := c.client.Do(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	_ = resp.Body.Close()
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("answered with %s", resp.Status)
	}
	return err
}

// signature signs a form as Twilio does, https://www.twilio.com/docs/usage/security#validating-requests: HMAC-SHA1 over
// the URL and then every parameter's name and value, in the order of the names.
func signature(token, target string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(token))
	_, _ = io.WriteString(mac, target) // A hash takes everything.
	for _, name := range slices.Sorted(maps.Keys(form)) {
		_, _ = io.WriteString(mac, name+form.Get(name))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// mayCall reports whether a status callback may go to a URL: to this machine, or to a host that Options names. A catcher
// that is handed production's configuration must not call production.
func (c *Catcher) mayCall(target string) bool {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if host == "localhost" || slices.Contains(c.opts.CallbackHosts, host) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
