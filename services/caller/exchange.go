package caller

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
	"rapport/pkg/render"
)

const (
	// maxAnswer is how much of an answer is read, so that the connection can be used again.
	maxAnswer      = 64 << 10
	defaultTimeout = 10 * time.Second
)

// call makes one attempt and says what its failure means.
func (c *Caller) call(ctx context.Context, cmd *message.Command, call render.Call) error {
	full, err := call.Filled(c.o.Secret)
	if err != nil {
		return delivery.Transient(fmt.Errorf("%w (its variable is %sNAME)", err, SecretPrefix))
	}
	fill(&full.Timeout, defaultTimeout)
	ctx, cancel := context.WithTimeout(ctx, full.Timeout)
	defer cancel()
	// away is whether the receiver may have the request: not before there is a connection,
	// and not when the writing failed, since half a request is none.
	var away atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { away.Store(false) },
		GotConn:      func(httptrace.GotConnInfo) { away.Store(true) },
		WroteRequest: func(i httptrace.WroteRequestInfo) { away.Store(i.Err == nil) },
	})
	r, err := c.request(traced, cmd, &full)
	if err != nil {
		return delivery.Permanent(message.ReasonRender, err.Error())
	}
	if c.catcher != nil {
		if r, err = c.caught(r, cmd); err != nil {
			return delivery.Permanent(message.ReasonRender, err.Error())
		}
	}
	answer, err := c.road(&full).RoundTrip(r)
	if err != nil {
		return connectionFault(err, away.Load(), full.AllowPrivate)
	}
	// What the receiver says besides the status interests nobody, and what it fails to say
	// changes nothing.
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer))
	_ = answer.Body.Close()
	return statusFault(answer, c.o.Delivery.Now())
}

// road is what connects to where a call goes.
func (c *Caller) road(call *render.Call) http.RoundTripper {
	if c.catcher != nil || c.o.AllowPrivate && call.AllowPrivate {
		return c.anywhere
	}
	return c.public
}

// request makes the request of one attempt.
func (c *Caller) request(ctx context.Context, cmd *message.Command, call *render.Call) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, call.Method, call.URL, bytes.NewReader(call.Body))
	if err != nil || r.URL.Host == "" {
		return nil, errors.New("the webhook's address cannot be read") // the error would repeat it
	}
	switch {
	case r.URL.Scheme != "https" && (r.URL.Scheme != "http" || !call.AllowPrivate):
		return nil, errors.New("the webhook's address is not https")
	case r.URL.User != nil:
		return nil, errors.New("the webhook's address holds a password: send it as a header")
	}
	r.GetBody = nil // nobody repeats a request but the pipeline
	for _, h := range call.Headers {
		r.Header.Set(h.Name, h.Value)
	}
	for name, value := range map[string]string{"Content-Type": "application/json", "Idempotency-Key": cmd.ID, "User-Agent": "Rapport"} {
		if r.Header.Get(name) == "" {
			r.Header.Set(name, value)
		}
	}
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(r.Header))
	if len(c.o.Signing) > 0 {
		r.Header.Set(signatureHeader, signature(c.o.Signing, c.o.Delivery.Now(), call.Body))
	}
	return r, nil
}

// connectionFault says what an exchange without an answer means; asked is whether the file
// wants private addresses.
func connectionFault(err error, away, asked bool) error {
	var private *privateError
	switch {
	case errors.As(err, &private) && asked:
		return delivery.Permanent(message.ReasonRejected, vetoed)
	case errors.As(err, &private):
		return delivery.Permanent(message.ReasonRejected, private.Error())
	case away:
		return delivery.Repeatable(fmt.Errorf("no answer to a call that was sent: %w", err))
	}
	return delivery.Unavailable(fmt.Errorf("connect: %w", err))
}

// statusFault says what an answer means (RFC 9110, section 15); nil: the call was taken.
func statusFault(answer *http.Response, now time.Time) error {
	err := fmt.Errorf("HTTP status %s", strings.TrimSpace(fmt.Sprint(answer.StatusCode, " ", http.StatusText(answer.StatusCode))))
	pause := retryAfter(answer.Header.Get("Retry-After"), now)
	switch status := answer.StatusCode; {
	case status >= 200 && status < 300:
		return nil
	case status >= 300 && status < 400:
		return delivery.Permanent(message.ReasonRejected, err.Error()+": redirects are not followed, write where it leads into the webhook's file")
	case status == http.StatusRequestTimeout || status == http.StatusTooEarly || status == http.StatusTooManyRequests:
		return delivery.After(delivery.Transient(err), pause)
	case status == http.StatusBadGateway || status == http.StatusGatewayTimeout:
		return delivery.After(delivery.Repeatable(err), pause) // the gateway lost the answer
	case status >= 500:
		return delivery.After(delivery.Unavailable(err), pause)
	}
	return delivery.Permanent(message.ReasonRejected, err.Error())
}

// retryAfter reads a number of seconds or a date (RFC 9110, section 10.2.3). What cannot be
// read asks for nothing.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := time.ParseDuration(value + "s"); err == nil && !strings.ContainsAny(value, "hmsnuµ.+-") {
		return seconds
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
