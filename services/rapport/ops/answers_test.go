package ops_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // It is how Twilio signs.
	"encoding/base64"
	"net/http"
	"net/smtp"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/pkg/callback"
	"rapport/pkg/link"
	"rapport/pkg/message"
	"rapport/services/rapport/stack"
)

// The secrets of links and of Twilio, and the domain that mail comes back to.
const (
	linkSecret   = "a-text-that-has-more-than-32-bytes-in-it"
	twilioSecret = "secret"
	bounces      = "bounces.shop.example"
)

// doors lets answers come in.
func doors(c *stack.Config) {
	const free = "127.0.0.1:0"
	c.Secrets = []string{linkSecret}
	c.Portal = stack.Portal{Addr: free, Clicks: true, Opens: true}
	c.Listener = stack.Listener{Addr: free, Providers: map[string]callback.Config{"twilio": {Secrets: []string{twilioSecret}}}}
	c.Inbound, c.Identity.BounceDomain = stack.Inbound{SMTP: free}, bounces
}

// answer does at each door what is taken and what is not: links, callbacks, mail. It returns when what happened is told.
func (r *running) answer(t *testing.T) {
	t.Helper()
	keys, err := link.NewKeys(linkSecret)
	if err != nil {
		t.Fatal(err)
	}
	maker := link.Maker{Keys: keys, Base: "http://" + r.Portal.Addr(), Clicks: true}
	c := &message.Command{ID: strings.Repeat("0", 32), Profile: "ada", Channel: message.Email, Category: message.Marketing, DecidedAt: time.Now()}
	one := url.Values{"List-Unsubscribe": {"One-Click"}}
	r.ask(t, maker.Unsubscribe(c, ""), one, "", http.StatusOK)
	r.ask(t, maker.Click(c, link.Target{URL: "https://shop.example/"}), nil, "", http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect)
	r.ask(t, maker.Base+"/c/nothing", nil, "", http.StatusNotFound, http.StatusGone, http.StatusBadRequest)

	twilio := "http://" + r.Listener.Addr() + "/callbacks/twilio"
	delivered := url.Values{"MessageSid": {"SM" + strings.Repeat("0", 32)}, "MessageStatus": {"delivered"}, "To": {"+447700900123"}}
	r.ask(t, twilio, delivered, signed(twilio, delivered), http.StatusOK, http.StatusNoContent)
	r.ask(t, twilio, delivered, "forged", http.StatusForbidden, http.StatusUnauthorized)

	if err := smtp.SendMail(r.Postmaster.Addr(), nil, "a@example.com", []string{"postmaster@" + bounces}, []byte("Subject: hello\r\n\r\nHello.\r\n")); err != nil {
		t.Fatalf("the postmaster refuses: %v", err)
	}
	// Clicks wait a moment for others that a machine would make.
	r.told(t, "portal_visits_total{", "portal_changes_total{", "portal_refused_total{", "portal_publish_duration_seconds_bucket{",
		"listener_events_total{", "postmaster_mails_total{", "postmaster_connections_total{")
}

// ask gets a page, or posts a form, and fails when the answer is none of those wanted.
func (r *running) ask(t *testing.T, address string, form url.Values, signature string, want ...int) {
	t.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Signature", signature)
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // Nothing is read from it.
	if !slices.Contains(want, resp.StatusCode) {
		path, _, _ := strings.Cut(req.URL.Path[1:], "/")
		t.Fatalf("%s /%s is answered with %d, want %v", method, path, resp.StatusCode, want)
	}
}

// signed is Twilio's signature (https://www.twilio.com/docs/usage/security).
func signed(address string, form url.Values) string {
	text := address
	for _, name := range []string{"MessageSid", "MessageStatus", "To"} {
		text += name + form.Get(name)
	}
	mac := hmac.New(sha1.New, []byte(twilioSecret))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// told waits until Prometheus is told of all these.
func (r *running) told(t *testing.T, series ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		text := r.scrape(t)
		missing := slices.IndexFunc(series, func(s string) bool { return !strings.Contains(text, "\n"+s) })
		if missing < 0 {
			return
		}
		pause(t, 50*time.Millisecond)
		if ctx.Err() != nil {
			t.Fatalf("nobody tells %s", series[missing])
		}
	}
}
