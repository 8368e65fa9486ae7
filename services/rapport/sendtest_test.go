package main_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/services/catcher"
	"rapport/templates"
)

// caught is a catcher, as `rapport up` has one.
func caught(t *testing.T) *catcher.Catcher {
	t.Helper()
	c, err := catcher.New(catcher.Options{Dir: t.TempDir(), SMTPAddr: "127.0.0.1:0", HTTPAddr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	<-c.Ready()
	return c
}

// starter is a directory with the starter as ./templates, and two people of its own.
func starter(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "templates"), templates.FS); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "templates", "samples"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "templates/samples/grace.json", `{"title": "Grace", "profile": {"first_name": "Grace"}}`)
	write(t, dir, "other.json", `{"title": "Other", "locale": "de-AT", "profile": {"first_name": "Otto"}, "trigger": {"order_id": "X-7"}}`)
	write(t, dir, "torn.json", `{"title": `)
	return dir
}

// One mail and one text message reach a catcher as customers' would, for whom the flags say.
func TestSendTest(t *testing.T) {
	t.Parallel()
	c, dir := caught(t), starter(t)
	send := func(want []string, args ...string) catcher.Content {
		t.Helper()
		got := execute(t, command(t, dir, append([]string{"send-test", "--smtp", c.SMTPAddr(), "--catcher-url", c.URL()}, args...)...))
		for _, w := range want {
			if got.code != 0 || !strings.Contains(got.out, w) {
				t.Fatalf("%v: exit code %d\n%s%s\nwant in it: %s", args, got.code, got.out, got.errors, w)
			}
		}
		all, err := c.Messages(t.Context(), catcher.Filter{})
		if err != nil || len(all) == 0 {
			t.Fatalf("%v: nothing was caught: %v", args, err)
		}
		content, err := c.Read(t.Context(), all[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	for _, x := range []struct {
		args          []string
		subject, text string
		told          []string
	}{
		{
			[]string{"thank-you", "--to", "me@example.com"},
			"[Test] Thank you for your order A-1042", "Hi Ada",
			[]string{"Sent email/thank-you to me@example.com through ", "for       New customer", "of the 102 KB that Gmail shows", "preheader We have it"},
		},
		{[]string{"thank-you", "--to", "me@example.com", "--locale", "de", "--profile", "german"}, "[Test] Vielen Dank für Ihre Bestellung A-1042", "Guten Tag Jürgen", nil},
		{[]string{"email/thank-you@thank-you.thanks", "--to", "me@example.com", "--profile", "grace"}, "[Test] Thank you for your order A-1042", "Hi Grace", nil},
		{[]string{"thank-you", "--to", "me@example.com", "--profile", "other.json"}, "[Test] Vielen Dank für Ihre Bestellung X-7", "Guten Tag Otto", []string{"for       Other"}},
	} {
		m := send(x.told, x.args...)
		if m.Subject != x.subject || !strings.Contains(m.Text, x.text) || !strings.Contains(m.HTML, "</table>") || m.To[0] != "me@example.com" {
			t.Errorf("%v: caught %q to %v:\n%s", x.args, m.Subject, m.To, m.Text)
		}
	}
	m := send([]string{"Sent email/newsletter"}, "newsletter", "--to", "me@example.com")
	if raw := string(m.Raw); !strings.Contains(raw, "List-Unsubscribe:") || !strings.Contains(raw, "X-Rapport-Journey: newsletter") || !strings.Contains(raw, "Feedback-ID:") {
		t.Errorf("not the headers of a real one:\n%.2000s", raw)
	}
	again := send(nil, "newsletter", "--to", "me@example.com")
	if again.MessageID == m.MessageID {
		t.Errorf("two tests are the same message %q", m.MessageID)
	}
	m = send([]string{"Sent sms/win-back to +447700900123 through http://127.0.0.1:", "for       No first name", "segment"}, "win-back", "--to", "+447700900123", "--profile", "nameless")
	if !strings.HasPrefix(m.Text, "Hazel & Finch: ") || m.Channel != catcher.SMS {
		t.Errorf("caught %q on %s", m.Text, m.Channel)
	}
}

// What cannot be sent says why, and what to do.
func TestSendTestThatCannotBe(t *testing.T) {
	t.Parallel()
	dir, c := starter(t), caught(t)
	write(t, dir, "templates/email/strict.html.liquid", "---\nsubject: Strict\n---\n<p>{{ profile.shoe_size }}</p>")
	for line, want := range map[string]string{
		"thank-you --to me@example.com --smtp 127.0.0.1:1":             "it was not sent: nobody answers at 127.0.0.1:1: ",
		"win-back --to +447700900123 --catcher-url http://127.0.0.1:1": "it was not sent: nobody answers at http://127.0.0.1:1: ",
		"thank-you --to bounce@example.com --smtp " + c.SMTPAddr():     "it was not sent through " + c.SMTPAddr() + ": ",
		"win-back --to +15005550001 --catcher-url " + c.URL():          "it was not sent through " + c.URL() + ": ",
		"strict --to me@example.com":                                   "email/strict cannot be rendered for New customer: email/strict.html.liquid:4:",
		"thank-you --to me@example.com --profile nobody":               "--profile nobody: there is no such file, and no sample person of this name: use a JSON file, or one of new, loyal, nameless",
		"thank-you --to me@example.com --profile torn.json":            "torn.json:1:10: ends too early",
		"thank-you --to me@example.com --workspace none":               "the workspace none cannot be read",
	} {
		got := execute(t, command(t, dir, append([]string{"send-test"}, strings.Fields(line)...)...))
		if got.code != 1 || !strings.Contains(got.errors, want) || got.out != "" {
			t.Errorf("%s: exit code %d; %s%s\nwant in it: %s", line, got.code, got.out, got.errors, want)
		}
	}
	for line, want := range map[string]string{
		"thank-yuo --to me@example.com":        "there is no email template \"thank-yuo\": did you mean",
		"crm-note --to me@example.com":         "there is no email template \"crm-note\", but one for webhook",
		"sms/win-back --to me@example.com":     "sms/win-back cannot go to me@example.com, which is for email",
		"../../etc/passwd --to me@example.com": "../../etc/passwd cannot go to me@example.com",
		"thank-you --to +447700900123":         "there is no sms template \"thank-you\", but one for email",
	} {
		got := execute(t, command(t, dir, append([]string{"send-test"}, strings.Fields(line)...)...))
		if got.code != 2 || !strings.Contains(got.errors, want) || got.out != "" {
			t.Errorf("%s: exit code %d; %s%s\nwant in it: %s", line, got.code, got.out, got.errors, want)
		}
	}
}
