package mailer

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/delivery"
	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/store/sqlite"
)

// shop is a broker, a store and a mail server, all real.
type shop struct {
	js    jetstream.JetStream
	store *sqlite.Store
	mail  *mailServer
}

func newShop(t testing.TB, prepare func(*mailServer)) *shop {
	t.Helper()
	srv, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t), MaxStore: 1 << 30, SyncInterval: syncInterval(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Shutdown(within(t)) })
	nc, err := srv.Connect(bus.ConnOptions("test", nil)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := bus.JetStream(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Provision(within(t), js, bus.Layout{Partitions: 2, MaxBytes: 512 << 20}); err != nil {
		t.Fatal(err)
	}
	st, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return &shop{js: js, store: st, mail: startServer(t, prepare)}
}

// mailer makes a worker of the shop.
func (s *shop) mailer(t testing.TB, change func(*Options)) *Mailer {
	t.Helper()
	sub, err := bus.NewSubscriber(s.js, bus.SubscriberOptions{Stream: bus.StreamSend, Durable: "mailer", Lanes: 64, CloseTimeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	receipts := bus.NewGatherer(s.js, 0)
	t.Cleanup(func() { _ = receipts.Close() })
	o := Options{
		SMTP: SMTP{Addr: s.mail.addr, TLS: NoTLS}, Render: greeting, Subscriber: sub,
		Delivery: delivery.Options{Claims: s.store, Publisher: receipts, First: time.Millisecond, EventTime: true},
	}
	if change != nil {
		change(&o)
	}
	m, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// run runs a mailer until stop is called, which returns what Run returned.
func run(t testing.TB, m *Mailer) (stop func() error) {
	t.Helper()
	ctx, cancel := contextOf(t)
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	var once sync.Once
	var err error
	stop = func() error {
		once.Do(func() {
			cancel()
			select {
			case err = <-ended:
			case <-time.After(patience):
				err = fmt.Errorf("the mailer does not stop")
			}
		})
		return err
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return stop
}

// send publishes commands as the relay does. Copies get ids of their own, as if the
// broker's window of duplicates had passed.
func (s *shop) send(t testing.TB, copies string, commands ...*message.Command) {
	t.Helper()
	var msgs []*nats.Msg
	for _, c := range commands {
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		m := bus.NewMsg(bus.SendSubject(string(c.Channel), event.Key(c.Profile)), c.ID+copies, b)
		m.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		msgs = append(msgs, m)
	}
	for part := range bus.Split(msgs, 0) {
		if _, err := bus.PublishBatch(within(t), s.js, part); err != nil {
			t.Fatal(err)
		}
	}
}

// receipts waits for n events and returns the receipts in them by message id, and their
// headers.
func (s *shop) receipts(t testing.TB, n int) (map[string][]message.Receipt, []nats.Header) {
	t.Helper()
	r, err := bus.Read(within(t), s.js, bus.StreamEvents, []string{"evp.>"}, 0, bus.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	all := map[string][]message.Receipt{}
	var headers []nats.Header
	for len(headers) < n {
		batch, err := r.Next(within(t))
		if err != nil {
			t.Fatalf("%d of %d receipts: %v", len(headers), n, err)
		}
		for _, d := range batch {
			ev, err := event.Decode(d.Data)
			if err != nil {
				t.Fatal(err)
			}
			var got message.Receipt
			if err := json.Unmarshal(ev.Data, &got); err != nil {
				t.Fatal(err)
			}
			all[got.MessageID] = append(all[got.MessageID], got)
			headers = append(headers, d.Header)
		}
	}
	return all, headers
}

// times counts the mails of each message that arrived.
func (s *shop) times() map[string]int {
	n := map[string]int{}
	for _, m := range s.mail.mails() {
		n[headerOf(m.mime, "X-Rapport-Message")]++
	}
	return n
}

func many(n int, cat message.Category) []*message.Command {
	all := make([]*message.Command, n)
	for i := range all {
		all[i] = command(fmt.Sprintf("m%04d", i), cat)
		all[i].Profile = fmt.Sprintf("customer-%d", i%50)
	}
	return all
}

// TestEachOnce: many commands, each delivered to the mailer three times, across a restart.
func TestEachOnce(t *testing.T) {
	t.Parallel()
	const n = 300
	s := newShop(t, nil)
	commands := many(n, message.Marketing)
	s.send(t, "", commands...)
	s.send(t, "-copy", commands...)
	stop := run(t, s.mailer(t, nil))
	s.receipts(t, n)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	s.send(t, "-late", commands...)
	stop = run(t, s.mailer(t, nil))
	s.send(t, "", command("last", message.Marketing))
	all, _ := s.receipts(t, n+1)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	for id, n := range s.times() {
		if n != 1 {
			t.Errorf("message %s was sent %d times", id, n)
		}
	}
	if len(all) != n+1 || len(s.mail.mails()) != n+1 {
		t.Errorf("%d receipts and %d mails, want %d", len(all), len(s.mail.mails()), n+1)
	}
	for id, r := range all {
		if len(r) != 1 || r[0].Outcome != message.Sent || !r[0].At.Equal(decided) {
			t.Errorf("message %s: receipts %+v, want one sent at the time of the decision", id, r)
		}
	}
}

// TestBrokenAfterData: the server takes the first mail of each kind and the connection
// breaks before it has answered.
func TestBrokenAfterData(t *testing.T) {
	t.Parallel()
	for category, want := range map[message.Category]message.Receipt{
		message.Transactional: {Outcome: message.Sent, Resent: true},
		message.Marketing:     {Outcome: message.Uncertain, Reason: message.ReasonInFlight},
	} {
		t.Run(string(category), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, data(func(_ *smtp.Conn, n int) error {
				if n == 1 {
					return errBroken
				}
				return nil
			}))
			run(t, s.mailer(t, nil))
			s.send(t, "", command("m1", category))
			all, _ := s.receipts(t, 1)
			if r := all["m1"][0]; r.Outcome != want.Outcome || r.Reason != want.Reason || r.Resent != want.Resent {
				t.Errorf("receipt %+v, want %+v", r, want)
			}
		})
	}
}

// TestStopInTheMiddle: a stop while the server has the message in hand waits for its
// answer, and records it.
func TestStopInTheMiddle(t *testing.T) {
	t.Parallel()
	inHand, answer := make(chan struct{}), make(chan struct{})
	s := newShop(t, data(func(*smtp.Conn, int) error { close(inHand); <-answer; return nil }))
	stop := run(t, s.mailer(t, nil))
	s.send(t, "", command("m1", message.Marketing))
	<-inHand
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	select {
	case err := <-stopped:
		t.Fatalf("stopped (%v) while a message was in the server's hands", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(answer)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	all, _ := s.receipts(t, 1)
	if r := all["m1"][0]; r.Outcome != message.Sent {
		t.Errorf("receipt %+v, want sent", r)
	}
}

// TestDrainEnds: a server that never answers does not keep the mailer from stopping; its
// message is uncertain for the next life.
func TestDrainEnds(t *testing.T) {
	t.Parallel()
	inHand, end := make(chan struct{}), make(chan struct{})
	s := newShop(t, data(func(*smtp.Conn, int) error { close(inHand); <-end; return errBroken }))
	stop := run(t, s.mailer(t, func(o *Options) { o.Drain = 50 * time.Millisecond }))
	s.send(t, "", command("m1", message.Marketing))
	<-inHand
	if err := stop(); err != nil {
		t.Error(err)
	}
	close(end)
	run(t, s.mailer(t, nil))
	all, _ := s.receipts(t, 1)
	if r := all["m1"][0]; r.Outcome != message.Uncertain {
		t.Errorf("receipt %+v, want uncertain", r)
	}
}

// TestServerDownThenUp: messages wait for a server that refuses everybody, a stop leaves
// them unsent and unclaimed, and the next life sends them.
func TestServerDownThenUp(t *testing.T) {
	t.Parallel()
	const n = 20
	tried := make(chan struct{}, 1000)
	down := reply(421, smtp.EnhancedCode{4, 3, 2}, "down for maintenance")
	var mu sync.Mutex
	s := newShop(t, func(s *mailServer) {
		s.onMail = func(*smtp.Conn) error {
			mu.Lock()
			defer mu.Unlock()
			tried <- struct{}{}
			return down
		}
	})
	stop := run(t, s.mailer(t, func(o *Options) { o.Delivery.Breaker = delivery.Breaker{Failures: 3, Pause: time.Hour} }))
	s.send(t, "", many(n, message.Marketing)...)
	<-tried
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if n := len(tried); n > 10 {
		t.Errorf("the server was tried %d times, want the breaker to leave it alone", n)
	}
	mu.Lock()
	down = nil
	mu.Unlock()
	run(t, s.mailer(t, nil))
	all, _ := s.receipts(t, n)
	for id, r := range all {
		if r[0].Outcome != message.Sent || r[0].Resent {
			t.Errorf("message %s: receipt %+v, want a plain sent", id, r[0])
		}
	}
}

// TestTrace: the command's trace goes on through rendering and SMTP into the receipt.
func TestTrace(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	spans := tracetest.NewSpanRecorder()
	stop := run(t, s.mailer(t, func(o *Options) {
		o.Delivery.Tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	}))
	s.send(t, "", command("m1", message.Transactional))
	_, headers := s.receipts(t, 1)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]trace.SpanKind{}
	for _, span := range spans.Ended() {
		kinds[span.Name()] = span.SpanKind()
		if id := span.SpanContext().TraceID().String(); id != "0af7651916cd43dd8448eb211c80319c" {
			t.Errorf("span %s is of trace %s", span.Name(), id)
		}
	}
	want := map[string]trace.SpanKind{
		"process " + Topic: trace.SpanKindConsumer, "render": trace.SpanKindInternal, "smtp send": trace.SpanKindClient,
	}
	if fmt.Sprint(kinds) != fmt.Sprint(want) {
		t.Errorf("spans %v, want %v", kinds, want)
	}
	if tp := headers[0].Get("traceparent"); len(tp) < 36 || tp[3:35] != "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("the receipt's traceparent is %q", tp)
	}
}

// syncInterval spares tests the disk; benchmarks sync every write, as production does.
func syncInterval(t testing.TB) time.Duration {
	if _, bench := t.(*testing.B); bench {
		return 0
	}
	return time.Second
}
