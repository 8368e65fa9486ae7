package catcher

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/net/netutil"
)

const (
	// drainFor bounds how long a stop waits for mails that are being received, and for answers that are being written.
	drainFor = time.Second
	// maxConnections bounds the connections of each listener.
	maxConnections = 256
)

// Catcher catches mail, text messages and webhooks. Make it with New, then Run it once.
type Catcher struct {
	opts      Options
	log       *slog.Logger
	store     *store
	writer    *writer
	live      *live
	callbacks *callbacks
	mail      *mailServer
	smtpLn    net.Listener
	httpLn    net.Listener
	ready     chan struct{}
	started   sync.Once
}

// New opens the file and both listeners, so that the addresses are known; they answer from Run on. Someone who does not
// come to Run calls Close.
func New(o Options) (*Catcher, error) {
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	s, err := openStore(o.Dir)
	if err != nil {
		return nil, err
	}
	c := &Catcher{opts: o, log: o.Logger, store: s, live: newLive(), ready: make(chan struct{})}
	if c.smtpLn, err = net.Listen("tcp", o.SMTPAddr); err != nil {
		return nil, errors.Join(fmt.Errorf("catcher: listen for mail: %w", err), s.close())
	}
	if c.httpLn, err = net.Listen("tcp", o.HTTPAddr); err != nil {
		return nil, errors.Join(fmt.Errorf("catcher: listen for HTTP: %w", err), c.smtpLn.Close(), s.close())
	}
	c.writer = newWriter(s, o.Keep, c.live.announce)
	c.callbacks = newCallbacks(o.Logger)
	c.mail = newMailServer(o, c.smtpLn, c.writer)
	return c, nil
}

// SMTPAddr is the address for mail, host:port.
func (c *Catcher) SMTPAddr() string { return c.smtpLn.Addr().String() }

// HTTPAddr is the address for the Twilio-shaped API and the page, host:port.
func (c *Catcher) HTTPAddr() string { return c.httpLn.Addr().String() }

// URL is the address of the page, and the base to send Twilio's requests to.
func (c *Catcher) URL() string { return "http://" + c.HTTPAddr() }

// WebhookURL is the door for webhooks.
func (c *Catcher) WebhookURL() string { return c.URL() + WebhookPath }

// WebhookPath is where that door is, below the page.
const WebhookPath = "/webhooks"

// Ready is closed when messages are taken.
func (c *Catcher) Ready() <-chan struct{} { return c.ready }

// Messages returns caught messages, newest first unless the filter says After.
func (c *Catcher) Messages(ctx context.Context, f Filter) ([]Message, error) {
	return c.store.list(ctx, f)
}

// Read returns one message with its contents, or ErrNotFound.
func (c *Catcher) Read(ctx context.Context, id int64) (Content, error) {
	m, raw, err := c.store.get(ctx, id)
	if err != nil {
		return Content{}, err
	}
	return open(m, raw), nil
}

// Counts counts what is there.
func (c *Catcher) Counts(ctx context.Context) (Counts, error) {
	counts, err := c.store.counts(ctx)
	counts.Callbacks = c.callbacks.counts()
	return counts, err
}

// Close releases what New opened. It is for those who do not come to Run, which does the same at its end.
func (c *Catcher) Close() error {
	var err error
	c.started.Do(func() { err = errors.Join(c.smtpLn.Close(), c.httpLn.Close(), c.store.close()) })
	return err
}

// Run takes messages until the context ends, and returns within about two seconds then: mails that are being received
// and requests that are being answered get a second to finish, waiting status callbacks are given up.
func (c *Catcher) Run(ctx context.Context) error {
	first := false
	c.started.Do(func() { first = true })
	if !first {
		return errors.New("catcher: Run was called twice, or after Close; make a new one")
	}
	web, err := c.handler()
	if err != nil {
		return errors.Join(err, c.smtpLn.Close(), c.httpLn.Close(), c.store.close())
	}
	server := &http.Server{
		Handler: web, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(c.log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 2)
	var working sync.WaitGroup
	calling, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	defer hangUp()
	working.Go(c.writer.run)
	working.Go(func() { c.callbacks.run(calling) })
	working.Go(func() {
		if err := c.mail.serve(); err != nil {
			failed <- err
		}
	})
	working.Go(func() {
		if err := server.Serve(netutil.LimitListener(c.httpLn, maxConnections)); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("catcher: HTTP server: %w", err)
		}
	})
	close(c.ready)
	c.log.Info("catcher listens", "smtp", c.SMTPAddr(), "http", c.HTTPAddr())
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	err = errors.Join(err, c.stop(server))
	hangUp()
	working.Wait()
	return errors.Join(err, c.store.close())
}

// stop ends the servers, then the writer: who is still being served is still answered.
func (c *Catcher) stop(server *http.Server) error {
	c.live.close()
	ctx, cancel := context.WithTimeout(context.Background(), drainFor)
	defer cancel()
	c.mail.stop(ctx)
	if err := server.Shutdown(ctx); err != nil {
		c.log.Warn("requests were cut off at the stop", "error", err)
		if err := server.Close(); err != nil {
			return fmt.Errorf("catcher: close the HTTP server: %w", err)
		}
	}
	close(c.writer.stop)
	return nil
}

// smtpError makes an answer of the mail server.
func smtpError(code int, enhanced smtp.EnhancedCode, text string) *smtp.SMTPError {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}
