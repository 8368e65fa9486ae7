package mailer

import (
	"context"
	"fmt"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/render"
)

// Sent is what became of a mail that Send handed over.
type Sent struct {
	ID       string // what the server calls it; empty: it did not say
	From, To string // of the envelope
	Bytes    int    // of the whole message
}

// Send hands one mail over, with the headers that a Mailer would give it: for trying a message out. It is not a Mailer:
// nothing is claimed, and called twice it sends twice. Errors are those of a hand-over, or say what is wrong with the
// server's address.
func Send(ctx context.Context, server SMTP, who Identity, c *message.Command, m render.Mail, at time.Time) (Sent, error) {
	if err := server.complete(); err != nil {
		return Sent{}, err
	}
	if err := who.check(); err != nil {
		return Sent{}, fmt.Errorf("mailer: %w", err)
	}
	l, err := compose(c, m, who, "", at)
	if err != nil {
		return Sent{}, err
	}
	p := &pool{server: server}
	defer p.close()
	id, err := p.send(ctx, l)
	return Sent{ID: id, From: l.from, To: l.to, Bytes: len(l.mime)}, err
}
