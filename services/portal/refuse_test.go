package portal_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/pkg/link"
	"rapport/services/portal"
)

// What the broker did not confirm is not said to be done.
func TestFormsAreDurable(t *testing.T) {
	t.Parallel()
	p := newRecording()
	r := start(t, p)
	for kind, k := range map[string]link.Kind{"u": link.Unsubscribe, "p": link.Preferences, "k": link.Confirm} {
		path := "/" + kind + "/" + seal(t, ticket(k, about("newsletter")))
		p.Fail(nil)
		form := change(fields(t, r.get(t, path).body), "less=1")
		p.Fail(errAway)
		got := r.post(t, path, form)
		if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" || !strings.Contains(got.body, "That did not work just now") {
			t.Errorf("%s answered %d, %v", k, got.status, got.header)
		}
	}
	got := r.send(t, http.MethodPost, "/u/"+seal(t, ticket(link.Unsubscribe)), url.Values{"List-Unsubscribe": {"One-Click"}}, nil)
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("one click answered %d", got.status)
	}
}

func TestFormsThatAreRefused(t *testing.T) {
	t.Parallel()
	p := newRecording()
	r := start(t, p, func(o *portal.Options) { o.FormsPerMinute = 3 })
	path := "/p/" + seal(t, ticket(link.Preferences))
	form := change(fields(t, r.get(t, path).body), "less=1", "List-Unsubscribe=One-Click")
	for name, c := range map[string]struct {
		header map[string]string
		form   url.Values
		status int
	}{
		"of another site":          {map[string]string{"Sec-Fetch-Site": "cross-site"}, form, http.StatusForbidden},
		"of another site, old":     {map[string]string{"Origin": "https://evil.example"}, form, http.StatusForbidden},
		"too long":                 {nil, url.Values{"less": {strings.Repeat("1", 20_000)}}, http.StatusBadRequest},
		"not a form":               {map[string]string{"Content-Type": "application/json"}, form, http.StatusBadRequest},
		"of nothing that is known": {map[string]string{"Content-Type": "multipart/form-data"}, form, http.StatusBadRequest},
	} {
		if got := r.send(t, http.MethodPost, path, c.form, c.header); got.status != c.status {
			t.Errorf("%s: answered %d, want %d", name, got.status, c.status)
		}
	}
	if got := p.events(t); len(got) != 0 {
		t.Fatalf("published %s", types(got))
	}
	statuses := []int{}
	for range 4 {
		statuses = append(statuses, r.send(t, http.MethodPost, path, form, map[string]string{"Origin": r.base}).status)
	}
	if !slices.Equal(statuses, []int{200, 200, 200, 429}) {
		t.Errorf("answered %v", statuses)
	}
}

func TestUnknownPeople(t *testing.T) {
	t.Parallel()
	r := start(t, newRecording())
	stranger := func(t *link.Ticket) { t.Profile = "nobody" }
	if got := r.get(t, "/p/"+seal(t, ticket(link.Preferences, stranger))); got.status != http.StatusNotFound {
		t.Errorf("the preference centre answered %d", got.status)
	}
	if got := r.get(t, "/u/"+seal(t, ticket(link.Unsubscribe, stranger))); got.status != http.StatusOK {
		t.Errorf("unsubscribing answered %d", got.status)
	}
	broken := start(t, newRecording(), func(o *portal.Options) {
		o.Person = func(context.Context, string) (portal.Person, error) {
			return portal.Person{}, errors.New("no database")
		}
	})
	if got := broken.get(t, "/p/"+seal(t, ticket(link.Preferences))); got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "Try again") {
		t.Errorf("without the database, the preference centre answered %d", got.status)
	}
	if got := broken.get(t, "/u/"+seal(t, ticket(link.Unsubscribe))); got.status != http.StatusOK {
		t.Errorf("without the database, unsubscribing answered %d", got.status)
	}
}

// Every page in every language, and what protects it.
func TestPagesInAllLanguages(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{"en", "de", "fr", "es", "it", "nl"} {
		t.Run(tag, func(t *testing.T) {
			t.Parallel()
			r := start(t, newRecording(), func(o *portal.Options) {
				o.Person = func(ctx context.Context, profile string) (portal.Person, error) {
					person, err := ada(ctx, profile)
					person.Locale, person.PausedUntil = tag+"-XX", time.Now().Add(100*time.Hour)
					return person, err
				}
			})
			for kind, k := range map[string]link.Kind{"u": link.Unsubscribe, "p": link.Preferences, "k": link.Confirm} {
				path := "/" + kind + "/" + seal(t, ticket(k, about("newsletter")))
				page := r.get(t, path)
				pages := []reply{page, r.post(t, path, change(fields(t, page.body), "less=1"))}
				pages = append(pages, r.post(t, path, change(fields(t, page.body), "break=date")), r.post(t, path, change(fields(t, page.body), "action=stop")))
				for _, got := range pages {
					if got.status >= 500 || !strings.Contains(got.body, `<html lang="`+tag+`">`) || strings.Contains(got.body, "%!") {
						t.Errorf("%s answered %d\n%s", k, got.status, got.body)
					}
					policy := got.header.Get("Content-Security-Policy")
					if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(got.body, "<script") ||
						got.header.Get("X-Content-Type-Options") != "nosniff" || got.header.Get("Referrer-Policy") != "same-origin" || got.header.Get("Set-Cookie") != "" {
						t.Errorf("%s has the headers %v", k, got.header)
					}
				}
			}
		})
	}
}
