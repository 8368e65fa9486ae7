package stack_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/services/catcher"
	"rapport/services/rapport/stack"
)

// shop is a small workspace with one journey, which an order begins, and a policy.
func shop(policy, journey string) fstest.MapFS {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"rapport.yaml": "shop: {name: Shop, currency: GBP, timezone: Europe/London}\n" +
			"email: {from: {name: Shop, address: a@shop.example}}\nsms: {from: Shop}\nwhatsapp: {from: \"+447700900999\"}\n",
		"policy.yaml":              "quiet_hours: {sms: none, whatsapp: none}\n" + policy,
		"email/note.html.liquid":   "---\nsubject: Your order\n---\n<p>Thank you</p>\n",
		"email/note.txt.liquid":    "Thank you\n",
		"sms/note.txt.liquid":      "Thank you by SMS\n",
		"whatsapp/note.txt.liquid": "Thank you by WhatsApp\n",
		"webhook/crm.yaml": "url: https://crm.shop.example/hooks?key=${CRM_KEY}\nheaders: {Authorization: \"Bearer ${CRM_TOKEN}\"}\n" +
			"body: '{\"customer\": {{ profile.id | json }}}'\n",
		"journeys/note.yaml": "journey: note\nstatus: active\nenter: {on: order.completed, again: always, meanwhile: parallel}\n" + journey,
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

const byMail = "steps:\n  - {id: mail, send: {email: note}}\n"

// until waits for so many messages of the store that are as they should be, in the order in
// which they were decided.
func until(t *testing.T, st *stack.Stack, n int, is func(*store.MessageRow) bool) []store.MessageRow {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		moved := st.Orchestrator.Moved()
		all, err := st.Store.Messages(ctx, store.MessageFilter{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		var found []store.MessageRow
		for i := range all {
			if is(&all[i]) {
				found = append(found, all[i])
			}
		}
		if len(found) >= n {
			return found
		}
		select {
		case <-moved:
		case <-ctx.Done():
			t.Fatalf("%d messages are as they should be, want %d: %+v", len(found), n, all)
		}
	}
}

func decided(*store.MessageRow) bool { return true }

func ended(m *store.MessageRow) bool { return m.Outcome != "" }

// applied waits until so many events of a type have been.
func applied(t *testing.T, st *stack.Stack, typ string, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		moved := st.Orchestrator.Moved()
		counts, err := st.Store.Counts(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if counts.Events[typ] >= n {
			return
		}
		select {
		case <-moved:
		case <-ctx.Done():
			t.Fatalf("%d of %s, want %d", counts.Events[typ], typ, n)
		}
	}
}

// One journey sends on every channel, and without a mail server all four are caught: also
// the webhook, whose secrets nobody has set.
func TestFourChannelsAreCaught(t *testing.T) {
	t.Parallel()
	st := open(t, func(c *stack.Config) {
		c.Starter = shop("", "category: transactional\nsteps:\n  - {id: mail, send: {email: note}}\n  - {id: sms, send: {sms: note}}\n"+
			"  - {id: chat, send: {whatsapp: note}}\n  - {id: crm, send: {webhook: crm}}\n")
		c.Webhooks.Signing = []string{"a key that nobody guesses"}
	})
	post(t, st, "A1")
	for channel, want := range map[string]string{
		"email": "Thank you", "sms": "Thank you by SMS", "whatsapp": "Thank you by WhatsApp", "webhook": "{\n  \"customer\": \"ada\"\n}",
	} {
		m := caught(t, st, catcher.Filter{Channel: channel, Journey: "note"}, 1)
		content, err := st.Catcher.Read(t.Context(), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		if strings.TrimSpace(content.Text) != want || m.MessageID == "" {
			t.Errorf("%s of message %q says %q, want %q", channel, m.MessageID, content.Text, want)
		}
		if channel == "webhook" {
			has := func(name, part string) bool {
				return slices.ContainsFunc(content.Headers, func(h catcher.Header) bool { return h.Name == name && strings.Contains(h.Value, part) })
			}
			if content.URL != "https://crm.shop.example/hooks?key=${CRM_KEY}" || !has("Authorization", "Bearer ${CRM_TOKEN}") ||
				!has("Rapport-Signature", ",v1=") || !has("Idempotency-Key", m.MessageID) {
				t.Errorf("%s with %v", content.URL, content.Headers)
			}
		}
	}
	for _, m := range until(t, st, 4, ended) {
		if m.Outcome != message.Sent {
			t.Errorf("%s: %s, %s, %s", m.Channel, m.Outcome, m.Reason, m.Detail)
		}
	}
	if caught, out := st.Roads(); len(caught) != 4 || len(out) != 0 {
		t.Errorf("caught %v, real %v", caught, out)
	}
}

// Consent that is withdrawn between the decision and the hand-over keeps the message back,
// and its slot under the cap is free for the next.
func TestLastLook(t *testing.T) {
	t.Parallel()
	st := open(t, func(c *stack.Config) {
		c.Starter = shop("caps: [{at_most: 1, per: 7d}]\n", "category: marketing\n"+byMail)
		c.Hold = []string{"mailer"}
	})
	tell(t, st, "A1", "email", true)
	if m := until(t, st, 1, decided)[0]; m.Reason != "" {
		t.Fatalf("kept back when it was decided: %s", m.Reason)
	}
	tell(t, st, "A2", "email", false)
	until(t, st, 2, decided)
	st.Release("mailer")
	first := until(t, st, 1, func(m *store.MessageRow) bool { return m.Outcome == message.Suppressed && m.Provider != "" })[0]
	if first.Reason != message.ReasonNoConsent {
		t.Errorf("kept back because of %q", first.Reason)
	}
	applied(t, st, "message.suppressed", 1)
	tell(t, st, "A3", "email", true)
	mail := caught(t, st, catcher.Filter{Channel: "email"}, 1)
	sent := until(t, st, 1, func(m *store.MessageRow) bool { return m.Outcome == message.Sent })[0]
	if mail.MessageID != sent.ID || sent.ID == first.ID {
		t.Errorf("%s was caught, %s is sent, %s was kept back", mail.MessageID, sent.ID, first.ID)
	}
}

// A throttle of policy.yaml lets one message through and keeps the other in line until it
// is later than its journey allows.
func TestThrottle(t *testing.T) {
	t.Parallel()
	st := open(t, func(c *stack.Config) {
		c.Starter = shop("throttles: [{provider: smtp, at_most: 1, per: 1h}]\n", "category: transactional\nmax_lateness: 3s\n"+byMail)
	})
	began := time.Now()
	post(t, st, "A1")
	caught(t, st, catcher.Filter{Channel: "email"}, 1)
	post(t, st, "A2")
	all := until(t, st, 2, ended)
	if all[0].Outcome != message.Sent || all[1].Outcome != message.Suppressed || all[1].Reason != message.ReasonThrottled {
		t.Errorf("%s %s, then %s %s", all[0].Outcome, all[0].Reason, all[1].Outcome, all[1].Reason)
	}
	if took := time.Since(began); took < 3*time.Second {
		t.Errorf("given up after %s", took)
	}
}

// With a real mail server webhooks are real too, unless they are to be caught; and into
// private networks they go only where the process allows it.
func TestRealWebhooks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config  stack.Webhooks
		called  bool
		outcome message.Outcome
		caught  int
	}{
		"real":      {stack.Webhooks{AllowPrivate: true}, true, message.Sent, 0},
		"forbidden": {stack.Webhooks{}, false, message.Failed, 0},
		"caught":    {stack.Webhooks{Catch: true}, false, message.Sent, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := make(chan string, 10)
			crm := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { calls <- r.URL.Path }))
			t.Cleanup(crm.Close)
			st := open(t, func(cfg *stack.Config) {
				files := shop("", "category: transactional\nsteps:\n  - {id: crm, send: {webhook: crm}}\n")
				files["webhook/crm.yaml"] = &fstest.MapFile{Data: []byte("url: " + crm.URL + "/hook\nallow_private: true\nbody: '{}'\n")}
				cfg.Starter, cfg.Webhooks, cfg.SMTP = files, c.config, stack.SMTP{Addr: "127.0.0.1:9", TLS: "none"}
			})
			post(t, st, "A1")
			if m := until(t, st, 1, ended)[0]; m.Outcome != c.outcome || m.Provider != "webhook" {
				t.Errorf("%s, %s: %s", m.Outcome, m.Reason, m.Detail)
			}
			if called := len(calls) == 1; called != c.called {
				t.Errorf("called: %v", called)
			}
			list, err := st.Catcher.Messages(t.Context(), catcher.Filter{Channel: "webhook"})
			if err != nil || len(list) != c.caught {
				t.Errorf("%d are caught, %v", len(list), err)
			}
			_, out := st.Roads()
			if slices.Contains(out, message.Webhook) == c.config.Catch || !slices.Contains(out, message.Email) {
				t.Errorf("said to be real: %v", out)
			}
		})
	}
}

// A catcher that is not there catches nothing, and that is said.
func TestCatchingTakesACatcher(t *testing.T) {
	t.Parallel()
	_, err := stack.Open(t.Context(), stack.Config{
		Dir: t.TempDir(), Starter: shop("", "category: transactional\n"+byMail), Services: []string{"caller"}, Webhooks: stack.Webhooks{Catch: true},
	})
	if err == nil || !strings.Contains(err.Error(), "caller: nobody catches webhooks here: run the catcher too, name one with --catcher-url, or leave --catch-webhooks out") {
		t.Errorf("error %v", err)
	}
}
