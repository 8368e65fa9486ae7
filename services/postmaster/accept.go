package postmaster

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// porch is a listener that lets in so many at a time, in all and from one host, and for so long.
type porch struct {
	net.Listener
	most, perHost int
	within        time.Duration
	// turned is called for each that is let in or sent away.
	turned func(outcome)

	mu    sync.Mutex
	open  map[*guest]struct{}
	hosts map[netip.Prefix]int
}

// guest is a connection that was let in.
type guest struct {
	net.Conn
	porch *porch
	host  netip.Prefix // the zero value: it has none
	until time.Time
	late  error // of the first read that came too late
	once  sync.Once
}

// Accept waits for the next connection that is let in. The others are told to come again: RFC 5321, section 3.1, has 421
// and 554 as greetings, and only the first of them makes a sender keep its mail.
func (p *porch) Accept() (net.Conn, error) {
	for {
		c, err := p.Listener.Accept()
		if err != nil {
			return nil, err
		}
		g := &guest{Conn: c, porch: p, host: hostOf(c.RemoteAddr()), until: time.Now().Add(p.within)}
		if p.admit(g) {
			p.turned(opened)
			return g, nil
		}
		p.turned(crowded)
		// The words fit into the socket's buffer, so nobody has to wait for a sender that does not read them.
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = c.Write([]byte("421 4.7.0 Too many connections, come again later\r\n"))
		_ = c.Close()
	}
}

func (p *porch) admit(g *guest) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.open) >= p.most || g.host.IsValid() && p.hosts[g.host] >= p.perHost {
		return false
	}
	p.open[g] = struct{}{}
	if g.host.IsValid() {
		p.hosts[g.host]++
	}
	return true
}

func (p *porch) leave(g *guest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, g)
	if !g.host.IsValid() {
		return
	}
	if p.hosts[g.host]--; p.hosts[g.host] <= 0 {
		delete(p.hosts, g.host)
	}
}

// clear closes all connections.
func (p *porch) clear() {
	p.mu.Lock()
	all := make([]*guest, 0, len(p.open))
	for g := range p.open {
		all = append(all, g)
	}
	p.mu.Unlock()
	for _, g := range all {
		_ = g.Close() // It may be closed already.
	}
}

// Close closes the connection and makes room for another.
func (g *guest) Close() error {
	g.once.Do(func() { g.porch.leave(g) })
	return g.Conn.Close()
}

// Read reads nothing more after it once waited too long. The server would take what comes later for commands, and what
// comes are the words of whoever wrote the mail that was cut off.
func (g *guest) Read(b []byte) (int, error) {
	if g.late != nil {
		return 0, g.late
	}
	n, err := g.Conn.Read(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		g.late = err
	}
	return n, err
}

// SetReadDeadline never allows more time than the connection has left: a command every few minutes would keep it for ever.
func (g *guest) SetReadDeadline(t time.Time) error {
	if t.IsZero() || t.After(g.until) {
		t = g.until
	}
	return g.Conn.SetReadDeadline(t)
}

// hostOf is the address of a peer, or of IPv6 the network that one household or server has at least.
func hostOf(a net.Addr) netip.Prefix {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := tcp.AddrPort().Addr().Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	host, err := ip.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return host
}
