package portal_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/link"
	"rapport/pkg/message"
	"rapport/services/portal"
)

// fields are what a page's forms hold: hidden fields, checked boxes and chosen options. The button that is pressed
// is added by the test.
func fields(t *testing.T, page string) url.Values {
	t.Helper()
	form := url.Values{}
	for _, in := range regexp.MustCompile(`<input[^>]*>`).FindAllString(page, -1) {
		get := func(name string) string {
			m := regexp.MustCompile(` ` + name + `="([^"]*)"`).FindStringSubmatch(in)
			if m == nil {
				return ""
			}
			return m[1]
		}
		if typ := get("type"); typ == "hidden" || typ == "date" || strings.Contains(in, " checked") {
			if get("name") != "number" || form.Get("number") == "" {
				form.Add(get("name"), get("value"))
			}
		}
	}
	if len(form.Get("number")) < 16 {
		t.Fatalf("a form without a number on\n%s", page)
	}
	return form
}

// change sets fields of a form: "name=value", or "-name=value" to take one away.
func change(form url.Values, changes ...string) url.Values {
	for _, c := range changes {
		name, value, _ := strings.Cut(strings.TrimPrefix(c, "-"), "=")
		switch {
		case strings.HasPrefix(c, "-"):
			form[name] = slices.DeleteFunc(form[name], func(v string) bool { return v == value })
		case name == "choice":
			form.Add(name, value)
		default:
			form.Set(name, value)
		}
	}
	return form
}

func TestOneClick(t *testing.T) {
	t.Parallel()
	js := broker(t)
	r := start(t, bus.NewBroker(js), func(o *portal.Options) {
		at := time.Now().Truncate(5 * time.Second)
		o.Now = func() time.Time { return at }
		o.FormsPerMinute = 1 // Mailbox providers send all of theirs from few addresses.
	})
	path := "/u/" + seal(t, ticket(link.Unsubscribe))
	for range 3 {
		got := r.send(t, http.MethodPost, path, url.Values{"List-Unsubscribe": {"One-Click"}}, map[string]string{"Sec-Fetch-Site": "cross-site", "User-Agent": "Gmail"})
		if got.status != http.StatusOK || got.header.Get("Set-Cookie") != "" {
			t.Fatalf("answered %d, %v", got.status, got.header)
		}
	}
	const boundary = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.base+"/u/"+seal(t, ticket(link.Unsubscribe, expired, about("offers"))), strings.NewReader(boundary))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", `multipart/form-data; boundary="b"`)
	resp, err := client(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("an old link answered %d", resp.StatusCode)
	}
	events := stored(t, js)
	if len(events) != 2 {
		t.Fatalf("stored %s", types(events))
	}
	for i, purpose := range []string{"*", "offers"} {
		e, got := events[i], said(t, events[i])[0]
		if e.Type != event.EmailUnsubscribed || got.Channel != "email" || got.Purpose != purpose || got.Granted || got.Source != "one-click" || got.At.IsZero() {
			t.Errorf("%s with %+v", e.Type, got)
		}
		if !strings.Contains(got.Proof, "RFC 8058") || !strings.Contains(got.Proof, "ip 127.0.0.1") {
			t.Errorf("proof %q", got.Proof)
		}
		if member(t, e, "message_id") == "" || member(t, e, "kind") != "one_click" {
			t.Errorf("data %s", e.Data)
		}
	}
}

func TestUnsubscribePage(t *testing.T) {
	t.Parallel()
	p := newRecording()
	r := start(t, p)
	path := "/u/" + seal(t, ticket(link.Unsubscribe))
	page := r.get(t, path)
	if page.status != http.StatusOK || !strings.Contains(page.body, "Linden &amp; Co.") || !strings.Contains(page.body, "a•••@example.com") || strings.Contains(page.body, "ada@") {
		t.Fatalf("answered %d\n%s", page.status, page.body)
	}
	if r.send(t, http.MethodHead, path, nil, nil); len(p.events(t)) != 0 {
		t.Fatal("looking at the page changed something")
	}
	form := change(fields(t, page.body), "action=withdraw")
	done := r.post(t, path, form)
	if done.status != http.StatusOK || !strings.Contains(done.body, "You are unsubscribed") || !strings.Contains(done.body, `href="/p/`) {
		t.Fatalf("answered %d\n%s", done.status, done.body)
	}
	undo := change(fields(t, done.body), "action=undo")
	if got := undo["purpose"]; !slices.Equal(got, []string{"newsletter", "offers"}) {
		t.Errorf("would be restored: %v", got)
	}
	undo["purpose"] = append(undo["purpose"], "*", "unheard-of")
	if got := r.post(t, path, undo); !strings.Contains(got.body, "You are subscribed again") {
		t.Fatalf("answered %d\n%s", got.status, got.body)
	}
	events := p.events(t)
	if len(events) != 2 || events[0].Type != event.EmailUnsubscribed || events[1].Type != event.PreferencesChanged {
		t.Fatalf("published %s", types(events))
	}
	if w := said(t, events[0]); len(w) != 1 || w[0].Purpose != "*" || w[0].Granted || !strings.HasPrefix(w[0].Proof, "unsubscribe page; ") {
		t.Errorf("withdrew %+v", w)
	}
	if w := said(t, events[1]); len(w) != 2 || !w[0].Granted || !w[0].Confirmed || w[0].Purpose != "newsletter" || w[1].Purpose != "offers" || w[0].Channel != "email" {
		t.Errorf("restored %+v", w)
	}
}

// An old link withdraws, tells nothing of the person, and gives nothing back.
func TestOldUnsubscribeLink(t *testing.T) {
	t.Parallel()
	p := newRecording()
	r := start(t, p)
	path := "/u/" + seal(t, ticket(link.Unsubscribe, expired, about("offers")))
	page := r.get(t, path)
	if page.status != http.StatusOK || strings.Contains(page.body, "a•••") || strings.Contains(page.body, "/p/") {
		t.Fatalf("answered %d\n%s", page.status, page.body)
	}
	form := fields(t, page.body)
	if got := r.post(t, path, change(form, "action=withdraw")); got.status != http.StatusOK || strings.Contains(got.body, "undo") {
		t.Errorf("answered %d\n%s", got.status, got.body)
	}
	if got := r.post(t, path, change(form, "action=undo", "purpose=offers")); got.status != http.StatusGone {
		t.Errorf("undoing answered %d", got.status)
	}
	if got := p.events(t); types(got) != event.EmailUnsubscribed || said(t, got[0])[0].Purpose != "offers" {
		t.Errorf("published %s", types(got))
	}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	p := newRecording()
	r := start(t, p)
	path := "/k/" + seal(t, ticket(link.Confirm, about("newsletter"), func(t *link.Ticket) { t.Channel = message.SMS }))
	page := r.get(t, path)
	if len(p.events(t)) != 0 || !strings.Contains(page.body, "May Linden &amp; Co. send you “Newsletter” by text message?") {
		t.Fatalf("answered %d\n%s", page.status, page.body)
	}
	if got := r.post(t, path, fields(t, page.body)); got.status != http.StatusOK || !strings.Contains(got.body, "Thank you") {
		t.Fatalf("answered %d\n%s", got.status, got.body)
	}
	events := p.events(t)
	if types(events) != event.ConsentConfirmed {
		t.Fatalf("published %s", types(events))
	}
	w := said(t, events[0])[0]
	if w.Channel != "sms" || w.Purpose != "newsletter" || !w.Granted || !w.Confirmed {
		t.Errorf("confirmed %+v", w)
	}
	for _, part := range []string{"confirmation page", time.Now().UTC().Format("2006-01-02"), "ip 127.0.0.1", "iPhone", "Newsletter", "in en"} {
		if !strings.Contains(w.Proof, part) {
			t.Errorf("no %q in the proof %q", part, w.Proof)
		}
	}
}

// changed is what an event of the preference centre says.
func changed(t *testing.T, e event.Event) string {
	t.Helper()
	var d struct {
		PauseUntil *string `json:"pause_until"`
		WriteLess  *bool   `json:"write_less"`
		Profile    *struct {
			Consent []event.ConsentUpdate
		} `json:"$profile"`
	}
	if err := json.Unmarshal(e.Data, &d); err != nil || e.Type != event.PreferencesChanged {
		t.Fatalf("%s %s: %v", e.Type, e.Data, err)
	}
	var all []string
	if d.Profile != nil {
		for _, w := range said(t, e) {
			s := map[bool]string{true: "+", false: "-"}[w.Granted] + w.Channel + ":" + w.Purpose
			if w.Confirmed {
				s += "!"
			}
			all = append(all, s)
		}
	}
	if d.PauseUntil != nil {
		all = append(all, "until "+*d.PauseUntil)
	}
	if d.WriteLess != nil {
		all = append(all, map[bool]string{true: "less", false: "more"}[*d.WriteLess])
	}
	return strings.Join(all, " ")
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	paused := func(p *portal.Person) { p.PausedUntil, p.WriteLess = at.AddDate(0, 2, 0), true }
	for name, c := range map[string]struct {
		person  func(*portal.Person)
		changes []string
		want    string // "": nothing is published
		status  int
		says    string
	}{
		"nothing":         {nil, nil, "", 200, "Everything stays as it is"},
		"one less":        {nil, []string{"-choice=email:offers"}, "-email:offers", 200, "Saved"},
		"one more":        {nil, []string{"choice=email:back-in-stock"}, "+email:back-in-stock!", 200, "Saved"},
		"another channel": {nil, []string{"choice=sms:offers"}, "+sms:offers", 200, "Saved"},
		"not on the form": {nil, []string{"-was=1:email:offers", "-choice=email:offers", "choice=email:vip", "was=0:email:vip"}, "-email:newsletter -sms:newsletter", 200, "Saved"},
		"less":            {nil, []string{"less=1"}, "less", 200, "Saved"},
		"more again":      {paused, []string{"-less=1"}, "more", 200, "Saved"},
		"a month":         {nil, []string{"break=1"}, "until 2026-04-02T09:00:00Z", 200, "Break until 2 April 2026"},
		"half a year":     {nil, []string{"break=6"}, "until 2026-09-02T09:00:00Z", 200, "Break until 2 September 2026"},
		"until a day":     {nil, []string{"break=date", "date=2026-07-01"}, "until 2026-06-30T22:00:00Z", 200, "Break until 1 July 2026"},
		"until never":     {nil, []string{"break=date", "less=1"}, "", 422, "Choose the day on which the break ends."},
		"until yesterday": {nil, []string{"break=date", "date=2026-03-01"}, "", 422, "a day that is still to come"},
		"until too late":  {nil, []string{"break=date", "date=2028-03-05"}, "", 422, "two years at most"},
		"break kept":      {paused, nil, "", 200, "Everything stays as it is"},
		"break ended":     {paused, []string{"break=none"}, "until ", 200, "No break"},
		"stop everything": {nil, []string{"action=stop"}, "-*:*", 200, "Everything is stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newRecording()
			r := start(t, p, func(o *portal.Options) {
				o.Now = func() time.Time { return at }
				o.Person = func(ctx context.Context, profile string) (portal.Person, error) {
					person, err := ada(ctx, profile)
					person.Zone = berlin
					if c.person != nil {
						c.person(&person)
					}
					return person, err
				}
			})
			path := "/p/" + seal(t, ticket(link.Preferences, func(t *link.Ticket) { t.SentAt, t.Expires = at.Add(-time.Hour), at.Add(time.Hour) }))
			page := r.get(t, path)
			if page.status != http.StatusOK {
				t.Fatalf("answered %d\n%s", page.status, page.body)
			}
			form := change(fields(t, page.body), c.changes...)
			if name == "not on the form" { // A form of one field, which says nothing of the others but that they were there.
				form["choice"] = []string{"email:vip"}
				form["was"] = []string{"1:email:newsletter", "1:sms:newsletter", "0:email:vip"}
			}
			got := r.post(t, path, form)
			if got.status != c.status || !strings.Contains(got.body, c.says) {
				t.Errorf("answered %d, want %d with %q\n%s", got.status, c.status, c.says, got.body)
			}
			if c.status == http.StatusUnprocessableEntity && (!strings.Contains(got.body, `role="alert"`) || !strings.Contains(got.body, `aria-invalid="true"`)) {
				t.Error("the page does not say where the mistake is")
			}
			events := p.events(t)
			if c.want == "" {
				if len(events) != 0 {
					t.Errorf("published %s", events[0].Data)
				}
				return
			}
			if len(events) != 1 || changed(t, events[0]) != c.want {
				t.Fatalf("published %d: %q, want %q", len(events), changed(t, events[0]), c.want)
			}
		})
	}
}

// What is known of a person follows later: whoever changes their mind at once is believed all the same.
func TestMindsChangeFasterThanProfiles(t *testing.T) {
	t.Parallel()
	p := newRecording()
	r := start(t, p)
	path := "/p/" + seal(t, ticket(link.Unsubscribe)) // It opens the preference centre too.
	first := fields(t, r.get(t, path).body)
	page := r.post(t, path, change(first, "-choice=email:offers"))
	second := fields(t, page.body)
	if slices.Contains(second["choice"], "email:offers") {
		t.Fatal("the page does not show what was chosen")
	}
	r.post(t, path, change(second, "choice=email:offers"))
	r.post(t, path, change(first, "choice=email:offers", "-choice=email:offers"))
	var got []string
	for _, e := range p.events(t) {
		got = append(got, changed(t, e))
	}
	if want := []string{"-email:offers", "+email:offers!", "-email:offers"}; !slices.Equal(got, want) {
		t.Errorf("published %q, want %q", got, want)
	}
}
