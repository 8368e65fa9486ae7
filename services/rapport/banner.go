package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"rapport/pkg/message"
	"rapport/services/rapport/stack"
)

// banner says what runs where, and what to try next.
func (f *upFlags) banner(w io.Writer, st *stack.Stack, dev string, took time.Duration) {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("Rapport is up (%d ms).", took.Milliseconds())
	line("")
	if st.Ingest != nil {
		line("  events    http://%s/v1/track   (all that it takes: http://%s/docs)", st.Ingest.Addr(), st.Ingest.Addr())
	}
	if st.Catcher != nil {
		line("  messages  %s   (%s)", st.Catcher.URL(), whereTo(st.Roads()))
		line("  smtp      %s", st.Catcher.SMTPAddr())
	} else if caught, out := st.Roads(); len(out) > 0 {
		line("  messages  %s", whereTo(caught, out))
	}
	if st.Portal != nil {
		line("  portal    http://%s   (where links of messages lead: unsubscribing, preferences, clicks)", st.Portal.Addr())
	}
	if st.Listener != nil {
		line("  callbacks http://%s/callbacks/   (what providers and phones answer)", st.Listener.Addr())
	}
	if st.Postmaster != nil {
		line("  inbound   %s   (mail that comes back)", st.Postmaster.Addr())
	}
	if st.Broker != nil && st.Broker.ClientURL() != "" {
		line("  nats      %s", st.Broker.ClientURL())
	}
	if st.Ops != nil {
		line("  health    http://%s/readyz   (metrics at /metrics)", st.Ops.Addr())
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

// whereTo says what becomes of messages, by channel.
func whereTo(caught, out []message.Channel) string {
	switch {
	case len(caught)+len(out) == 0:
		return "what is sent here is caught"
	case len(out) == 0:
		return "nothing leaves this machine: " + names(caught) + " are caught"
	case len(caught) == 0:
		return "real: " + names(out)
	}
	return "real: " + names(out) + "; caught: " + names(caught)
}

// names lists channels: mail, SMS and webhooks.
func names(channels []message.Channel) string {
	var all []string
	for _, c := range channels {
		all = append(all, map[message.Channel]string{
			message.Email: "mail", message.SMS: "SMS", message.WhatsApp: "WhatsApp", message.Webhook: "webhooks",
		}[c])
	}
	last := len(all) - 1
	if last == 0 {
		return all[0]
	}
	return strings.Join(all[:last], ", ") + " and " + all[last]
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
