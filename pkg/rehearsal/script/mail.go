package script

import (
	"context"
	"fmt"

	"rapport/pkg/message"
	"rapport/pkg/workspace"
)

// rendered is what a message says.
type rendered struct {
	subject string
	body    string // all that the person may read
	err     error
}

// render makes the message as a worker would. A failure is what a worker would record.
func render(ctx context.Context, snap *workspace.Snapshot, c *message.Command) rendered {
	switch c.Channel {
	case message.Email:
		m, err := snap.Mail(ctx, c)
		return rendered{subject: m.Subject, body: m.Subject + "\n" + m.Text + "\n" + m.HTML, err: err}
	case message.SMS:
		m, err := snap.SMS(ctx, c)
		return rendered{body: m.Body, err: err}
	case message.WhatsApp:
		m, err := snap.WhatsApp(ctx, c)
		return rendered{body: m.Body, err: err}
	case message.Webhook:
		m, err := snap.Webhook(ctx, c)
		return rendered{body: m.Method + " " + m.URL + "\n" + string(m.Body), err: err}
	}
	return rendered{err: fmt.Errorf("there is no channel %q", c.Channel)}
}
