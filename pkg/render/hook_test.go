package render

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/message"
	"rapport/pkg/workspace/source"
)

// hooks compiles a webhook "crm".
func hooks(t *testing.T, text string) (*Set, source.Problems) {
	t.Helper()
	var r source.Report
	s := Compile([]*source.File{source.NewFile("webhook/crm.yaml", text)}, ourShop(), &r)
	return s, r.Problems()
}

func hookCommand(vars string) *message.Command {
	c := command(vars)
	c.Channel, c.Template = message.Webhook, "crm"
	return c
}

const crm = `url: https://crm.shop.example/hooks/${CRM_HOOK}?shop=1
method: PUT
headers:
  Authorization: Bearer ${CRM_TOKEN}
  x-shop: 7
timeout: 5s
body: |
  {
    "customer": "{{ profile.id }}",
    "name": "Dear {{ profile.first_name | default: "friend" }}",
    "total": {{ trigger.total | plus: 0 }},
    "products": [{% for p in trigger.products %}{{ p.name }}{% unless forloop.last %}, {% endunless %}{% endfor %}],
    "order": {{ trigger | json }},
    "shop": {{ shop.name }}
  }
`

func TestWebhook(t *testing.T) {
	t.Parallel()
	s, ps := hooks(t, crm)
	if ps != nil {
		t.Fatal(ps)
	}
	if !s.Has(message.Webhook, "crm") || !slices.Equal(s.Names(message.Webhook), []string{"crm"}) || s.Has(message.SMS, "crm") {
		t.Errorf("names: %v", s.Names(message.Webhook))
	}
	call, err := s.Webhook(t.Context(), hookCommand(`{"profile": {"first_name": "A\"da\\"}, "trigger": {"total": "20.50", "products": [{"name": "La\nmp"}, {"name": "Bulb"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		Customer, Name, Shop string
		Total                float64
		Products             []string
		Order                map[string]any
	}
	if err := json.Unmarshal(call.Body, &body); err != nil {
		t.Fatalf("%s: %v", call.Body, err)
	}
	if body.Customer != "ada" || body.Name != `Dear A"da\` || body.Total != 20.5 || body.Shop != "Shop & Co" ||
		!slices.Equal(body.Products, []string{"La\nmp", "Bulb"}) || body.Order["total"] != "20.50" {
		t.Errorf("body: %+v", body)
	}
	if call.Method != "PUT" || call.Timeout != 5*time.Second || call.AllowPrivate || call.URL != "https://crm.shop.example/hooks/${CRM_HOOK}?shop=1" {
		t.Errorf("%+v", call)
	}
	want := []Header{{"Authorization", "Bearer ${CRM_TOKEN}"}, {"X-Shop", "7"}, {"Content-Type", "application/json"}, {"Idempotency-Key", "m1"}}
	if !slices.Equal(call.Headers, want) {
		t.Errorf("headers: %v, want %v", call.Headers, want)
	}
	again, err := s.Webhook(t.Context(), hookCommand(`{}`))
	if err == nil || again.URL != "" {
		t.Errorf("without the total that it needs: %+v, %v", again, err)
	}
}

// TestSecrets: a call names its secrets until they are filled in, and is not made without
// one of them.
func TestSecrets(t *testing.T) {
	t.Parallel()
	s, ps := hooks(t, crm)
	if ps != nil {
		t.Fatal(ps)
	}
	call, err := s.Webhook(t.Context(), hookCommand(`{"trigger": {"total": 1}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := call.Secrets(); !slices.Equal(got, []string{"CRM_HOOK", "CRM_TOKEN"}) {
		t.Errorf("secrets: %v", got)
	}
	env := map[string]string{"CRM_HOOK": "abc", "CRM_TOKEN": "0123"}
	find := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	full, err := call.Filled(find)
	if err != nil || full.URL != "https://crm.shop.example/hooks/abc?shop=1" || full.Headers[0].Value != "Bearer 0123" {
		t.Errorf("filled: %+v, %v", full, err)
	}
	if call.Headers[0].Value != "Bearer ${CRM_TOKEN}" {
		t.Error("filling in changed the call")
	}
	for what, value := range map[string]string{"empty": "", "two lines": "a\r\nX-Evil: b"} {
		env["CRM_TOKEN"] = value
		_, err := call.Filled(find)
		if err == nil || !strings.Contains(err.Error(), "CRM_TOKEN") || (value != "" && strings.Contains(err.Error(), value)) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestNoJSON: a body that is no JSON is a permanent error at its place, which does not tell
// what is in it.
func TestNoJSON(t *testing.T) {
	t.Parallel()
	s, ps := hooks(t, "url: https://crm.shop.example/\nbody: |\n  {\"name\": \"{{ profile.first_name }}\",}\n")
	if ps != nil {
		t.Fatal(ps)
	}
	_, err := s.Webhook(t.Context(), hookCommand(`{"profile": {"first_name": "Ada"}}`))
	var re *Error
	if !errors.As(err, &re) || !re.Permanent() || re.File != "webhook/crm.yaml" || re.Line != 2 || !strings.Contains(re.Message, "the body is no JSON") ||
		strings.Contains(err.Error(), "Ada") {
		t.Errorf("got %v", err)
	}
	_, err = s.Webhook(t.Context(), hookCommand(`{}`))
	if !errors.As(err, &re) || re.File != "webhook/crm.yaml" || re.Line != 3 || re.Col < 10 {
		t.Errorf("a missing name: %+v", re)
	}
}

// TestWebhookHolds: whatever a customer is called, the body says so and nothing else.
func TestWebhookHolds(t *testing.T) {
	t.Parallel()
	s, ps := hooks(t, "url: https://crm.shop.example/\nbody: '{\"a\": \"{{ profile.name }}\", \"b\": {{ profile.name }}, \"c\": {{ profile.name | json }}}'\n")
	if ps != nil {
		t.Fatal(ps)
	}
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.String().Draw(rt, "name")
		vars, err := json.Marshal(map[string]any{"profile": map[string]any{"name": name}})
		if err != nil {
			rt.Fatal(err)
		}
		call, err := s.Webhook(t.Context(), hookCommand(string(vars)))
		if err != nil {
			rt.Fatal(err)
		}
		var body map[string]string
		if err := json.Unmarshal(call.Body, &body); err != nil || len(body) != 3 || body["a"] != body["b"] || body["b"] != body["c"] || body["a"] != strings.ToValidUTF8(name, "\ufffd") {
			rt.Fatalf("%q became %s (%v)", name, call.Body, err)
		}
	})
}

// TestWhereWebhooksGo: into the world by https, and into private networks when that is meant.
func TestWhereWebhooksGo(t *testing.T) {
	t.Parallel()
	for address, c := range map[string]struct{ public, private bool }{
		"https://crm.shop.example/hook": {true, true}, "https://93.184.216.34/": {true, true}, "https://crm.shop.example:8443/?a=${KEY}": {true, true},
		"http://localhost:8080/": {false, true}, "http://127.0.0.1:1/": {false, true}, "http://[::1]/": {false, true},
		"https://localhost/": {false, true}, "https://10.0.0.1/": {false, true}, "https://169.254.169.254/latest": {false, true}, "https://[fd00::1]/": {false, true},
		"https://crm/": {false, true}, "https://db.internal/": {false, true}, "https://[::ffff:10.0.0.1]/": {false, true},
		"http://crm.shop.example/": {}, "http://10.0.0.1/": {}, "ftp://crm.shop.example/": {}, "crm.shop.example": {}, "https://": {}, "https:///x": {},
		"https://user:password@crm.shop.example/": {}, "https://${HOST}/": {}, "https://${HOST}.example/": {}, "https://crm.shop.example/#part": {}, "https://a b/": {},
	} {
		for private, want := range map[string]bool{"false": c.public, "true": c.private} {
			_, ps := hooks(t, "url: "+string(must(json.Marshal(address)))+"\nallow_private: "+private+"\nbody: '{}'\n")
			if taken := len(ps) == 0; taken != want {
				t.Errorf("%s with allow_private: %s: taken %v, want %v: %v", address, private, taken, want, ps)
			}
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestWhatsApp: it is rendered as a text message is, from a number of its own.
func TestWhatsApp(t *testing.T) {
	t.Parallel()
	var r source.Report
	shop := ourShop()
	shop.WhatsAppFrom = "+447700900123"
	s := Compile([]*source.File{source.NewFile("whatsapp/x.txt.liquid", "Hi {{ profile.first_name }}"), source.NewFile("sms/y.txt.liquid", "Hi")}, shop, &r)
	if ps := r.Problems(); ps != nil {
		t.Fatal(ps)
	}
	got, err := s.WhatsApp(t.Context(), command(`{"profile": {"first_name": "Ada"}}`))
	if err != nil || got != (SMS{From: "+447700900123", Body: "Hi Ada"}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := s.SMS(t.Context(), command(`{}`)); err == nil {
		t.Error("there is no text message x, and it is rendered")
	}
	if s.Has(message.SMS, "x") || !s.Has(message.WhatsApp, "x") || !s.Has(message.SMS, "y") {
		t.Error("channels are mixed up")
	}
}
