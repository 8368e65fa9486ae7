package catcher_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/wneessen/go-mail"

	"rapport/services/catcher"
)

// get returns an answer and its body.
func get(tb testing.TB, address string) (*http.Response, string) {
	tb.Helper()
	resp, err := http.Get(address)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // Read to its end.
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return resp, string(body)
}

// filled is a catcher with one hostile mail and one SMS.
func filled(tb testing.TB) *catcher.Catcher {
	tb.Helper()
	c := start(tb, catcher.Options{})
	m := letter(tb, "zoe@example.com")
	m.Subject(`<script>alert("subject")</script>`)
	m.SetBodyString(mail.TypeTextPlain, "Danke, Zoë.\n")
	m.AddAlternativeString(mail.TypeTextHTML, `<html><HEAD lang="en"></HEAD><body><script>alert("body")</script><img src="cid:logo.png"></body></html>`)
	m.EmbedReader("logo.png", strings.NewReader("not really a picture")) //nolint:errcheck // A reader in memory.
	if err := mailClient(tb, c).DialAndSend(m); err != nil {
		tb.Fatal(err)
	}
	p := text("+447700900123", "Linden", "<b>HELLO10</b> is your voucher")
	p.SetStatusCallback("https://shop.example.com/status?journey=win-back")
	if _, err := twilioClient(tb, c, token).Api.CreateMessage(p); err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestPages(t *testing.T) {
	t.Parallel()
	c := filled(t)
	for path, want := range map[string]struct{ with, without string }{
		"/":                           {`&lt;script&gt;alert(&#34;subject&#34;)`, `<script>alert`},
		"/?channel=sms":               {`&#43;447700900123`, `zoe@example.com`},
		"/?journey=thank-you":         {`zoe@example.com`, `447700900123`},
		"/?q=ZOE":                     {`zoe@example.com`, `447700900123`},
		"/?q=100%25":                  {`Nothing found`, `zoe@example.com`},
		"/?page=2":                    {`Show all messages`, `zoe@example.com`},
		"/messages/1":                 {`src="/messages/1/html" sandbox="allow-popups allow-popups-to-escape-sandbox"`, `<script>alert`},
		"/messages/1?tab=text":        {`Danke, Zoë.`, `<iframe`},
		"/messages/1?tab=headers":     {`X-Rapport-Message`, `<iframe`},
		"/messages/1?tab=source":      {`Content-Type: multipart/`, `<script>alert`},
		"/messages/1?tab=nonsense":    {`<iframe`, `nonsense`},
		"/messages/2":                 {`&lt;b&gt;HELLO10&lt;/b&gt;`, `<b>HELLO10`},
		"/messages/2?tab=source":      {`StatusCallback=`, `<iframe`},
		"/messages/1/html":            {`<HEAD lang="en"><base target="_blank"></HEAD>`, `cid:`},
		"/messages/1/raw":             {"X-Rapport-Journey: thank-you\r\n", `<iframe`},
		"/messages/1/parts/0":         {`not really a picture`, `<`},
		"/style.css":                  {`prefers-color-scheme: dark`, `http`},
		"/live.js":                    {`EventSource`, `http`},
		"/messages/2/raw?anything=is": {`Body=%3Cb%3EHELLO10`, `<`},
	} {
		t.Run(path, func(t *testing.T) {
			resp, body := get(t, c.URL()+path)
			if resp.StatusCode != http.StatusOK || !strings.Contains(body, want.with) || strings.Contains(body, want.without) {
				t.Errorf("%s: want %q and not %q in\n%s", resp.Status, want.with, want.without, body)
			}
			policy := resp.Header.Get("Content-Security-Policy")
			if resp.Header.Get("Content-Type") == "text/html; charset=utf-8" && !strings.Contains(policy, "default-src 'none'") {
				t.Errorf("policy %q", policy)
			}
			if strings.HasSuffix(path, "/html") && !strings.HasPrefix(policy, "sandbox allow-popups") {
				t.Errorf("the document's policy is %q", policy)
			}
		})
	}
	for _, path := range []string{"/messages/99", "/messages/x", "/messages/1/parts/7", "/messages/1/parts/-1", "/messages/99/html", "/nowhere"} {
		if resp, _ := get(t, c.URL()+path); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s answered with %s", path, resp.Status)
		}
	}
}

func TestPaging(t *testing.T) {
	t.Parallel()
	c := start(t, catcher.Options{})
	n := 0
	flood(t, c.SMTPAddr(), 1, func() (int, bool) { n++; return n, n <= 120 })
	for page, want := range map[string][]string{
		"/":        {"1–50 of 120", "Order 120<", "Order 71<", `href="/?page=2"`},
		"/?page=2": {"51–100 of 120", "Order 70<", `href="/"`, `href="/?page=3"`},
		"/?page=3": {"101–120 of 120", "Order 1<", `href="/?page=2"`},
	} {
		_, body := get(t, c.URL()+page)
		for _, part := range want {
			if !strings.Contains(body, part) {
				t.Errorf("%s has no %q", page, part)
			}
		}
	}
}

func TestAPI(t *testing.T) {
	t.Parallel()
	c := filled(t)
	type answer struct {
		Messages []catcher.Message
		Error    string
	}
	for query, want := range map[string]string{
		"":                     "2 1",
		"?after=0":             "1 2",
		"?after=1":             "2",
		"?limit=1":             "2",
		"?limit=1&offset=1":    "1",
		"?channel=email":       "1",
		"?to=ZOE":              "1",
		"?to=z_e":              "",
		"?journey=win-back":    "2",
		"?message=msg-1":       "1",
		"?q=voucher":           "2",
		"?journey=win":         "",
		"?channel=sms&to=4477": "2",
	} {
		var got answer
		status := getJSON(t, c.URL()+"/api/messages"+query, &got)
		var ids []string
		for _, m := range got.Messages {
			ids = append(ids, fmt.Sprint(m.ID))
		}
		if status != http.StatusOK || strings.Join(ids, " ") != want {
			t.Errorf("%q answered %d with %v, want %s", query, status, ids, want)
		}
	}
	for query, place := range map[string]string{"?channel=fax": "channel", "?limit=many": "limit", "?after=-3": "after"} {
		var got answer
		if status := getJSON(t, c.URL()+"/api/messages"+query, &got); status != http.StatusBadRequest || !strings.HasPrefix(got.Error, place) {
			t.Errorf("%q answered %d with %q", query, status, got.Error)
		}
	}
	var content catcher.Content
	if status := getJSON(t, c.URL()+"/api/messages/2", &content); status != http.StatusOK || content.Text != "<b>HELLO10</b> is your voucher" || content.Segments.Count != 1 {
		t.Errorf("message 2 is %+v", content)
	}
	var counts catcher.Counts
	if getJSON(t, c.URL()+"/api/counts", &counts); counts.Total != 2 || counts.Email != 1 || counts.SMS != 1 || counts.Journeys["win-back"] != 1 {
		t.Errorf("counts %+v", counts)
	}
	var failure answer
	if status := getJSON(t, c.URL()+"/api/messages/3", &failure); status != http.StatusNotFound || failure.Error == "" {
		t.Errorf("message 3 answered %d with %q", status, failure.Error)
	}
}

func TestDeleting(t *testing.T) {
	t.Parallel()
	c := filled(t)
	ask := func(method, path string, site string) int {
		r, err := http.NewRequestWithContext(t.Context(), method, c.URL()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if site != "" {
			r.Header.Set("Sec-Fetch-Site", site)
		}
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	for _, path := range []string{"/delete", "/api/messages"} {
		method := map[string]string{"/delete": http.MethodPost, "/api/messages": http.MethodDelete}[path]
		if status := ask(method, path, "cross-site"); status != http.StatusForbidden {
			t.Errorf("%s from another site answered %d", path, status)
		}
		if status := ask(http.MethodGet, "/delete", ""); status != http.StatusMethodNotAllowed {
			t.Errorf("GET /delete answered %d", status)
		}
	}
	expectCount(t, c, 2)
	if status := ask(http.MethodDelete, "/api/messages", ""); status != http.StatusNoContent {
		t.Errorf("DELETE answered %d", status)
	}
	expectCount(t, c, 0)
	if err := mailClient(t, c).DialAndSend(letter(t, "zoe@example.com")); err != nil {
		t.Fatal(err)
	}
	found, err := c.Messages(t.Context(), catcher.Filter{})
	if err != nil || len(found) != 1 || found[0].ID != 3 {
		t.Errorf("after a deletion, %+v, %v: want a new id", found, err)
	}
	if status := ask(http.MethodPost, "/delete", "same-origin"); status != http.StatusSeeOther {
		t.Errorf("the button answered %d", status)
	}
	expectCount(t, c, 0)
}

func TestFormsThatAreTooLarge(t *testing.T) {
	t.Parallel()
	c := start(t, catcher.Options{})
	form := url.Values{"To": {"+447700900123"}, "From": {"Linden"}, "Body": {strings.Repeat("x", 100_000)}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.URL()+"/2010-04-01/Accounts/AC1/Messages.json", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("AC1", "secret")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("answered with %s", resp.Status)
	}
}
