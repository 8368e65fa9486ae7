package postmaster_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/pkg/bus"
	"rapport/pkg/bus/bustest"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/verp"
	"rapport/services/postmaster"
)

// TestBrokerAway: while the broker is away the sender is told to come again, and then the event is there, once.
func TestBrokerAway(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), -1
	run := func() *embedded.Server {
		srv, err := embedded.Start(embedded.Options{StoreDir: dir, Port: port})
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(srv.ClientURL())
		if err != nil {
			t.Fatal(err)
		}
		if port, err = strconv.Atoi(u.Port()); err != nil {
			t.Fatal(err)
		}
		return srv
	}
	end := func(srv *embedded.Server) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Fatal(err)
		}
	}
	srv := run()
	back, gone := make(chan struct{}, 8), make(chan struct{}, 8)
	nc, err := nats.Connect(srv.ClientURL(), append(bus.ConnOptions("postmaster-test", nil), nats.ReconnectWait(20*time.Millisecond), nats.ReconnectJitter(0, 0),
		nats.ReconnectHandler(func(*nats.Conn) { back <- struct{}{} }), nats.DisconnectErrHandler(func(*nats.Conn, error) { gone <- struct{}{} }))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := bus.JetStream(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Provision(t.Context(), js, bus.Layout{}); err != nil {
		t.Fatal(err)
	}
	s := start(t, bus.NewBroker(js), nil)
	mail, to := report("failed", "5.1.1", zoe, ""), address(t, verp.Bounce, sent)
	end(srv)
	await(t, gone)
	s.want(t, 451, mail, to)
	s.wantCount(t, "postmaster.mails", "broker_gone", 1)
	srv = run()
	t.Cleanup(func() { end(srv) })
	await(t, back)
	for range 2 {
		s.want(t, 250, mail, to)
	}
	only(t, bustest.Stored(t, js))
}

func await(t testing.TB, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatal("waited in vain")
	}
}

// TestKilled: a service that ends while the broker is silent answers nothing, and the repeat at the next one is one event.
func TestKilled(t *testing.T) {
	t.Parallel()
	r := &recording{hold: make(chan struct{}), asked: make(chan struct{}, 4)}
	first := start(t, r, func(o *postmaster.Options) { o.DrainWithin = 10 * time.Millisecond })
	mail, to := report("failed", "5.1.1", zoe, ""), address(t, verp.Bounce, sent)
	answered := make(chan error, 1)
	go func() { answered <- first.send(t, mail, to) }()
	await(t, r.asked)
	first.stop()
	if err := <-answered; err == nil {
		t.Error("the mail was accepted although nothing was stored")
	}
	close(r.hold)
	second := start(t, r, nil)
	for range 2 {
		second.want(t, 250, mail, to)
		await(t, r.asked)
	}
	only(t, r.Events(t))
}

// TestEnd: a mail that is in hand at the end is answered, and no other is taken.
func TestEnd(t *testing.T) {
	t.Parallel()
	r := &recording{hold: make(chan struct{}), asked: make(chan struct{}, 4)}
	s := start(t, r, nil)
	idle := s.client(t)
	if err := idle.Hello("test.example"); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() { answered <- s.send(t, report("failed", "5.1.1", zoe, ""), address(t, verp.Bounce, sent)) }()
	await(t, r.asked)
	ended := make(chan struct{})
	go func() { s.stop(); close(ended) }()
	// Nobody is let in any more once the end has begun.
	for refused := false; !refused; {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.addr)
		if refused = err != nil; !refused {
			_ = c.Close()
		}
	}
	close(r.hold)
	if err := <-answered; err != nil {
		t.Errorf("the mail in hand was answered %v", err)
	}
	await(t, ended)
	if err := idle.Noop(); err == nil {
		t.Error("an idle connection outlives the service")
	}
	only(t, r.Events(t))
}

// TestSenderGoesAway: half a mail is none.
func TestSenderGoesAway(t *testing.T) {
	t.Parallel()
	r := &recording{}
	s := start(t, r, nil)
	conn := s.dial(t)
	lines := converse(t, conn)
	lines("EHLO x", "MAIL FROM:<>", "RCPT TO:<"+address(t, verp.Bounce, sent)+">", "DATA")
	half := report("failed", "5.1.1", zoe, "")
	if _, err := io.WriteString(conn, half[:len(half)-20]); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	s.stop()
	if n := len(r.Events(t)); n != 0 {
		t.Errorf("%d events of half a mail", n)
	}
	s.wantCount(t, "postmaster.mails", "broken_off", 1)
}

// converse returns what sends lines and waits for the answer to each.
func converse(t testing.TB, conn net.Conn) func(lines ...string) string {
	t.Helper()
	in := bufio.NewReader(conn)
	answer := func() string {
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				t.Fatalf("read an answer: %v", err)
			}
			if len(line) < 4 || line[3] != '-' {
				return line
			}
		}
	}
	answer()
	return func(lines ...string) (last string) {
		for _, line := range lines {
			if _, err := fmt.Fprintf(conn, "%s\r\n", line); err != nil {
				t.Fatal(err)
			}
			last = answer()
		}
		return last
	}
}

// TestSlow: who sends a letter now and then is cut off, and what he sends later is not taken for commands.
func TestSlow(t *testing.T) {
	t.Parallel()
	for name, before := range map[string][]string{
		"greeting": nil,
		"command":  {"EHLO x"},
		"mail":     {"EHLO x", "MAIL FROM:<>", "RCPT TO:<" + address(t, verp.Bounce, sent) + ">", "DATA"},
		"chunk":    {"EHLO x", "MAIL FROM:<>", "RCPT TO:<" + address(t, verp.Bounce, sent) + ">", "BDAT 5\r\nA: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			s := start(t, r, func(o *postmaster.Options) { o.CommandWithin = 300 * time.Millisecond })
			conn := s.dial(t)
			if len(before) == 0 {
				_, _ = io.WriteString(conn, "EHL")
			} else {
				converse(t, conn)(before...)
				_, _ = io.WriteString(conn, "BDAT 9999\r\nSubject: ")
			}
			in := bufio.NewReader(conn)
			if len(before) == 0 {
				_, _ = in.ReadString('\n') // the greeting
			}
			first, err := in.ReadString('\n')
			if err != nil {
				t.Fatalf("he is never told: %v", err)
			}
			_, _ = io.WriteString(conn, "\r\n.\r\nEHLO x\r\nMAIL FROM:<>\r\n")
			rest, _ := io.ReadAll(in) // until the service closes it
			if said := first + string(rest); !strings.Contains(said, "421 ") || strings.Contains(said, "Roger") {
				t.Errorf("what came late was taken for a command: %q", said)
			}
			if n := len(r.Events(t)); n != 0 {
				t.Errorf("%d events", n)
			}
		})
	}
}

// TestSession: a connection ends even when it always has something to say.
func TestSession(t *testing.T) {
	t.Parallel()
	s := start(t, &recording{}, func(o *postmaster.Options) { o.SessionWithin = 300 * time.Millisecond })
	c := s.client(t)
	defer func() { _ = c.Close() }()
	for began := time.Now(); ; {
		if err := c.Noop(); err != nil {
			return
		}
		if time.Since(began) > patience {
			t.Fatal("it goes on")
		}
	}
}

// TestTooMuch: sizes, loops, connections and the bytes in hand are limited.
func TestTooMuch(t *testing.T) {
	t.Parallel()
	to := address(t, verp.Bounce, sent)
	big := letter("big", "x", strings.Repeat(strings.Repeat("x", 70)+"\r\n", 2000))
	hops := func(n int) string {
		return strings.Repeat("Received: by a.example; today\r\n", n) + letter("hops", "Hello", "Hi", answering)
	}
	for name, tc := range map[string]struct {
		mail    string
		change  func(*postmaster.Options)
		answer  int
		outcome string
	}{
		"as large as may be": {big, func(o *postmaster.Options) { o.MaxSize = int64(len(big)) + 10 }, 250, "taken"},
		"too large":          {big, func(o *postmaster.Options) { o.MaxSize = 100_000 }, 552, "too_large"},
		"too much at once":   {big, func(o *postmaster.Options) { o.Receiving = 100_000 }, 452, "busy"},
		"a long line":        {letter("l", "x", strings.Repeat("x", 100_000)), nil, 250, "taken"},
		"50 servers":         {hops(50), nil, 250, "taken"},
		"51 servers":         {hops(51), nil, 554, "looping"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			s := start(t, r, tc.change)
			s.want(t, tc.answer, tc.mail, to)
			s.wantCount(t, "postmaster.mails", tc.outcome, 1)
			if n := len(r.Events(t)); (n == 1) != (tc.answer == 250) {
				t.Errorf("%d events with answer %d", n, tc.answer)
			}
		})
	}
}

// stubborn is a Publisher that takes its time, whatever it is told.
type stubborn chan struct{}

func (s stubborn) PublishBatch(context.Context, []*nats.Msg) error {
	<-s
	<-s
	return nil
}

// TestInFlight: while so many mails are worked on, others wait, and not for ever.
func TestInFlight(t *testing.T) {
	t.Parallel()
	p := make(stubborn)
	s := start(t, p, func(o *postmaster.Options) { o.MaxInFlight, o.AnswerWithin = 1, 200*time.Millisecond })
	answered := make(chan error, 1)
	to := address(t, verp.Bounce, sent)
	go func() { answered <- s.send(t, report("failed", "5.1.1", zoe, ""), to) }()
	p <- struct{}{} // It is being published.
	s.want(t, 452, report("failed", "5.1.1", zoe, ""), to)
	close(p)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	s.want(t, 250, report("failed", "5.1.1", zoe, ""), to)
	s.wantCount(t, "postmaster.mails", "busy", 1)
}

// TestTooOften: one message has so many answers in an hour, and in the next one again.
func TestTooOften(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	s := start(t, &recording{}, func(o *postmaster.Options) {
		o.PerMessage, o.Now = 2, func() time.Time { return moment.Add(time.Duration(later.Load())) }
	})
	mail := letter("o", "Re: x", "Hello", answering)
	s.want(t, 250, mail, address(t, verp.Reply, sent))
	s.want(t, 250, mail, address(t, verp.Bounce, sent))
	s.want(t, 452, mail, address(t, verp.Reply, sent))
	s.want(t, 250, mail, address(t, verp.Reply, other))
	later.Store(int64(time.Hour))
	s.want(t, 250, mail, address(t, verp.Reply, sent))
	s.wantCount(t, "postmaster.recipients", "too_often", 1)
}

// TestCrowd: one host has so many connections, and when one ends there is room again.
func TestCrowd(t *testing.T) {
	t.Parallel()
	s := start(t, &recording{}, func(o *postmaster.Options) { o.PerHost = 2 })
	conns := []net.Conn{s.dial(t), s.dial(t)}
	for _, c := range conns {
		converse(t, c)("NOOP")
	}
	line, err := bufio.NewReader(s.dial(t)).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "421 4.7.0 ") {
		t.Fatalf("the third is greeted by %q, %v", line, err)
	}
	s.wantCount(t, "postmaster.connections", "crowded", 1)
	greeting := func() string {
		line, _ := bufio.NewReader(s.dial(t)).ReadString('\n')
		return line
	}
	if err := conns[0].Close(); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); !strings.HasPrefix(greeting(), "220 "); {
		if time.Since(began) > patience {
			t.Fatal("there is never room again")
		}
	}
}
