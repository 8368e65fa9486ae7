package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"rapport/services/rapport/stack"
)

// banner says what runs where, and what to try next.
func (f *upFlags) banner(w io.Writer, st *stack.Stack, dev string, took time.Duration) {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("Rapport is up (%d ms).", took.Milliseconds())
	line("")
	if st.Ingest != nil {
		line("  events    http://%s/v1/track", st.Ingest.Addr())
	}
	if st.Catcher != nil {
		line("  messages  %s   (nothing leaves this machine: mail and SMS are caught)", st.Catcher.URL())
		line("  smtp      %s", st.Catcher.SMTPAddr())
	}
	if st.Broker != nil && st.Broker.ClientURL() != "" {
		line("  nats      %s", st.Broker.ClientURL())
	}
	workspace := f.cfg.Workspace
	if workspace == "" {
		workspace = "the built-in starter (write your own with --workspace DIR)"
	} else {
		workspace += "   (saved changes take effect at once)"
	}
	line("  workspace %s", workspace)
	line("  data      %s", f.cfg.Dir)
	if st.Ingest != nil && dev != "" {
		line("")
		line("Try: one order, and its thank-you is among the messages within a second:")
		line("")
		line("%s", tryOrder(st.Ingest.Addr(), dev))
	}
	line("")
	line("Ctrl-C stops; what was accepted is kept, and the next start goes on.")
	fmt.Fprint(w, b.String()) //nolint:errcheck // Nobody is left to tell.
}

// tryOrder is the first order to send, as a command to paste.
func tryOrder(addr, key string) string {
	return `  curl -u ` + key + `: http://` + addr + `/v1/track -H 'Content-Type: application/json' -d '{
    "userId": "ada", "event": "Order Completed", "messageId": "try-1",
    "context": {"traits": {"firstName": "Ada", "email": "ada@example.com"}},
    "properties": {"order_id": "A-1", "total": 27.50, "currency": "GBP", "products": [
      {"product_id": "22423", "name": "Regency cake stand", "price": 12.75, "quantity": 2},
      {"product_id": "21212", "name": "Cake cases, retro spot", "price": 2.00, "quantity": 1}]}}'`
}
