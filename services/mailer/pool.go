package mailer

import (
	"context"
	"errors"
	"sync"
	"time"
)

// pool keeps connections for the next message. How many are in use at a time is bounded
// by the pipeline, which lets as many messages through as there may be connections.
type pool struct {
	server SMTP

	mu     sync.Mutex
	idle   []*conn // the last one was used last
	sweep  *time.Timer
	closed bool
}

var errClosed = errors.New("the mailer has stopped")

// send hands one letter over. A kept connection that the server has meanwhile closed is
// no failure: it is replaced once, as long as the letter has not left.
func (p *pool) send(ctx context.Context, l *letter) (string, error) {
	for {
		c, err := p.get(ctx)
		if err != nil {
			return "", dialFault(err)
		}
		reused := c.sent > 0
		id, stage, err := c.send(ctx, l)
		if c.healthy(ctx, err) {
			p.put(c)
		} else {
			c.kill()
			if code := replyCode(err); reused && stage == atMail && (code == 0 || code == 421) && ctx.Err() == nil {
				continue
			}
		}
		if err != nil {
			return "", sendFault(stage, err)
		}
		return id, nil
	}
}

// get takes the connection that was used last, so that the others may grow old, or dials.
func (p *pool) get(ctx context.Context) (*conn, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, errClosed
	}
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	return dial(ctx, &p.server)
}

// put keeps a connection, unless it has carried its share.
func (p *pool) put(c *conn) {
	c.since = time.Now()
	p.mu.Lock()
	keep := !p.closed && c.sent < p.server.MessagesEach
	if keep {
		p.idle = append(p.idle, c)
		if p.sweep == nil {
			p.sweep = time.AfterFunc(p.server.IdleTimeout, p.closeIdle)
		}
	}
	p.mu.Unlock()
	if !keep {
		c.quit()
	}
}

// closeIdle ends connections that nobody has used for a while, and comes back while there
// are any.
func (p *pool) closeIdle() {
	p.mu.Lock()
	n := 0 // idle is in the order of use: the oldest are in front
	for n < len(p.idle) && time.Since(p.idle[n].since) >= p.server.IdleTimeout {
		n++
	}
	old := append([]*conn(nil), p.idle[:n]...)
	p.idle = append([]*conn(nil), p.idle[n:]...)
	switch {
	case p.closed:
	case len(p.idle) > 0:
		p.sweep.Reset(max(p.server.IdleTimeout-time.Since(p.idle[0].since), time.Millisecond))
	default:
		p.sweep = nil
	}
	p.mu.Unlock()
	for _, c := range old {
		c.quit()
	}
}

// close ends all connections that are not in use; the others end when they are put back.
func (p *pool) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	if p.sweep != nil {
		p.sweep.Stop()
	}
	p.mu.Unlock()
	for _, c := range idle {
		c.quit()
	}
}
