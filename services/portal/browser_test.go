package portal_test

import (
	"context"
	_ "embed"
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"rapport/pkg/event"
	"rapport/pkg/link"
	"rapport/services/portal"
	"rapport/services/portal/browsertest"
)

var update = flag.Bool("update", false, "take the pictures in doc anew")

//go:embed testdata/audit.js
var audit string

// audited holds the open page to what people need who see little or use no mouse.
func audited(t *testing.T, ctx context.Context, where string) {
	t.Helper()
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](audit))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("%s: %s", where, f)
	}
}

// pictured takes a picture of the open page: for the documentation with -update, else only to see that there is one.
func pictured(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if *update {
		dir = "doc"
	}
	browsertest.Keep(t, dir, name, picture)
}

// The pages as people see them, large and small, light and dark.
func TestPagesInABrowser(t *testing.T) {
	ctx := browsertest.Start(t)
	locale := "en"
	r := start(t, newRecording(), func(o *portal.Options) {
		o.Person = func(ctx context.Context, profile string) (portal.Person, error) {
			p, err := ada(ctx, profile)
			p.Locale = locale
			return p, err
		}
	})
	paths := map[string]string{
		"unsubscribe": "/u/" + seal(t, ticket(link.Unsubscribe, about("newsletter"))),
		"preferences": "/p/" + seal(t, ticket(link.Preferences)),
		"confirm":     "/k/" + seal(t, ticket(link.Confirm, about("newsletter"))),
		"lost":        "/c/nonsense",
		"expired":     "/c/" + seal(t, ticket(link.Click, expired)),
	}
	for _, c := range []struct {
		page, locale string
		width        int64
		dark         bool
		picture      string
	}{
		{"unsubscribe", "en", 900, false, "unsubscribe"},
		{"unsubscribe", "de", 390, true, ""},
		{"preferences", "en", 900, false, "preferences"},
		{"preferences", "en", 390, false, "preferences-phone"},
		{"preferences", "en", 900, true, "preferences-dark"},
		{"preferences", "de", 900, false, "preferences-de"},
		{"preferences", "it", 320, true, ""},
		{"confirm", "en", 900, false, ""},
		{"confirm", "fr", 320, true, ""},
		{"lost", "", 390, true, ""},
		{"lost", "", 900, false, ""},
		{"expired", "", 390, false, ""},
	} {
		locale = c.locale
		browsertest.Dress(ctx, t, c.width, 760, c.dark)
		browsertest.Do(ctx, t, chromedp.Navigate(r.base+paths[c.page]), chromedp.WaitVisible(chromedp.CSS("h1")))
		audited(t, ctx, c.page+" "+c.picture)
		if c.picture != "" {
			pictured(t, ctx, c.picture)
		}
	}
}

// A person unsubscribes, thinks again, and chooses, with nothing but what a browser does by itself.
func TestAPersonInABrowser(t *testing.T) {
	ctx := browsertest.Start(t)
	p := newRecording()
	r := start(t, p)
	browsertest.Dress(ctx, t, 390, 760, false)
	press := func(button, wants string) {
		t.Helper()
		browsertest.Do(ctx, t, chromedp.Click(chromedp.CSS(button)), chromedp.WaitVisible(chromedp.CSS(wants)))
		audited(t, ctx, "after "+button)
	}
	browsertest.Do(ctx, t, chromedp.Navigate(r.base+"/u/"+seal(t, ticket(link.Unsubscribe))), chromedp.WaitVisible(chromedp.CSS("h1")))
	press("button[value=withdraw]", "#done")
	press("button[value=undo]", "#undone")
	press(".more a", "button[value=stop]")
	browsertest.Do(ctx, t, chromedp.Click(chromedp.CSS("input[value='email:offers']")), chromedp.Click(chromedp.CSS("input[value='date']")))
	press("button[value=save]", "[role=alert]")
	browsertest.Do(ctx, t, chromedp.Click(chromedp.CSS("input[value='3']")))
	press("button[value=save]", "#saved")
	press("button[value=stop]", "#stopped")
	var got []string
	for _, e := range p.events(t) {
		got = append(got, e.Type)
	}
	want := strings.Join([]string{event.EmailUnsubscribed, event.PreferencesChanged, event.PreferencesChanged, event.PreferencesChanged}, " ")
	if all := strings.Join(got, " "); all != want {
		t.Errorf("published %s, want %s", all, want)
	}
	last := p.events(t)
	if got := changed(t, last[2]); !strings.HasPrefix(got, "-email:offers until ") {
		t.Errorf("chose %q", got)
	}
	if got := changed(t, last[3]); got != "-*:*" {
		t.Errorf("stopped %q", got)
	}
}

// The audit itself finds what it looks for.
func TestAuditInABrowser(t *testing.T) {
	ctx := browsertest.Start(t)
	path, err := filepath.Abs("testdata/bad.html")
	if err != nil {
		t.Fatal(err)
	}
	browsertest.Dress(ctx, t, 390, 760, false)
	browsertest.Do(ctx, t, chromedp.Navigate("file://"+path))
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](audit))
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(found, "\n")
	for _, rule := range []string{
		"no language", "no title", "headings 2,4", "headings skip a level", "no main", "no label", "an option outside a group", "no legend", "no name",
		"an id twice", "describes nothing", "contrast", "edge", "focus is not seen", "too small", "wider than the window",
	} {
		if !strings.Contains(all, rule) {
			t.Errorf("does not find %q among\n%s", rule, all)
		}
	}
}
