package mailer

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"testing"

	"rapport/pkg/callback"
)

// posted is what a provider calls us with, after it has read the header of a mail.
func posted(t *testing.T, provider string, h mail.Header) string {
	t.Helper()
	inner := func(name, member string) string { // The value of a JSON header, or of a member of it.
		if member == "" {
			return h.Get(name)
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal([]byte(h.Get(name)), &all); err != nil {
			t.Fatalf("%s: the header %s is %q: %v", provider, name, h.Get(name), err)
		}
		return string(all[member])
	}
	text := func(s string) string { // A JSON text.
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	switch provider {
	case "mailgun":
		token, stamp := "t0ken", fmt.Sprint(decided.Unix())
		mac := hmac.New(sha256.New, []byte("secret"))
		mac.Write([]byte(stamp + token))
		return `{"signature":{"timestamp":"` + stamp + `","token":"` + token + `","signature":"` + hex.EncodeToString(mac.Sum(nil)) +
			`"},"event-data":{"event":"delivered","user-variables":` + inner("X-Mailgun-Variables", "") + `}}`
	case "postmark":
		return `{"RecordType":"Open","Metadata":{"` + messageKey + `":` + text(h.Get("X-PM-Metadata-"+messageKey)) + `}}`
	case "brevo":
		return `{"event":"request","X-Mailin-custom":` + text(h.Get("X-Mailin-custom")) + `}`
	case "sparkpost":
		return `[{"msys":{"message_event":{"type":"injection","rcpt_meta":` + inner("X-MSYS-API", "metadata") + `}}}]`
	case "mailjet":
		return `{"event":"sent","Payload":` + text(h.Get("X-MJ-EventPayload")) + `}`
	}
	return ""
}

// TestProvidersNameTheMessage: what a mail's headers tell a provider, its callbacks tell us. Those of SendGrid, Mandrill, SES
// and Resend are signed in ways that only pkg/callback's own tests make; here, what their headers say is looked at.
func TestProvidersNameTheMessage(t *testing.T) {
	t.Parallel()
	c, m := newsletter(t)
	want := c.Ref().String()
	for _, provider := range Providers() {
		l, err := compose(c, m, Identity{Metadata: provider}, "", decided)
		if err != nil {
			t.Fatal(err)
		}
		got, err := mail.ReadMessage(bytes.NewReader(l.mime))
		if err != nil {
			t.Fatalf("%s: %v", provider, err)
		}
		h := got.Header
		body := posted(t, provider, h)
		if body == "" {
			said := h.Get("X-Rapport-Ref") + h.Get("X-SES-MESSAGE-TAGS") + h.Get("X-SMTPAPI") + h.Get("X-MC-Metadata")
			expected := map[string]string{
				"ses":      want + messageKey + "=" + strings.Replace(want, ".", "_", 1),
				"sendgrid": want + `{"unique_args": {"` + messageKey + `": "` + want + `"}}`,
				"mandrill": want + `{"` + messageKey + `": "` + want + `"}`,
				"resend":   want,
			}[provider]
			if said != expected {
				t.Errorf("%s is told %q, want %q", provider, said, expected)
			}
			continue
		}
		p, ok := callback.ByName(provider)
		if !ok {
			t.Errorf("nothing reads the callbacks of %s", provider)
			continue
		}
		reader, err := p.Open(callback.Config{Secrets: []string{"secret"}})
		if err != nil {
			t.Fatal(err)
		}
		batch, err := reader.Read(callback.Request{
			Method: "POST", URL: "https://news.shop.test/callbacks/" + provider + "?" + url.Values{"secret": {"secret"}}.Encode(),
			Header: map[string][]string{"Content-Type": {"application/json"}}, Body: []byte(body),
		}, decided)
		if err != nil || len(batch.Events) != 1 || batch.Events[0].MessageID != want {
			t.Errorf("%s gives back %+v (%v), want the message %s; it was told %s", provider, batch.Events, err, want, body)
		}
	}
}
