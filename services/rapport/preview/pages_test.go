package preview_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"rapport/services/rapport/preview"
)

// sampled is the starter with people of its own, one of whom cannot be read, a template that fails for some, and one that no
// journey uses.
func sampled() map[string]string {
	return map[string]string{
		"samples/grace.json":          `{"title": "Grace <of> the shop", "locale": "de-AT", "profile": {"first_name": "Grace"}}`,
		"samples/torn.json":           "{\n  \"title\": \"Torn\",,\n}",
		"samples/odd.json":            `{"name": "Odd"}`,
		"sms/strict.txt.liquid":       "Dear {{ profile.first_name }}, see {{ profile.shoe_size }}.",
		"whatsapp/hello.txt.liquid":   "Hello <b>{{ profile.first_name | default: \"there\" }}</b>",
		"rapport.yaml":                "shop: {name: Hazel & Finch, url: https://hazelandfinch.example, currency: GBP, timezone: Europe/London, address: [1 Example Street]}\nemail: {from: {name: Hazel & Finch, address: hello@hazelandfinch.example}}\nsms: {from: HazelFinch}\nwhatsapp: {from: \"+447700900000\"}\n",
		"email/unused.html.liquid":    "---\nsubject: \"<script>alert(1)</script>\"\n---\n<script>alert(2)</script><p>For {{ profile.first_name | default: \"you\" }}</p>",
		"email/pictures.html.liquid":  "---\nsubject: Pictures\n---\n<html><head><style>@media (prefers-color-scheme: dark) { p { color: white } }</style></head><body><p media=\"(Prefers-Color-Scheme:light)\">x</p><img src=\"https://cdn.example/a.png\"><img src=\"https://pictures.org/b.png\"></body></html>",
		"email/loud.html.liquid":      "---\nsubject: BUY NOW!!!\n---\n<p>Buy</p>",
		"email/loud.de.html.liquid":   "---\nsubject: Kauft!\n---\n<p>Kauft</p>",
		"email/colours.html.liquid":   "---\nsubject: Colours\n---\n<p>Colours</p>",
		"email/colours.txt.liquid":    "Colours in plain text",
		"webhook/hook.yaml":           "url: https://hooks.example/x\nheaders: {Authorization: \"Bearer ${HOOK_TOKEN}\"}\nbody: |\n  {\"who\": \"{{ profile.id }}\"}\n",
		"email/hostile-1.html.liquid": "---\nsubject: Hostile\n---\n<p>Hostile</p>",
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	r := start(t, sampled())
	for path, want := range map[string]struct{ with, without string }{
		"/":                                   {`<h1>birthday`, `role="alert"`},
		at("/", "message", "email/thank-you"): {`<strong>Thank you for your order A-1042</strong>`, `ZgotmplZ`},
		at("/", "message", "email/thank-you", "lang", "de"):                                 {`Vielen Dank für Ihre Bestellung`, `Thank you for your order A`},
		at("/", "message", "email/thank-you", "profile", "samples/grace.json"):              {`Vielen Dank für Ihre Bestellung`, `nobody called`},
		at("/", "message", "email/thank-you", "profile", "gone"):                            {`There is nobody called gone any more`, `of the shop &lt;`},
		at("/", "message", "email/thank-you", "view", "text", "profile", "emoji"):           {`Hi Zoë 🦊 &lt;O’Neill&gt; &amp; Co`, `<iframe`},
		at("/", "message", "email/thank-you", "view", "source"):                             {`&lt;!doctype html&gt;`, `<iframe`},
		at("/", "message", "email/thank-you", "view", "data"):                               {`&#34;order_id&#34;: &#34;A-1042&#34;`, `<iframe`},
		at("/", "message", "email/thank-you", "width", "phone"):                             {`data-frame="phone"`, `data-frame="desk"`},
		at("/", "message", "email/thank-you", "width", "desktop", "look", "dark"):           {`look=dark`, `data-frame="phone"`},
		at("/", "message", "email/thank-you", "view", "nonsense", "look", "x", "lang", "y"): {`data-frame="phone"`, `nonsense`},
		at("/", "message", "email/thank-you@thank-you.thanks", "profile", "long"):           {`Thank you for your order`, `role="alert"`},
		at("/", "message", "email/nps"):                                                     {`of the 102 KB that Gmail shows`, `role="alert"`},
		at("/", "message", "email/unused"):                                                  {`&lt;script&gt;alert(1)`, `<script>alert`},
		at("/", "message", "email/colours", "look", "dark"):                                 {`has no styles for the dark`, `role="alert"`},
		at("/", "message", "email/loud"):                                                    {`<code>subject</code>`, `role="alert"`},
		at("/", "message", "sms/win-back", "profile", "emoji"):                              {`<h2>3 segments</h2>`, `<iframe`},
		at("/", "message", "sms/win-back"):                                                  {`GSM-7`, `UCS-2`},
		at("/", "message", "sms/strict"):                                                    {`<code>sms/strict.txt.liquid:1:`, `class="bubble"`},
		at("/", "message", "whatsapp/hello"):                                                {`&lt;b&gt;Ada&lt;/b&gt;`, `segment`},
		at("/", "message", "webhook/hook"):                                                  {`Bearer ${HOOK_TOKEN}`, `<iframe`},
		at("/", "q", "WIN back"):                                                            {`win-back`, `>birthday</span>`},
		at("/", "q", "<zzz>"):                                                               {`<p class="none">`, `<zzz>`},
		at("/", "message", "email/loud", "q", "nothing"):                                    {`<h1>loud`, `win-back</span>`},
		"/style.css":  {`prefers-color-scheme: dark`, `http`},
		"/preview.js": {`EventSource`, `http`},
		"/icon.svg":   {`<svg`, `<script`},
	} {
		resp, body := r.get(t, path)
		if resp.StatusCode != http.StatusOK || !strings.Contains(body, want.with) || strings.Contains(body, want.without) {
			t.Errorf("%s: %s: want %q and not %q in\n%s", path, resp.Status, want.with, want.without, mainOf(body))
		}
		if policy := resp.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src 'unsafe") {
			t.Errorf("%s: the policy is %q", path, policy)
		}
	}
	_, body := r.get(t, at("/", "message", "email/thank-you"))
	for _, want := range []string{
		"samples/torn.json:2:19", "is no JSON", "samples/odd.json", "unknown field &#34;name&#34;", "Grace &lt;of&gt; the shop",
		"everybody who buys is thanked at once", `<optgroup label="Of the journey’s tests">`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("there is no %q on the page", want)
		}
	}
}

// mainOf is a page without what all pages have.
func mainOf(body string) string { return body[max(0, strings.Index(body, "<main")):] }

// Every message of the starter can be seen, for everybody, in every language.
func TestEveryMessageForEverybody(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	_, body := r.get(t, "/")
	keys := between(body, `href="/?message=`, `"`)
	if len(keys) < 30 {
		t.Fatalf("there are %d messages in the list", len(keys))
	}
	for _, key := range keys {
		for _, person := range []string{"new", "loyal", "nameless", "long", "german", "emoji"} {
			for _, lang := range []string{"", "de"} {
				if lang != "" && person != "new" && person != "long" {
					continue // The language is the same for all.
				}
				resp, body := r.get(t, "/?message="+strings.ReplaceAll(key, "&amp;", "&")+"&profile="+person+"&lang="+lang)
				if resp.StatusCode != http.StatusOK || strings.Contains(body, `role="alert"`) || strings.Contains(body, "nobody called") {
					t.Errorf("%s for %s in %q: %s\n%s", key, person, lang, resp.Status, strings.Join(between(body, `<p class="what">`, "<"), "\n"))
				}
			}
		}
	}
}

// between are the texts between two marks.
func between(s, from, to string) []string {
	var all []string
	for {
		_, rest, found := strings.Cut(s, from)
		if !found {
			return all
		}
		text, rest, _ := strings.Cut(rest, to)
		all, s = append(all, text), rest
	}
}

// What is asked for by names that are none is answered with the page and its list, and no file.
func TestNamesThatAreNone(t *testing.T) {
	t.Parallel()
	r := start(t, sampled())
	for _, name := range []string{
		"../../etc/passwd", "email/../../rapport", "email/..%2f..%2frapport.yaml", "email/thank-you.html.liquid", "email/layouts/shop", "email/partials/button",
		"/etc/passwd", "email/\x00", "<script>alert(3)</script>", "policy/x", strings.Repeat("a/", 3000), "email/", "@", "%",
	} {
		for _, path := range []string{"/", "/frame"} {
			resp, body := r.get(t, at(path, "message", name, "profile", name, "lang", name, "q", name))
			if resp.StatusCode != http.StatusNotFound || strings.Contains(body, "root:") || strings.Contains(body, "<script>alert") || strings.Contains(body, "currency") {
				t.Errorf("%s of %.40q: %s\n%s", path, name, resp.Status, body)
			}
		}
	}
	for _, path := range []string{"/assets/page.html", "/page.html", "/../doc.go", "/rapport.yaml", "/samples/grace.json", "/frame/../rapport.yaml", "/frame"} {
		if resp, _ := r.get(t, path); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
	resp, err := r.client.Post(r.base+"/", "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a POST was answered with %s", resp.Status)
	}
}

// The copy in a frame is in the scheme that was asked for, has tiles for pictures that nobody has, and does nothing.
func TestFrame(t *testing.T) {
	t.Parallel()
	r := start(t, sampled())
	for look, want := range map[string][]string{
		"light": {`@media (max-width:0)`, `media="(min-width:0)"`, `color-scheme:only light`},
		"dark":  {`@media (min-width:0)`, `media="(max-width:0)"`, `color-scheme:only dark`},
	} {
		resp, body := r.get(t, at("/frame", "message", "email/pictures", "look", look))
		for _, w := range append(want, `<head><base target="_blank">`, `src="data:image/svg+xml,`, `src="https://pictures.org/b.png"`) {
			if !strings.Contains(body, w) {
				t.Errorf("%s: there is no %q in\n%s", look, w, body)
			}
		}
		if strings.Contains(strings.ToLower(body), "prefers-color-scheme") || strings.Contains(body, "cdn.example") {
			t.Errorf("%s: it was not rewritten:\n%s", look, body)
		}
		policy := resp.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "sandbox ") || strings.Contains(policy, "allow-scripts") || strings.Contains(policy, "script-src") || strings.Contains(policy, "allow-forms") {
			t.Errorf("the policy is %q", policy)
		}
	}
	for name, status := range map[string]int{"sms/win-back": http.StatusNotFound, "email/unused": http.StatusOK} {
		if resp, _ := r.get(t, at("/frame", "message", name)); resp.StatusCode != status {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
}

// Names of others that lead to this machine are not answered, nor are other machines unless somebody says so.
func TestWhoIsAnswered(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	for host, status := range map[string]int{
		"": http.StatusOK, "localhost:1": http.StatusOK, "[::1]:80": http.StatusOK, "preview.localhost": http.StatusOK,
		"evil.example": http.StatusMisdirectedRequest, "10.0.0.1": http.StatusMisdirectedRequest, "127.0.0.1.evil.example:80": http.StatusMisdirectedRequest,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.base+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := r.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("%q was answered with %s", host, resp.Status)
		}
	}
	if _, err := preview.New(context.Background(), preview.Options{Dir: r.dir, Addr: ":0"}); !errors.Is(err, preview.ErrRemote) {
		t.Errorf("listening to everybody: %v", err)
	}
	s, err := preview.New(context.Background(), preview.Options{Dir: r.dir, Addr: ":0", Remote: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
