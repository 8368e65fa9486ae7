package preview_test

import (
	"bytes"
	"context"
	"flag"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var update = flag.Bool("update", false, "take the pictures in doc anew")

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
		t.Skip("there is no Chromium here: install it, or name one by CHROMIUM, to see the page as people do")
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

// dressed sets the window's size and whether the person likes it dark.
func dressed(t *testing.T, ctx context.Context, width, height int64, dark bool) {
	t.Helper()
	like := map[bool]string{true: "dark", false: "light"}[dark]
	do(t, ctx, chromedp.EmulateViewport(width, height, chromedp.EmulateScale(1.5)), chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: like}},
		})
		if err != nil {
			return err
		}
		// Without it, nothing in a window that is not in front has the focus.
		_, err = cdp.Call(ctx, tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		return err
	}))
}

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
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil || img.Bounds().Dx() < 390 || img.Bounds().Dy() < 500 {
		t.Errorf("%s is no picture of a page: %v", name, err)
	}
}

// loaded waits until what is in the frames has come.
const loaded = `Promise.all([...document.querySelectorAll("iframe")].map((f) => f.contentDocument && f.contentDocument.readyState === "complete" &&
	f.contentDocument.URL !== "about:blank" || new Promise((done) => f.addEventListener("load", done, {once: true})))).then(() => true)`

// The page as people see it: large and small, light and dark, with nothing for those to stumble over who see little or use no mouse.
func TestPageInABrowser(t *testing.T) {
	ctx := browser(t)
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
		dressed(t, ctx, c.width, c.height, c.dark)
		do(t, ctx, chromedp.Navigate(r.base+c.path), chromedp.WaitVisible(chromedp.CSS("h1")))
		ask[bool](t, ctx, loaded)
		pictured(t, ctx, c.name)
		for _, f := range ask[[]string](t, ctx, string(audit)) {
			t.Errorf("%s: %s", c.name, f)
		}
	}
}

// Somebody looks through the messages with the keyboard, chooses, saves a file with a mistake in it, and mends it.
func TestAPersonInABrowser(t *testing.T) {
	ctx := browser(t)
	r := start(t, nil)
	dressed(t, ctx, 1440, 1040, false)
	becomes := func(what, expression string) {
		t.Helper()
		if _, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(patience))); err != nil {
			t.Fatalf("%s: %v\n%s", what, err, ask[string](t, ctx, "document.querySelector('main').innerText"))
		}
	}
	press := func(key string) {
		t.Helper()
		do(t, ctx, chromedp.KeyEvent(key))
	}
	do(t, ctx, chromedp.Navigate(r.base+at("/", "message", "email/nps")), chromedp.WaitVisible(chromedp.CSS("#status.on")))
	ask[bool](t, ctx, "window.kept = true")
	press(kb.ArrowDown)
	becomes("down", `document.querySelector("h1").textContent.startsWith("nps-promoter") && document.activeElement.closest("#list") !== null`)
	press(kb.ArrowDown)
	press(kb.ArrowUp)
	becomes("down and up", `document.querySelector("h1").textContent.startsWith("nps-promoter") && location.search.includes("nps-promoter")`)

	do(t, ctx, chromedp.Click(chromedp.CSS(`a[href*="look=dark"]`)))
	becomes("dark", `location.search.includes("look=dark") && document.querySelector("iframe.dark") !== null`)
	ask[bool](t, ctx, `(() => { const s = document.getElementById("profile"); s.value = "nameless"; return s.dispatchEvent(new Event("change", {bubbles: true})); })()`)
	becomes("a person", `location.search.includes("profile=nameless") && location.search.includes("look=dark")`)
	ask[bool](t, ctx, "history.back() || true")
	becomes("back", `!location.search.includes("profile=nameless") && document.getElementById("profile").value === "new"`)
	press("/")
	becomes("the search by its key", `document.activeElement.id === "q"`)
	ask[bool](t, ctx, `(document.getElementById("q").value = "") === ""`)
	do(t, ctx, chromedp.SendKeys(chromedp.CSS("#q"), "reorder"))
	becomes("the search", `[...document.querySelectorAll("#list a")].filter((a) => a.getClientRects().length).length === 3`)
	do(t, ctx, chromedp.Navigate(r.base+at("/", "message", "email/thank-you")), chromedp.WaitVisible(chromedp.CSS("#status.on")))
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
	ctx := browser(t)
	r := start(t, map[string]string{
		"email/hostile.html.liquid": "---\nsubject: Hostile\n---\n<html><head></head><body><p id=p>quiet</p><script>document.getElementById('p').textContent='loud'</script>" +
			"<img src=x onerror=\"document.getElementById('p').textContent='loud'\"><form action=\"/\"><button>Go</button></form></body></html>",
		"email/strict.html.liquid": "---\nsubject: For {{ profile.first_name }}\nlayout: shop\n---\n<p>Dear {{ profile.first_name }},</p>\n<p>your size is {{ profile.shoe_size }}.</p>\n",
	})
	dressed(t, ctx, 1440, 900, false)
	do(t, ctx, chromedp.Navigate(r.base+at("/", "message", "email/hostile")), chromedp.WaitVisible(chromedp.CSS("h1")))
	ask[bool](t, ctx, loaded)
	if got := ask[string](t, ctx, `document.querySelector("iframe").contentDocument.getElementById("p").textContent`); got != "quiet" {
		t.Errorf("a script ran in the frame: %q", got)
	}
	do(t, ctx, chromedp.Navigate(r.base+at("/", "message", "email/strict")), chromedp.WaitVisible(chromedp.CSS(".broken")))
	pictured(t, ctx, "error")
}
