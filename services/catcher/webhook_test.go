package catcher_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rapport/services/catcher"
)

// note is a call with every kind of secret in it.
const note = "POST https://crm.example.com/hooks/$%7BPATH_TOKEN%7D/notes?key=${QUERY_TOKEN} HTTP/1.1\r\n" +
	"Host: crm.example.com\r\nContent-Type: application/json\r\nContent-Length: 33\r\nIdempotency-Key: m1\r\n" +
	"Authorization: Bearer ${CRM_TOKEN}\r\nX-Api-Key: 0pensesame\r\nProxy-Authorization: Basic 0pensesame\r\n\r\n" +
	`{"customer":"c17","text":"<b>hi"}`

// deliver brings a call to a catcher's door and returns the answer's status.
func deliver(tb testing.TB, c *catcher.Catcher, kind, whole string) int {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, c.WebhookURL(), strings.NewReader(whole))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("X-Rapport-Message", "m1")
	r.Header.Set("X-Rapport-Journey", "churn-alert")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // Nothing is read from it.
	return resp.StatusCode
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	c := filled(t)
	if status := deliver(t, c, "message/http; version=1.1", note); status != http.StatusOK {
		t.Fatalf("answered with %d", status)
	}
	list, err := c.Messages(t.Context(), catcher.Filter{Channel: catcher.Webhook, Journey: "churn-alert", MessageID: "m1", To: "crm.example"})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d webhooks: %v", len(list), err)
	}
	m := list[0]
	if m.Subject != "POST /hooks/${PATH_TOKEN}/notes?key=${QUERY_TOKEN}" || m.To[0] != "crm.example.com" || m.ProviderID != "m1" || m.Size == 0 {
		t.Errorf("caught %+v", m)
	}
	_, body := get(t, c.URL()+fmt.Sprintf("/api/messages/%d", m.ID))
	var got catcher.Content
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if got.Method != "POST" || got.URL != "https://crm.example.com/hooks/${PATH_TOKEN}/notes?key=${QUERY_TOKEN}" || got.Text != "{\n  \"customer\": \"c17\",\n  \"text\": \"<b>hi\"\n}" {
		t.Errorf("%s %s with %s", got.Method, got.URL, got.Text)
	}
	want := map[string]string{"Authorization": "Bearer ${CRM_TOKEN}", "X-Api-Key": "[redacted]", "Proxy-Authorization": "Basic [redacted]", "Content-Type": "application/json"}
	for _, h := range got.Headers {
		if w, expected := want[h.Name]; expected && h.Value != w {
			t.Errorf("%s is %q, want %q", h.Name, h.Value, w)
		}
		delete(want, h.Name)
	}
	if len(want) > 0 || strings.Contains(string(got.Raw), "0pensesame") {
		t.Errorf("lacks %v, or has a secret:\n%s", want, got.Raw)
	}
	counts, err := c.Counts(t.Context())
	if err != nil || counts.Webhook != 1 || counts.Email != 1 || counts.SMS != 1 || counts.Total != 3 {
		t.Errorf("counts %+v, %v", counts, err)
	}
	page := fmt.Sprintf("/messages/%d", m.ID)
	for path, want := range map[string]string{
		"/?channel=webhook":     `POST /hooks/${PATH_TOKEN}/notes`,
		page:                    `&lt;b&gt;hi`,
		page + "?tab=headers":   `Bearer ${CRM_TOKEN}`,
		page + "?tab=source":    `POST https://crm.example.com/hooks/`,
		page + "/raw":           "Content-Type: application/json\r\n",
		"/?journey=churn-alert": `Webhooks <span class="count">1</span>`,
	} {
		if resp, body := get(t, c.URL()+path); resp.StatusCode != http.StatusOK || !strings.Contains(body, want) || strings.Contains(body, "0pensesame") {
			t.Errorf("%s: %s: want %q in\n%s", path, resp.Status, want, body)
		}
	}
}

func TestWebhooksThatAreNone(t *testing.T) {
	t.Parallel()
	c := start(t, catcher.Options{})
	for what, c2 := range map[string]struct {
		kind, whole string
		want        int
	}{
		"another type":         {"application/json", note, http.StatusUnsupportedMediaType},
		"no type":              {"", note, http.StatusUnsupportedMediaType},
		"nothing":              {"message/http", "", http.StatusBadRequest},
		"no request":           {"message/http", "hello\r\n\r\n", http.StatusBadRequest},
		"a path alone":         {"message/http", "POST /x HTTP/1.1\r\nHost: a.example\r\n\r\n", http.StatusBadRequest},
		"a password":           {"message/http", "POST https://a:b@c.example/ HTTP/1.1\r\nHost: c.example\r\n\r\n", http.StatusBadRequest},
		"half of a body":       {"message/http", note[:len(note)-5], http.StatusBadRequest},
		"more than is allowed": {"message/http", note + strings.Repeat(" ", 513<<10), http.StatusRequestEntityTooLarge},
	} {
		if got := deliver(t, c, c2.kind, c2.whole); got != c2.want {
			t.Errorf("%s: answered with %d, want %d", what, got, c2.want)
		}
	}
	if counts, err := c.Counts(t.Context()); err != nil || counts.Total != 0 {
		t.Errorf("%+v, %v", counts, err)
	}
}
