package postmaster_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.uber.org/goleak"

	"rapport/pkg/bus/bustest"
	"rapport/pkg/feedback"
	"rapport/pkg/message"
	"rapport/pkg/telemetry/telemetrytest"
	"rapport/pkg/verp"
	"rapport/services/postmaster"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	mid          = "0123456789abcdef0123456789abcdef"
	bounceDomain = "bounces.shop.example"
	replyDomain  = "reply.shop.example"
	zoe          = "zoe@home.example"
	traceID      = "4bf92f3577b34da6a3ce929d0e0e4736"
	patience     = 60 * time.Second
)

// moment is when the tests' mails come in.
var moment = time.Date(2026, 5, 4, 10, 30, 0, 0, time.UTC)

var (
	secret = strings.Repeat("k", 32)
	sent   = message.Ref{ID: mid, Partition: 7}
	other  = message.Ref{ID: strings.Repeat("e", 32), Partition: 3} // a message of another person's
)

func keysOf(t testing.TB, secret string) *verp.Keys {
	t.Helper()
	k, err := verp.NewKeys(secret)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// address is one of a message's own.
func address(t testing.TB, kind verp.Kind, ref message.Ref) string {
	t.Helper()
	domain := bounceDomain
	if kind == verp.Reply {
		domain = replyDomain
	}
	a, err := keysOf(t, secret).Address(kind, ref, domain)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// recording is a Publisher that keeps what it is given, once for each id as the stream does, or refuses it.
type recording struct {
	bustest.Recording
	mu    sync.Mutex
	hold  chan struct{} // when set, each call waits until it is closed, or its context ends
	asked chan struct{} // when set, told of each call
}

func (r *recording) PublishBatch(ctx context.Context, msgs []*nats.Msg) error {
	if r.asked != nil {
		r.asked <- struct{}{}
	}
	if r.hold != nil {
		select {
		case <-r.hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	known := map[string]bool{}
	for _, m := range r.Messages() {
		known[m.Header.Get(jetstream.MsgIDHeader)] = true
	}
	batch := map[string]bool{}
	var fresh []*nats.Msg
	for _, m := range msgs {
		id := m.Header.Get(jetstream.MsgIDHeader)
		if batch[id] {
			return errors.New("the batch has an id twice, which the stream refuses")
		}
		batch[id] = true
		if !known[id] {
			fresh = append(fresh, m)
		}
	}
	return r.Recording.PublishBatch(ctx, fresh)
}

// find knows two messages, of two people.
func find(_ context.Context, r message.Ref) (feedback.Origin, error) {
	o := feedback.Origin{
		Profile: "customer-17", Journey: "win-back", Instance: "i1", Step: "mail", Template: "miss-you", Channel: message.Email,
		Category: message.Marketing, Trace: traceID,
	}
	switch r {
	case sent:
		return o, nil
	case other:
		o.Profile = "customer-18"
		return o, nil
	}
	return feedback.Origin{}, nil
}

func addressOf(_ context.Context, profile string) (string, error) {
	if profile == "customer-17" {
		return zoe, nil
	}
	return "max@home.example", nil
}

// site is a service that runs, and the metrics that it makes.
type site struct {
	network, addr string
	lmtp          bool
	reader        *sdkmetric.ManualReader
	service       *postmaster.Service
	stop          func() // ends it and waits
}

// start runs a service.
func start(t testing.TB, p postmaster.Publisher, change func(*postmaster.Options)) *site {
	t.Helper()
	s := &site{reader: sdkmetric.NewManualReader()}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(s.reader))
	t.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	o := postmaster.Options{
		Addr: "127.0.0.1:0", Domains: []string{bounceDomain, replyDomain}, Keys: keysOf(t, secret), Publisher: p, Find: find, Address: addressOf,
		PerHost: 100, Now: func() time.Time { return moment }, MeterProvider: provider, Logger: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&o)
	}
	service, err := postmaster.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("the service does not end")
		}
	})
	t.Cleanup(s.stop)
	select {
	case <-service.Ready():
	case err := <-ended:
		t.Fatal(err)
	}
	s.service, s.addr, s.lmtp = service, service.Addr(), o.LMTP
	if s.network = o.Network; s.network == "" {
		s.network = "tcp"
	}
	return s
}

// dial opens a connection with limits, so that a test ends that waits in vain.
func (s *site) dial(t testing.TB) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(t.Context(), s.network, s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func (s *site) client(t testing.TB) *smtp.Client {
	t.Helper()
	if s.lmtp {
		return smtp.NewClientLMTP(s.dial(t))
	}
	return smtp.NewClient(s.dial(t))
}

// send delivers a mail and returns what the service said.
func (s *site) send(t testing.TB, mail string, to ...string) error {
	t.Helper()
	c := s.client(t)
	defer func() { _ = c.Close() }()
	return deliver(c, mail, to...)
}

func deliver(c *smtp.Client, mail string, to ...string) error {
	if err := c.Mail("", nil); err != nil {
		return err
	}
	for _, one := range to {
		if err := c.Rcpt(one, nil); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(mail)); err != nil {
		return err
	}
	return w.Close()
}

// code is what the service answered, such as 250 or 451, with the enhanced code of a refusal.
func code(err error) (int, smtp.EnhancedCode) {
	var said *smtp.SMTPError
	switch {
	case err == nil:
		return 250, smtp.EnhancedCode{}
	case errors.As(err, &said):
		return said.Code, said.EnhancedCode
	}
	return 0, smtp.EnhancedCode{}
}

// want sends a mail and checks the answer.
func (s *site) want(t testing.TB, answer int, mail string, to ...string) {
	t.Helper()
	err := s.send(t, mail, to...)
	if got, _ := code(err); got != answer {
		t.Fatalf("answered %d (%v), want %d", got, err, answer)
	}
}

// count is a counter's sum over the points that have the attribute "outcome" so.
func (s *site) count(t testing.TB, counter, outcome string) int64 {
	t.Helper()
	return telemetrytest.Count(t, s.reader, counter, attribute.String("outcome", outcome))
}

// wantCount checks a counter.
func (s *site) wantCount(t testing.TB, counter, outcome string, want int64) {
	t.Helper()
	if got := s.count(t, counter, outcome); got != want {
		t.Errorf("%s with outcome %s is %d, want %d", counter, outcome, got, want)
	}
}
