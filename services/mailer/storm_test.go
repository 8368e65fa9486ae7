package mailer

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
	"rapport/pkg/routing"
)

// gate stands before a server. While it is shut it breaks what comes through it, and refuses
// what is new.
type gate struct {
	addr string
	mu   sync.Mutex
	shut bool
	open map[net.Conn]bool
}

func newGate(t testing.TB, to string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{addr: l.Addr().String(), open: map[net.Conn]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { g.carry(c, to) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); g.set(true); all.Wait() })
	return g
}

func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
	for c := range g.open {
		if shut {
			_ = c.Close()
		}
	}
}

// enter remembers a connection, or closes it when the gate is shut.
func (g *gate) enter(c net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		_ = c.Close()
		return false
	}
	g.open[c] = true
	return true
}

func (g *gate) carry(c net.Conn, to string) {
	if !g.enter(c) {
		return
	}
	s, err := net.Dial("tcp", to)
	if err != nil || !g.enter(s) {
		_ = c.Close()
		return
	}
	var both sync.WaitGroup
	pass := func(from, to net.Conn) {
		defer func() { _ = from.Close(); _ = to.Close() }()
		b := make([]byte, 4096)
		for {
			n, err := from.Read(b)
			if n > 0 {
				if _, err := to.Write(b[:n]); err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
	both.Go(func() { pass(c, s) })
	both.Go(func() { pass(s, c) })
	both.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.open, c)
	delete(g.open, s)
}

// TestStorm: two providers misbehave in every way while hundreds of messages go through them,
// and the first disappears in the middle and comes back. Each message has one receipt that is
// true: who was sent came once, who failed or was refused came never, and only those that were
// in flight at a cut are uncertain.
func TestStorm(t *testing.T) {
	t.Parallel()
	const n = 600
	var turn atomic.Int64
	var cuts atomic.Int64 // messages that a server broke off after the dot
	unruly := func(s *mailServer) {
		s.onMail = func(*smtp.Conn) error {
			if turn.Add(1)%29 == 0 {
				return reply(421, smtp.EnhancedCode{4, 3, 2}, "closing")
			}
			return nil
		}
		s.onRcpt = func(_ *smtp.Conn, to string) error {
			switch {
			case to == "nobody@example.com":
				return reply(550, smtp.EnhancedCode{5, 1, 1}, "no such user")
			case turn.Add(1)%31 == 0:
				return reply(450, smtp.EnhancedCode{4, 2, 0}, "later")
			case turn.Load()%37 == 0:
				return errBroken
			}
			return nil
		}
		s.onData = func(_ *smtp.Conn, i int) error {
			switch {
			case i%41 == 0:
				cuts.Add(1)
				return errBroken
			case i%23 == 0:
				return reply(451, smtp.EnhancedCode{4, 3, 0}, "try again")
			}
			return nil
		}
	}
	s := newShop(t, unruly)
	first := startServer(t, unruly)
	g := newGate(t, first.addr)
	m := fleetOf(t, s, nil, func(o *Options) {
		o.Delivery.Breaker = delivery.Breaker{Failures: 3, Pause: 50 * time.Millisecond}
		o.Delivery.Longest = 20 * time.Millisecond
	}, routing.Provider{Name: "first", Addr: g.addr, TLS: string(NoTLS)})
	run(t, m)
	commands := many(n, message.Marketing)
	for i, c := range commands {
		if i%10 == 3 {
			c.To = "nobody@example.com"
		}
	}
	s.send(t, "", commands[:n/3]...)
	s.ends(t, n/6) // In the middle of the first third,
	g.set(true)    // it disappears.
	s.send(t, "-copy", commands[:n/3]...)
	s.send(t, "", commands[n/3:2*n/3]...)
	s.ends(t, n/2)
	g.set(false)
	s.send(t, "", commands[2*n/3:]...)
	receipts, bounces := s.ends(t, n)

	came := map[string]int{}
	for _, one := range append(s.mail.mails(), first.mails()...) {
		came[headerOf(one.mime, "X-Rapport-Message")]++
	}
	count, by := map[message.Outcome]int{}, map[string]int{}
	for i, c := range commands {
		r := receipts[c.ID]
		count[r.Outcome]++
		by[r.Provider]++
		switch times := came[c.ID]; {
		case r.Outcome == message.Sent && times != 1, r.Outcome == message.Failed && times != 0, r.Outcome == message.Uncertain && times > 1,
			r.Outcome == message.Suppressed, r.Resent:
			t.Errorf("message %s came %d times: %+v", c.ID, times, r)
		case (r.Outcome == message.Failed) != (i%10 == 3) && r.Outcome != message.Uncertain:
			t.Errorf("message %s to %s: %+v", c.ID, c.To, r)
		case (r.Outcome == message.Failed) != (bounces[c.ID] == "hard 5.1.1"):
			t.Errorf("message %s: %+v, and bounce %q", c.ID, r, bounces[c.ID])
		}
	}
	// What the gate cut is in doubt too: at most what was in hand when it shut.
	if in := count[message.Uncertain]; in < int(cuts.Load()) || in > int(cuts.Load())+m.fleet.pools["first"].server.Connections {
		t.Errorf("%d are uncertain, %d were cut by servers", in, cuts.Load())
	}
	if by["first"] == 0 || by["spare"] == 0 {
		t.Errorf("they went by %v", by)
	}
	t.Logf("%v by %v; servers cut %d", count, by, cuts.Load())
}
