package preview_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"rapport/services/portal/browsertest"
)

var update = flag.Bool("update", false, "take the pictures in doc anew")

// ask evaluates an expression, which may be a promise, in the open page.
func ask[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return got
}

// pictured takes a picture of the window: for the documentation with -update, else only to see that there is one.
func pictured(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if *update && slices.Contains([]string{"preview", "preview-dark", "german", "phone", "sms", "mistake", "error"}, name) {
		dir = "doc"
	}
	browsertest.Keep(t, dir, name, picture)
}

// loaded waits until what is in the frames has come.
const loaded = `Promise.all([...document.querySelectorAll("iframe")].map((f) => f.contentDocument && f.contentDocument.readyState === "complete" &&
	f.contentDocument.URL !== "about:blank" || new Promise((done) => f.addEventListener("load", done, {once: true})))).then(() => true)`

// The page as people see it: large and small, light and dark, with nothing for those to stumble over who see little or use no mouse.
func TestPageInABrowser(t *testing.T) {
	ctx := browsertest.Start(t)
	r := start(t, nil)
	audit, err := os.ReadFile("../../portal/testdata/audit.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path    string
		width, height int64
		dark          bool
	}{
		{"preview", at("/", "message", "email/thank-you"), 1440, 1040, false},
		{"preview-dark", at("/", "message", "email/cart-abandonment", "profile", "loyal", "look", "dark"), 1440, 1040, true},
		{"german", at("/", "message", "email/thank-you", "lang", "de", "profile", "german"), 1440, 1040, false},
		{"phone", at("/", "message", "email/thank-you", "width", "phone"), 390, 844, false},
		{"sms", at("/", "message", "sms/win-back", "profile", "emoji"), 1440, 900, false},
		{"webhook", at("/", "message", "webhook/crm-note"), 1440, 900, true},
		{"text", at("/", "message", "email/nps", "view", "text"), 1100, 900, false},
		{"source", at("/", "message", "email/nps", "view", "source"), 1100, 900, false},
		{"lost", at("/", "message", "email/nothing"), 1100, 700, false},
	} {
		browsertest.Dress(ctx, t, c.width, c.height, c.dark)
		browsertest.Do(ctx, t, chromedp.Navigate(r.base+c.path), chromedp.WaitVisible(chromedp.CSS("h1")))
		ask[bool](t, ctx, loaded)
		pictured(t, ctx, c.name)
		for _, f := range ask[[]string](t, ctx, string(audit)) {
			t.Errorf("%s: %s", c.name, f)
		}
	}
}

// Somebody looks through the messages with the keyboard, chooses, saves a file with a mistake in it, and mends it.
func TestAPersonInABrowser(t *testing.T) {
	ctx := browsertest.Start(t)
	r := start(t, nil)
	browsertest.Dress(ctx, t, 1440, 1040, false)
	becomes := func(what, expression string) {
		t.Helper()
		if _, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(patience))); err != nil {
			t.Fatalf("%s: %v\n%s", what, err, ask[string](t, ctx, "document.querySelector('main').innerText"))
		}
	}
	press := func(key string) {
		t.Helper()
		browsertest.Do(ctx, t, chromedp.KeyEvent(key))
	}
	browsertest.Do(ctx, t, chromedp.Navigate(r.base+at("/", "message", "email/nps")), chromedp.WaitVisible(chromedp.CSS("#status.on")))
	ask[bool](t, ctx, "window.kept = true")
	press(kb.ArrowDown)
	becomes("down", `document.querySelector("h1").textContent.startsWith("nps-promoter") && document.activeElement.closest("#list") !== null`)
	press(kb.ArrowDown)
	press(kb.ArrowUp)
	becomes("down and up", `document.querySelector("h1").textContent.startsWith("nps-promoter") && location.search.includes("nps-promoter")`)

	browsertest.Do(ctx, t, chromedp.Click(chromedp.CSS(`a[href*="look=dark"]`)))
	becomes("dark", `location.search.includes("look=dark") && document.querySelector("iframe.dark") !== null`)
	ask[bool](t, ctx, `(() => { const s = document.getElementById("profile"); s.value = "nameless"; return s.dispatchEvent(new Event("change", {bubbles: true})); })()`)
	becomes("a person", `location.search.includes("profile=nameless") && location.search.includes("look=dark")`)
	ask[bool](t, ctx, "history.back() || true")
	becomes("back", `!location.search.includes("profile=nameless") && document.getElementById("profile").value === "new"`)
	press("/")
	becomes("the search by its key", `document.activeElement.id === "q"`)
	ask[bool](t, ctx, `(document.getElementById("q").value = "") === ""`)
	browsertest.Do(ctx, t, chromedp.SendKeys(chromedp.CSS("#q"), "reorder"))
	becomes("the search", `[...document.querySelectorAll("#list a")].filter((a) => a.getClientRects().length).length === 3`)
	browsertest.Do(ctx, t, chromedp.Navigate(r.base+at("/", "message", "email/thank-you")), chromedp.WaitVisible(chromedp.CSS("#status.on")))
	ask[bool](t, ctx, loaded)
	ask[bool](t, ctx, `(window.kept = true) && document.querySelector("iframe").contentWindow.scrollTo(0, 120) === undefined`)

	const name = "email/thank-you.html.liquid"
	good, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	bad := bytes.Replace(good, []byte(`profile.first_name | default: "there"`), []byte(`profile.first_name | defualt: "there"`), 1)
	r.save(t, name, string(bad))
	becomes("a mistake", `document.querySelector(".over") !== null && document.querySelector("iframe") !== null`)
	pictured(t, ctx, "mistake")
	r.save(t, name, string(bytes.Replace(good, []byte("Thank you for your order"), []byte("Many thanks"), 2)))
	becomes("mended", `document.querySelector(".over") === null && document.querySelector(".inbox").textContent.includes("Many thanks")`)
	becomes("the frame", `(() => { const d = document.querySelector("iframe").contentDocument; return d && d.body && d.body.textContent.includes("Many thanks") && d.defaultView.scrollY === 120; })()`)
	if !ask[bool](t, ctx, "window.kept === true") {
		t.Error("the page was loaded anew")
	}
}

// No script of a message runs, and a message that fails says where.
func TestHostileMessagesInABrowser(t *testing.T) {
	ctx := browsertest.Start(t)
	r := start(t, map[string]string{
		"email/hostile.html.liquid": "---\nsubject: Hostile\n---\n<html><head></head><body><p id=p>quiet</p><script>document.getElementById('p').textContent='loud'</script>" +
			"<img src=x onerror=\"document.getElementById('p').textContent='loud'\"><form action=\"/\"><button>Go</button></form></body></html>",
		"email/strict.html.liquid": "---\nsubject: For {{ profile.first_name }}\nlayout: shop\n---\n<p>Dear {{ profile.first_name }},</p>\n<p>your size is {{ profile.shoe_size }}.</p>\n",
	})
	browsertest.Dress(ctx, t, 1440, 900, false)
	browsertest.Do(ctx, t, chromedp.Navigate(r.base+at("/", "message", "email/hostile")), chromedp.WaitVisible(chromedp.CSS("h1")))
	ask[bool](t, ctx, loaded)
	if got := ask[string](t, ctx, `document.querySelector("iframe").contentDocument.getElementById("p").textContent`); got != "quiet" {
		t.Errorf("a script ran in the frame: %q", got)
	}
	browsertest.Do(ctx, t, chromedp.Navigate(r.base+at("/", "message", "email/strict")), chromedp.WaitVisible(chromedp.CSS(".broken")))
	pictured(t, ctx, "error")
}
