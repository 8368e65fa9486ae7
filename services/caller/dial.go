package caller

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"syscall"
	"time"

	"rapport/pkg/publicnet"
)

// privateError says that a name leads where webhooks must not go.
type privateError struct{}

func (*privateError) Error() string {
	return "the webhook's host has an address in no public network: add allow_private: true to its file if that is meant"
}

// vetoed is what is wrong when the file asks for what the process does not allow.
const vetoed = "the webhook's host has an address in no public network; its file says allow_private, and who runs the caller has to allow that too, with RAPPORT_ALLOW_PRIVATE_WEBHOOKS=true"

// control decides about an address right before it is connected to.
type control func(ctx context.Context, network, address string, c syscall.RawConn) error

// publicOnly refuses addresses of no public network. It sees what a name was resolved to
// for this very connection.
func publicOnly(ctx context.Context, network, address string, c syscall.RawConn) error {
	if publicnet.Control(ctx, network, address, c) != nil {
		return &privateError{}
	}
	return nil
}

// transport makes connections that allow lets through; nil: all.
func (c *Caller) transport(allow control) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second, ControlContext: allow}
	conf := c.o.TLS
	if conf == nil {
		conf = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return &http.Transport{
		Proxy: nil, DialContext: dialer.DialContext, TLSClientConfig: conf, TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2: true, MaxIdleConnsPerHost: c.o.Concurrency, MaxConnsPerHost: c.o.Concurrency,
		// Shorter than a gateway's patience, so that few requests meet a connection that the
		// other side is just closing.
		IdleConnTimeout: 20 * time.Second, MaxIdleConns: 4 * c.o.Concurrency,
		MaxResponseHeaderBytes: maxAnswer, DisableCompression: true,
	}
}
