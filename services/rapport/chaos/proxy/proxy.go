package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Link is what a proxy does to the connections through it. The zero value passes
// everything on at once.
type Link struct {
	Cut   bool          // connections are reset, new ones too
	Hold  bool          // bytes wait
	Delay time.Duration // in each direction
}

// Proxy passes connections on to one address.
type Proxy struct {
	name     string
	upstream string
	listener net.Listener
	ctx      context.Context
	stop     context.CancelFunc
	running  sync.WaitGroup

	mu      sync.Mutex
	link    Link
	changed chan struct{} // closed and replaced when link changes
	open    map[net.Conn]struct{}
	closed  bool
}

// Listen starts a proxy on a free port of the loopback interface. name is for reports.
func Listen(name, upstream string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the link %s: %w", name, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	p := &Proxy{
		name: name, upstream: upstream, listener: l, ctx: ctx, stop: stop,
		changed: make(chan struct{}), open: map[net.Conn]struct{}{},
	}
	p.running.Go(p.accept)
	return p, nil
}

// Name is the link's.
func (p *Proxy) Name() string { return p.name }

// Addr is where to connect to instead of the upstream address.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Set changes what happens to the link, at once and for all its connections.
func (p *Proxy) Set(l Link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.link = l
	close(p.changed)
	p.changed = make(chan struct{})
	if l.Cut {
		p.resetAll()
	}
}

// Close ends the proxy and every connection through it.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	p.resetAll()
	p.mu.Unlock()
	p.stop()
	err := p.listener.Close()
	p.running.Wait()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close the link %s: %w", p.name, err)
	}
	return nil
}

// resetAll resets what is open; the caller holds the lock.
func (p *Proxy) resetAll() {
	for c := range p.open {
		reset(c)
	}
	clear(p.open)
}

// reset ends a connection with RST instead of FIN: the other side sees an error and not an
// end.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // It may be closed already.
	}
	_ = c.Close()
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return // Close.
		}
		p.running.Go(func() { p.serve(c) })
	}
}

// enlist makes a connection one that Cut resets; false when it is to be reset now.
func (p *Proxy) enlist(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.link.Cut {
		return false
	}
	p.open[c] = struct{}{}
	return true
}

func (p *Proxy) forget(c net.Conn) {
	p.mu.Lock()
	delete(p.open, c)
	p.mu.Unlock()
	_ = c.Close()
}

const dialTimeout = 5 * time.Second

// serve passes one connection on, both ways, until both ends are done.
func (p *Proxy) serve(near net.Conn) {
	if !p.enlist(near) {
		reset(near)
		return
	}
	defer p.forget(near)
	d := net.Dialer{Timeout: dialTimeout}
	far, err := d.DialContext(p.ctx, "tcp", p.upstream)
	if err != nil {
		reset(near) // As if nobody listened here.
		return
	}
	if !p.enlist(far) {
		reset(far)
		return
	}
	defer p.forget(far)
	var both sync.WaitGroup
	both.Go(func() { p.carry(far, near) })
	both.Go(func() { p.carry(near, far) })
	both.Wait()
}

// wait returns when a chunk that arrived at the given time may go on; false when the proxy
// was closed meanwhile.
func (p *Proxy) wait(arrived time.Time) bool {
	for {
		p.mu.Lock()
		link, changed := p.link, p.changed
		p.mu.Unlock()
		left := time.Until(arrived.Add(link.Delay))
		if !link.Hold && left <= 0 {
			return p.ctx.Err() == nil
		}
		var due <-chan time.Time
		var timer *time.Timer
		if !link.Hold {
			timer = time.NewTimer(left)
			due = timer.C
		}
		select {
		case <-p.ctx.Done():
		case <-changed:
		case <-due:
		}
		if timer != nil {
			timer.Stop()
		}
		if p.ctx.Err() != nil {
			return false
		}
	}
}
