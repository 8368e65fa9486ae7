package main_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/templates"
)

const thankYouText = "email/thank-you.txt.liquid"

// workspace is a copy of the starter, to edit.
func workspace(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	if err := os.CopyFS(dir, templates.FS); err != nil {
		t.Fatal(err)
	}
	return dir
}

// edit replaces text in a file of a workspace; a file without the text is left, and is an
// error, so that the test follows the templates.
func edit(t *testing.T, dir, name, from, to string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), from) {
		t.Fatalf("%s does not hold %q", name, from)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(b), from, to)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A template is edited while everything runs: the next mail has the change. An edit that
// does not compile is named on the log, and mails go on as they were.
func TestEditingATemplateWhileRunning(t *testing.T) {
	t.Parallel()
	shop := workspace(t)
	r := up(t, t.TempDir(), "--workspace", shop, "--log-level", "info")
	thank := func(customer string) string {
		t.Helper()
		r.accepted(t, order("order-"+customer, customer, "Cy", "Lamp"))
		return r.content(t, r.await(t, 1, url.Values{"to": {customer + "@"}})[0].ID).Text
	}
	if text := thank("before"); !strings.Contains(text, "Thank you for your order.") {
		t.Fatalf("the starter's text is another:\n%s", text)
	}

	edit(t, shop, thankYouText, "Thank you for your order.", "You have made our day.")
	r.errs.await(t, "the workspace changed", r.gone)
	if text := thank("edited"); !strings.Contains(text, "You have made our day.") {
		t.Errorf("the edit is not in the next mail:\n%s", text)
	}

	edit(t, shop, thankYouText, "You have made our day.", "{{ profile.first_name | shout }}")
	r.errs.await(t, "the last good state stays in force", r.gone)
	if log := r.errs.String(); !strings.Contains(log, thankYouText+":5:25") || !strings.Contains(log, "shout") {
		t.Errorf("the log does not say where the mistake is:\n%s", log)
	}
	if text := thank("broken"); !strings.Contains(text, "You have made our day.") {
		t.Errorf("after a broken edit the mail is not as before:\n%s", text)
	}

	edit(t, shop, thankYouText, "{{ profile.first_name | shout }}", `{{ profile.first_name | default: "you" | upcase }}, hooray.`)
	r.errs.awaitCount(t, 2, "the workspace changed", r.gone)
	if text := thank("mended"); !strings.Contains(text, "CY, hooray.") {
		t.Errorf("the mended edit is not in the next mail:\n%s", text)
	}
}
