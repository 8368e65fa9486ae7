package portal_test

import (
	"cmp"
	"net/http"
	"strings"
	"testing"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/link"
	"rapport/pkg/message"
	"rapport/services/portal"
)

// link to a product, by name.
func named(name string) func(*link.Ticket) { return func(t *link.Ticket) { t.Link = name } }

func TestClickIsStoredByTheStop(t *testing.T) {
	t.Parallel()
	js := broker(t)
	r := start(t, bus.NewBroker(js))
	token := seal(t, ticket(link.Click))
	for range 2 { // The second is a double click.
		got := r.get(t, "/c/"+token)
		if got.status != http.StatusFound || got.header.Get("Location") != target {
			t.Fatalf("answered %d to %q", got.status, got.header.Get("Location"))
		}
		if got.header.Get("Cache-Control") != "no-store" || !strings.Contains(got.header.Get("X-Robots-Tag"), "noindex") {
			t.Errorf("headers %v", got.header)
		}
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	events := stored(t, js)
	if types(events) != event.EmailClicked {
		t.Fatalf("stored %s", types(events))
	}
	const want = `{"message_id":"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a","journey":"win-back","instance":"i1","step":"mail","template":"news","channel":"email",` +
		`"category":"marketing","url":"` + target + `","product_id":"teapot","link_category":"kitchen","link":"hero","user_agent":"` + iPhone + `"}`
	if string(events[0].Data) != want {
		t.Errorf("data\n%s\nwant\n%s", events[0].Data, want)
	}
}

// Who visits, how, and which events that makes.
func TestVisitors(t *testing.T) {
	t.Parallel()
	click := func(name string) link.Ticket { return ticket(link.Click, named(name)) }
	type visit struct {
		ticket         link.Ticket
		method, header string
		agent          string
		since          time.Duration // the sending; an hour when 0
	}
	for name, c := range map[string]struct {
		visits []visit
		want   string // types
		why    string // of the machines
	}{
		"a person":  {[]visit{{ticket: click("a")}}, event.EmailClicked, ""},
		"HEAD only": {[]visit{{ticket: click("a"), method: http.MethodHead}}, event.EmailScanned, "head"},
		"HEAD, then a person": {
			[]visit{{ticket: click("a"), method: http.MethodHead}, {ticket: click("a")}}, event.EmailClicked + " " + event.EmailScanned, "head",
		},
		"a scanner that says so": {[]visit{{ticket: click("a"), agent: "Barracuda Sentinel"}}, event.EmailScanned, "scanner"},
		"a scanner beside a person": {
			[]visit{{ticket: click("a"), agent: "Slackbot 1.0"}, {ticket: click("b"), agent: "Slackbot 1.0"}, {ticket: click("c")}},
			event.EmailClicked + " " + event.EmailScanned + " " + event.EmailScanned, "preview",
		},
		"all links at once": {
			[]visit{{ticket: click("a")}, {ticket: click("b")}, {ticket: click("c")}},
			event.EmailScanned + " " + event.EmailScanned + " " + event.EmailScanned, "burst",
		},
		"the hidden link too": {
			[]visit{{ticket: click("a")}, {ticket: click(portal.HiddenLink)}}, event.EmailScanned + " " + event.EmailScanned, "honeypot",
		},
		"prefetched":        {[]visit{{ticket: click("a"), header: "Sec-Purpose=prefetch"}}, event.EmailScanned, "prefetch"},
		"just sent":         {[]visit{{ticket: click("a"), since: time.Second}}, event.EmailScanned, "soon"},
		"an open":           {[]visit{{ticket: ticket(link.Open)}}, event.EmailOpened, ""},
		"an open at Gmail":  {[]visit{{ticket: ticket(link.Open), agent: "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"}}, event.EmailOpened, ""},
		"an open by Apple":  {[]visit{{ticket: ticket(link.Open), agent: "Mozilla/5.0"}}, event.EmailPrefetched, "privacy_proxy"},
		"opened twice":      {[]visit{{ticket: ticket(link.Open)}, {ticket: ticket(link.Open)}}, event.EmailOpened, ""},
		"no longer an open": {[]visit{{ticket: ticket(link.Open, expired)}}, "", ""},
		"no longer a click": {[]visit{{ticket: ticket(link.Click, expired)}}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newRecording()
			at := time.Now().Truncate(10 * time.Second)
			r := start(t, p, func(o *portal.Options) { o.Now = func() time.Time { return at } })
			for _, v := range c.visits {
				v.ticket.SentAt = at.Add(-cmp.Or(v.since, time.Hour))
				path, header := "/c/"+seal(t, v.ticket), map[string]string{"User-Agent": iPhone}
				if v.ticket.Kind == link.Open {
					path = "/o/" + seal(t, v.ticket) + ".gif"
				}
				if v.agent != "" {
					header["User-Agent"] = v.agent
				}
				if key, value, ok := strings.Cut(v.header, "="); ok {
					header[key] = value
				}
				if v.method == "" {
					v.method = http.MethodGet
				}
				r.send(t, v.method, path, nil, header)
			}
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
			byID := map[string]event.Event{}
			for _, e := range p.events(t) {
				byID[e.ID] = e // As the stream does.
			}
			var events []event.Event
			for _, e := range byID {
				events = append(events, e)
				if machine := member(t, e, "machine"); machine != "" && machine != c.why {
					t.Errorf("%s because of %q, want %q", e.Type, machine, c.why)
				} else if (machine != "") != (e.Type == event.EmailScanned || e.Type == event.EmailPrefetched) {
					t.Errorf("%s with machine %q", e.Type, machine)
				}
			}
			if types(events) != c.want {
				t.Errorf("published %q, want %q", types(events), c.want)
			}
		})
	}
}

func TestPictureIsAlwaysOne(t *testing.T) {
	t.Parallel()
	r := start(t, newRecording())
	for path, status := range map[string]int{
		"/o/" + seal(t, ticket(link.Open)) + ".gif":          http.StatusOK,
		"/o/" + seal(t, ticket(link.Open, expired)) + ".gif": http.StatusOK,
		"/o/" + seal(t, ticket(link.Click)) + ".gif":         http.StatusNotFound,
		"/o/nonsense.gif": http.StatusNotFound,
	} {
		got := r.get(t, path)
		if got.status != status || got.header.Get("Content-Type") != "image/gif" || len(got.body) != 43 || !strings.HasPrefix(got.body, "GIF89a") {
			t.Errorf("%.10s answered %d with %q", path, got.status, got.body)
		}
		if got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%.10s may be kept", path)
		}
	}
}

// What is wrong with a link is not told, and nothing but what was sealed is redirected to.
func TestWrongLinks(t *testing.T) {
	t.Parallel()
	p := newRecording()
	r := start(t, p)
	good := seal(t, ticket(link.Click))
	lost := r.get(t, "/c/nonsense")
	if lost.status != http.StatusNotFound || !strings.Contains(lost.body, "This link does not work") || !strings.Contains(lost.body, `href="https://shop.example/"`) {
		t.Errorf("a forged link answered %d: %s", lost.status, lost.body)
	}
	for name, path := range map[string]string{
		"a letter less": "/c/" + good[1:], "of another kind": "/c/" + seal(t, ticket(link.Open)), "a click to withdraw": "/u/" + good,
		"an open": "/p/" + seal(t, ticket(link.Open)), "no token": "/c/", "no route": "/wp-login.php", "the root": "/",
		"too long": "/c/" + strings.Repeat("a", 10_000), "no purpose": "/k/" + seal(t, ticket(link.Confirm)),
	} {
		got := r.get(t, path)
		if got.status != http.StatusNotFound || got.body != lost.body || got.header.Get("Location") != "" {
			t.Errorf("%s: answered %d, %s", name, got.status, got.body)
		}
	}
	for _, kind := range []string{"c", "p", "k"} {
		k := map[string]link.Kind{"c": link.Click, "p": link.Preferences, "k": link.Confirm}[kind]
		got := r.get(t, "/"+kind+"/"+seal(t, ticket(k, expired, about("newsletter"))))
		if got.status != http.StatusGone || !strings.Contains(got.body, "This link has expired") || !strings.Contains(got.body, `href="https://shop.example/"`) {
			t.Errorf("an expired %s answered %d", k, got.status)
		}
	}
	if got := r.send(t, http.MethodPost, "/c/"+good, nil, nil); got.status != http.StatusNotFound {
		t.Errorf("POST of a click answered %d", got.status)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if got := p.events(t); len(got) != 0 {
		t.Errorf("published %s", types(got))
	}
}

// While the broker is away people go on, and what they did is stored when it is back.
func TestClicksWaitForTheBroker(t *testing.T) {
	t.Parallel()
	p := newRecording()
	p.Fail(errAway)
	r := start(t, p)
	if got := r.get(t, "/o/"+seal(t, ticket(link.Open))+".gif"); got.status != http.StatusOK {
		t.Fatalf("the picture answered %d", got.status)
	}
	<-p.tried
	if got := r.get(t, "/c/"+seal(t, ticket(link.Click))); got.status != http.StatusFound {
		t.Fatalf("the click answered %d", got.status)
	}
	p.Fail(nil)
	<-p.tried
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if got := types(p.events(t)); got != event.EmailClicked+" "+event.EmailOpened {
		t.Errorf("stored %s", got)
	}
}

// A stop is bounded, whatever the broker does.
func TestStopGivesUp(t *testing.T) {
	t.Parallel()
	p := newRecording()
	p.Fail(errAway)
	r := start(t, p, func(o *portal.Options) { o.DrainWithin = 300 * time.Millisecond })
	r.get(t, "/c/"+seal(t, ticket(link.Click)))
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if got := p.events(t); len(got) != 0 {
		t.Errorf("stored %s", types(got))
	}
}

// Too many clicks to hold are judged at once, and none is lost.
func TestFullHoldLosesNothing(t *testing.T) {
	t.Parallel()
	p := newRecording()
	r := start(t, p, func(o *portal.Options) { o.Held = 1 })
	for i := range 5 {
		id := strings.Repeat(string("abcde"[i]), 32)
		r.get(t, "/c/"+seal(t, ticket(link.Click, func(t *link.Ticket) { t.Ref = message.Ref{ID: id, Partition: 1} })))
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if got := types(p.events(t)); strings.Count(got, event.EmailClicked) != 5 {
		t.Errorf("stored %s", got)
	}
}
