package main_test

import (
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// What the first five minutes are like: start, paste the command of the banner, read the
// mail, press Ctrl-C, start again.
func TestFirstOrder(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := up(t, data)
	r.paste(t)
	thanks := url.Values{"journey": {"thank-you"}, "to": {"ada@example.com"}}
	began := time.Now()
	mail := r.await(t, 1, thanks)[0]
	t.Logf("up: the thank-you is caught %s after the command's end", time.Since(began).Round(time.Millisecond))
	content := r.content(t, mail.ID)
	for part, text := range map[string]string{"HTML": content.HTML, "plain text": content.Text} {
		for _, want := range []string{"Ada", "Regency cake stand", "Cake cases, retro spot", "27.50"} {
			if !strings.Contains(text, want) {
				t.Errorf("the %s part has no %q:\n%s", part, want, text)
			}
		}
	}

	// The same message id again is the same order; another one after it shows that it was
	// looked at.
	r.paste(t)
	r.accepted(t, order("A-2", "ada", "Ada", "Teapot"))
	if all := r.await(t, 2, thanks); len(all) != 2 {
		t.Errorf("%d thank-yous for two orders, one of them told twice", len(all))
	}

	if code := r.interrupt(t); code != 0 {
		t.Errorf("Ctrl-C ends with %d:\n%s", code, r.errs)
	}
	again := up(t, data)
	if all := again.caught(t, thanks); len(all) != 2 {
		t.Errorf("%d messages after the restart, want the 2 from before", len(all))
	}
	again.paste(t) // Known before the restart as well.
	again.accepted(t, order("A-3", "ada", "Ada", "Kettle"))
	if all := again.await(t, 3, thanks); len(all) != 3 || !strings.Contains(again.content(t, all[2].ID).Text, "Kettle") {
		t.Errorf("%d thank-yous, want 3, the last of them for a kettle", len(all))
	}
	for _, log := range []*output{r.errs, again.errs} {
		if text := log.String(); text != "" {
			t.Errorf("warnings or errors on the log:\n%s", text)
		}
	}
}

// paste runs the banner's command as it is. Where there is no curl the same body is
// posted, and the log says so.
func (r *running) paste(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Log("no curl here: the banner's order is posted, its command is not tried")
		r.accepted(t, find(t, r.curl, `(?s)-d '(.*)'`))
		return
	}
	out, err := exec.CommandContext(t.Context(), "sh", "-c", r.curl).CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"success":true`) {
		t.Fatalf("%s\n%v: %s", r.curl, err, out)
	}
}
