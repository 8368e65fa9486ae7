package listener_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/bus/bustest"
	"rapport/pkg/callback"
	"rapport/pkg/corpustest"
	"rapport/services/listener"
)

// bounces is for each provider how it tells that a message of ours came back, or, where it says no more, was delivered.
var bounces = map[string]string{
	"sendgrid":   `[{"event":"bounce","type":"bounce","email":"zoe@home.example","timestamp":1777890000,"sg_event_id":"e1","status":"5.1.1","rapport_message":"` + ref + `"}]`,
	"mailgun":    `{"event-data":{"event":"failed","severity":"permanent","reason":"bounce","id":"e1","timestamp":1777890000,"recipient":"zoe@home.example","delivery-status":{"code":550,"message":"5.1.1 unknown"},"user-variables":{"rapport_message":"` + ref + `"}}}`,
	"postmark":   `{"RecordType":"Bounce","Type":"HardBounce","ID":42,"MessageID":"m1","Email":"zoe@home.example","BouncedAt":"2026-05-04T10:20:00Z","Metadata":{"rapport_message":"` + ref + `"}}`,
	"brevo":      `{"event":"hard_bounce","email":"zoe@home.example","ts_epoch":1777890000000,"message-id":"<` + ref + `@mail.shop.example>"}`,
	"mailjet":    `[{"event":"bounce","time":1777890000,"MessageID":1,"email":"zoe@home.example","hard_bounce":true,"CustomID":"` + ref + `"}]`,
	"mandrill":   `[{"event":"hard_bounce","ts":1777890000,"_id":"m1","msg":{"email":"zoe@home.example","_id":"m1","bounce_description":"bad_mailbox","metadata":{"rapport_message":"` + ref + `"}}}]`,
	"sparkpost":  `[{"msys":{"message_event":{"type":"bounce","event_id":"1","rcpt_to":"zoe@home.example","timestamp":"1777890000","bounce_class":"10","rcpt_meta":{"rapport_message":"` + ref + `"}}}}]`,
	"resend":     `{"type":"email.bounced","created_at":"2026-05-04T10:20:00Z","data":{"email_id":"m1","to":["zoe@home.example"],"bounce":{"type":"Permanent","subType":"General"},"headers":[{"name":"X-Rapport-Message","value":"` + ref + `"}]}}`,
	"mailersend": `{"type":"activity.hard_bounced","created_at":"2026-05-04T10:20:00Z","data":{"id":"e1","email":{"message":{"id":"m1"},"recipient":{"email":"zoe@home.example"},"tags":["` + ref + `"]}}}`,
	"ses":        `{"eventType":"Bounce","bounce":{"bounceType":"Permanent","bounceSubType":"General","feedbackId":"f1","timestamp":"2026-05-04T10:20:00Z","bouncedRecipients":[{"emailAddress":"zoe@home.example","status":"5.1.1"}]},"mail":{"messageId":"m1","headers":[{"name":"X-Rapport-Message","value":"` + ref + `"}]}}`,
	"twilio":     "MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30005&To=%2B447700900123",
}

// signed is the bounce of a provider, signed.
func signed(name string, change func(*signer)) call {
	s := newSigner(name)
	if name == "twilio" {
		s.query = "?message=" + mid + "&partition=7&journey=win-back"
	}
	if change != nil {
		change(s)
	}
	return s.sign(bounces[name])
}

func TestEveryProviderIsHeard(t *testing.T) {
	t.Parallel()
	for _, p := range callback.Providers() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			s := start(t, r, nil)
			s.want(t, http.StatusOK, signed(p.Name, nil))
			events := r.Events(t)
			if len(events) != 1 {
				t.Fatalf("%d events, want one", len(events))
			}
			e := events[0]
			typ, address := "email.bounced", "zoe@home.example"
			if p.Name == "twilio" {
				typ, address = "sms.failed", "+447700900123"
			}
			var data struct {
				MessageID                                                 string `json:"message_id"`
				Journey, Instance, Step, Provider, Kind, Address, Channel string
			}
			if err := json.Unmarshal(e.Data, &data); err != nil {
				t.Fatal(err)
			}
			if e.Type != typ || e.Subject != "customer-17" || e.Source != "rapport/listener" || e.Time.After(moment) || data.MessageID != mid ||
				data.Journey != "win-back" || data.Step != "mail" || data.Provider != p.Name || data.Kind != "hard" || data.Address != address {
				t.Errorf("%+v\n%s", e, e.Data)
			}
			if s.count(t, "listener.callbacks", "taken") != 1 || s.count(t, "listener.events", "published") != 1 {
				t.Error("it is not counted")
			}
		})
	}
}

func TestForgedIsRefused(t *testing.T) {
	t.Parallel()
	for _, p := range callback.Providers() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			s := start(t, r, nil)
			c := signed(p.Name, func(s *signer) { s.secret = "a stranger's" })
			if p.Name == "sendgrid" || p.Name == "ses" { // Their keys are pairs.
				c = signed(p.Name, nil)
				c.body = []byte(strings.Replace(string(c.body), "zoe@", "max@", 1))
			}
			a := s.want(t, http.StatusForbidden, c)
			if a.body != "" {
				t.Errorf("a stranger learns %q", a.body)
			}
			if n := len(r.Events(t)); n != 0 || s.count(t, "listener.callbacks", "forged") != 1 {
				t.Errorf("%d events; it is counted %d times", n, s.count(t, "listener.callbacks", "forged"))
			}
		})
	}
}

// TestReplayIsRefused: what is signed with a time is refused when that lies too far back.
func TestReplayIsRefused(t *testing.T) {
	t.Parallel()
	r := &recording{}
	s := start(t, r, nil)
	for i, name := range []string{"sendgrid", "mailgun", "resend", "ses"} {
		status := http.StatusConflict
		if name == "mailgun" {
			status = http.StatusNotAcceptable
		}
		s.want(t, status, signed(name, func(s *signer) { s.at = moment.Add(-2 * time.Hour) }))
		if got := s.count(t, "listener.callbacks", "replayed"); got != int64(i+1) {
			t.Errorf("%s: counted %d times", name, got)
		}
	}
	if n := len(r.Events(t)); n != 0 {
		t.Errorf("%d events", n)
	}
}

// TestTokenIsUsedOnce: with what Mailgun signed for one event nobody says another, also after a restart.
func TestTokenIsUsedOnce(t *testing.T) {
	t.Parallel()
	b := bustest.Start(t, bus.Layout{})
	withBucket := func(o *listener.Options) {
		nonces, err := listener.NewBucket(t.Context(), b.JS, 1)
		if err != nil {
			t.Fatal(err)
		}
		o.Nonces = nonces
	}
	first := signed("mailgun", nil)
	another := first
	another.body = []byte(strings.Replace(string(first.body), `"e1"`, `"e2"`, 1))
	s := start(t, bus.NewBroker(b.JS), withBucket)
	s.want(t, http.StatusOK, first)
	s.want(t, http.StatusNotAcceptable, another)
	s.want(t, http.StatusOK, first) // Mailgun repeats what it has no answer to.
	again := start(t, bus.NewBroker(b.JS), withBucket)
	again.want(t, http.StatusNotAcceptable, another)
	again.want(t, http.StatusOK, first)
	again.want(t, http.StatusOK, signed("mailgun", func(s *signer) { s.token = "token-2" }))
	if events := bustest.Stored(t, b.JS); len(events) != 1 {
		t.Errorf("%d events are stored, want one", len(events))
	}
	if s.count(t, "listener.callbacks", "replayed") != 1 || again.count(t, "listener.callbacks", "replayed") != 1 {
		t.Error("the replays are not counted")
	}
}

func TestBrokerAway(t *testing.T) {
	t.Parallel()
	r := bustest.Refusing(errors.New("no connection"))
	s := start(t, r, nil)
	for _, name := range []string{"sendgrid", "mailgun"} {
		if a := s.want(t, http.StatusServiceUnavailable, signed(name, nil)); a.header.Get("Retry-After") == "" {
			t.Error("it does not say when to come again")
		}
	}
	r.Fail(nil)
	for _, name := range []string{"sendgrid", "mailgun"} {
		s.want(t, http.StatusOK, signed(name, nil))
	}
	if n := len(r.Events(t)); n != 2 || s.count(t, "listener.callbacks", "broker_gone") != 2 {
		t.Errorf("%d events", n)
	}
}

// TestBrokerShutDown is the same with a broker that has ended, which has to be noticed within the time for an answer.
func TestBrokerShutDown(t *testing.T) {
	t.Parallel()
	b := bustest.Start(t, bus.Layout{})
	nonces, err := listener.NewBucket(t.Context(), b.JS, 1)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, bus.NewBroker(b.JS), func(o *listener.Options) { o.Nonces, o.AnswerWithin = nonces, 2*time.Second })
	s.want(t, http.StatusOK, signed("mailgun", nil))
	if err := b.Server.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mailgun", "sendgrid"} {
		s.want(t, http.StatusServiceUnavailable, signed(name, nil))
	}
	if a := s.send(t, call{method: http.MethodGet, target: "/readyz"}); a.status != http.StatusServiceUnavailable {
		t.Errorf("it is ready without a broker: %d", a.status)
	}
}

// TestThousandAtOnce: a batch is stored whole and in order, and its repeat changes nothing.
func TestThousandAtOnce(t *testing.T) {
	t.Parallel()
	b := bustest.Start(t, bus.Layout{})
	s := start(t, bus.NewBroker(b.JS), nil)
	var all []string
	for i := range 1000 {
		all = append(all, fmt.Sprintf(`{"event":"open","email":"zoe@home.example","timestamp":%d,"sg_event_id":"e%d","rapport_message":%q}`, 1777880000+i, i, ref))
	}
	body := "[" + strings.Join(all, ",") + "]"
	for range 2 {
		s.want(t, http.StatusOK, newSigner("sendgrid").sign(body))
	}
	events := bustest.Stored(t, b.JS)
	if len(events) != 1000 {
		t.Fatalf("%d events are stored, want 1000", len(events))
	}
	for i, e := range events {
		if e.Type != "email.opened" || e.Time.Unix() != int64(1777880000+i) {
			t.Fatalf("event %d: %+v", i, e)
		}
	}
}

// TestPublishedPayloads sends what providers publish as examples.
func TestPublishedPayloads(t *testing.T) {
	t.Parallel()
	var cases []struct {
		ESP, Test string
		Payload   json.RawMessage
		Expected  struct {
			Type string `json:"event_type"`
		}
	}
	if err := json.Unmarshal(corpustest.Read(t, "esp-webhooks/esp_events_shared.json"), &cases); err != nil {
		t.Fatal(err)
	}
	types := map[string]string{
		"delivered": "email.delivered", "deferred": "email.deferred", "bounced": "email.bounced", "rejected": "email.bounced",
		"failed": "email.bounced", "complained": "email.complained", "opened": "email.opened", "clicked": "email.clicked", "unsubscribed": "email.unsubscribed",
	}
	heard, unnamed := 0, 0
	for _, c := range cases {
		r := &recording{}
		s := start(t, r, func(o *listener.Options) { o.FindByProviderID = byProviderID })
		name := c.ESP
		if name == "amazon_ses" {
			name = "ses"
		}
		one := newSigner(name)
		sign := func() call { return one.sign(string(c.Payload)) }
		if strings.HasPrefix(c.Test, "MailgunLegacy") {
			sign = func() call { return one.legacyMailgun(c.Payload) }
		}
		if a := s.send(t, sign()); a.status != http.StatusOK {
			t.Errorf("%s: answered %d", c.Test, a.status)
			continue
		}
		events := r.Events(t)
		want := types[c.Expected.Type]
		if want == "" {
			if len(events) != 0 {
				t.Errorf("%s (%s): %d events, want none", c.Test, c.Expected.Type, len(events))
			}
			continue
		}
		heard++
		if len(events) == 0 && s.count(t, "listener.events", "unnamed") > 0 {
			unnamed++ // The example has no id of any kind.
			continue
		}
		if len(events) == 0 {
			t.Errorf("%s: no event, want %s", c.Test, want)
			continue
		}
		e := events[len(events)-1]
		machine := map[string]string{"email.opened": "email.prefetched", "email.clicked": "email.scanned"}[want]
		if e.Type != want && e.Type != machine || e.Subject != "customer-17" {
			t.Errorf("%s: %s of %s, want %s", c.Test, e.Type, e.Subject, want)
		}
	}
	t.Logf("%d of %d payloads are events, %d of them of a message that they do not name", heard, len(cases), unnamed)
	if len(cases) < 55 || heard < 40 || unnamed > 5 {
		t.Errorf("%d payloads, %d events, %d unnamed", len(cases), heard, unnamed)
	}
}

// legacyMailgun makes a form of Mailgun's legacy webhooks.
func (s *signer) legacyMailgun(payload []byte) call {
	var members map[string]any
	if err := json.Unmarshal(payload, &members); err != nil {
		panic(err)
	}
	values := url.Values{}
	for name, value := range members {
		if list, ok := value.([]any); ok {
			for _, one := range list {
				values.Add(name, fmt.Sprint(one))
			}
			continue
		}
		values.Set(name, fmt.Sprint(value))
	}
	for name, value := range s.mailgunMembers() {
		values.Set(name, value)
	}
	return call{
		method: http.MethodPost, target: "/callbacks/mailgun", body: []byte(values.Encode()),
		header: map[string]string{"Content-Type": form, "Content-Length": strconv.Itoa(len(values.Encode()))},
	}
}
