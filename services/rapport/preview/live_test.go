package preview_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

// follow opens the events of a page; wait returns after the next one.
func (r *running) follow(t *testing.T) (wait func()) {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), patience)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		stop()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = resp.Body.Close()
	})
	lines := bufio.NewScanner(resp.Body)
	return func() {
		t.Helper()
		for lines.Scan() {
			if lines.Text() == "data: changed" {
				return
			}
		}
		t.Fatalf("no word of a change: %v", lines.Err())
	}
}

// until waits for events until a page is as it should be. A save may show in more than one reading.
func (r *running) until(t *testing.T, wait func(), path, what string, ok func(body string) bool) {
	t.Helper()
	for began := time.Now(); ; wait() {
		_, body := r.get(t, path)
		if ok(body) {
			return
		}
		if time.Since(began) > patience {
			t.Fatalf("%s: not so:\n%s", what, body)
		}
	}
}

// The page follows the files: changes, mistakes, beside which the last good state stays, and samples.
func TestFollowsTheFiles(t *testing.T) {
	t.Parallel()
	r := start(t, sampled())
	wait := r.follow(t)
	page := at("/", "message", "email/colours")
	has := func(all ...string) func(string) bool {
		return func(body string) bool {
			for _, text := range all {
				if !strings.Contains(body, text) {
					return false
				}
			}
			return true
		}
	}
	r.save(t, "email/colours.html.liquid", "---\nsubject: More colours\n---\n<p>Colours</p>")
	r.until(t, wait, page, "a change", has("<strong>More colours</strong>"))
	r.save(t, "email/colours.html.liquid", "---\nsubject: No colours\n---\n<p>{{ profile.first_name | frob }}</p>")
	r.until(t, wait, page, "a mistake", has("1 mistake in the files", "email/colours.html.liquid:4:", "frob", "<pre", "<strong>More colours</strong>"))
	r.save(t, "email/colours.html.liquid", "---\nsubject: Good again\n---\n<p>Colours</p>")
	r.until(t, wait, page, "good again", func(body string) bool {
		return strings.Contains(body, "<strong>Good again</strong>") && !strings.Contains(body, "in the files")
	})
	r.save(t, "samples/late.json", `{"title": "Late comer"}`)
	r.until(t, wait, page, "a sample", has("Late comer"))
	r.save(t, "email/colours.html.liquid", "")
	r.save(t, "email/colours.txt.liquid", "")
	r.until(t, wait, page, "gone", has("There is no such message"))
}
