package portal_test

import (
	"bytes"
	"context"
	_ "embed"
	"flag"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"rapport/pkg/event"
	"rapport/pkg/link"
	"rapport/services/portal"
)

var update = flag.Bool("update", false, "take the pictures in doc anew")

//go:embed testdata/audit.js
var audit string

// browser starts a browser for one test.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := os.Getenv("CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); path == "" && err == nil {
			path = found
		}
	}
	if path == "" {
		t.Skip("there is no Chromium here: install it, or name one by CHROMIUM, to see the pages as people do")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	options := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(chromedp.DefaultExecAllocatorOptions)],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()), chromedp.Flag("lang", "en-GB"))
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(closeTab)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Logf("the browser did not end well: %v", err)
		}
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// dressed sets the window's width and whether the person likes it dark.
func dressed(t *testing.T, ctx context.Context, width int64, dark bool) {
	t.Helper()
	scheme := map[bool]string{true: "dark", false: "light"}[dark]
	do(t, ctx, chromedp.EmulateViewport(width, 760, chromedp.EmulateScale(1.5)), chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		if err != nil {
			return err
		}
		// Without it, nothing in a window that is not in front has the focus.
		_, err = cdp.Call(ctx, tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		return err
	}))
}

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
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil || img.Bounds().Dx() < 390 || img.Bounds().Dy() < 500 {
		t.Errorf("%s is no picture of a page: %v", name, err)
	}
}

// The pages as people see them, large and small, light and dark.
func TestPagesInABrowser(t *testing.T) {
	ctx := browser(t)
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
		dressed(t, ctx, c.width, c.dark)
		do(t, ctx, chromedp.Navigate(r.base+paths[c.page]), chromedp.WaitVisible(chromedp.CSS("h1")))
		audited(t, ctx, c.page+" "+c.picture)
		if c.picture != "" {
			pictured(t, ctx, c.picture)
		}
	}
}

// A person unsubscribes, thinks again, and chooses, with nothing but what a browser does by itself.
func TestAPersonInABrowser(t *testing.T) {
	ctx := browser(t)
	p := newRecording()
	r := start(t, p)
	dressed(t, ctx, 390, false)
	press := func(button, wants string) {
		t.Helper()
		do(t, ctx, chromedp.Click(chromedp.CSS(button)), chromedp.WaitVisible(chromedp.CSS(wants)))
		audited(t, ctx, "after "+button)
	}
	do(t, ctx, chromedp.Navigate(r.base+"/u/"+seal(t, ticket(link.Unsubscribe))), chromedp.WaitVisible(chromedp.CSS("h1")))
	press("button[value=withdraw]", "#done")
	press("button[value=undo]", "#undone")
	press(".more a", "button[value=stop]")
	do(t, ctx, chromedp.Click(chromedp.CSS("input[value='email:offers']")), chromedp.Click(chromedp.CSS("input[value='date']")))
	press("button[value=save]", "[role=alert]")
	do(t, ctx, chromedp.Click(chromedp.CSS("input[value='3']")))
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
	ctx := browser(t)
	path, err := filepath.Abs("testdata/bad.html")
	if err != nil {
		t.Fatal(err)
	}
	dressed(t, ctx, 390, false)
	do(t, ctx, chromedp.Navigate("file://"+path))
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
