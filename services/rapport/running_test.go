package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"rapport/services/catcher"
)

// running is a started `rapport up` and what its banner said.
type running struct {
	cmd       *exec.Cmd
	out, errs *output
	gone      chan struct{} // closed when it has ended
	http      *http.Client

	events, messages, nats string
	curl                   string // the command that the banner offers
}

// free are addresses that nobody else has.
func free() []string {
	return []string{
		"--http", "127.0.0.1:0", "--catcher-http", "127.0.0.1:0", "--catcher-smtp", "127.0.0.1:0", "--nats", "127.0.0.1:0", "--ops", "127.0.0.1:0",
		"--portal", "127.0.0.1:0", "--listener", "127.0.0.1:0",
	}
}

// up starts everything in one process, on a data directory.
func up(t *testing.T, data string, args ...string) *running {
	t.Helper()
	return upIn(t, t.TempDir(), append([]string{"--data", data}, args...)...)
}

// upIn starts everything from a directory.
func upIn(t *testing.T, dir string, args ...string) *running {
	t.Helper()
	return upWith(t, dir, nil, args...)
}

// upWith starts everything with variables in its environment, and reads the banner.
func upWith(t *testing.T, dir string, env []string, args ...string) *running {
	t.Helper()
	cmd := command(t, dir, append(append([]string{"up"}, free()...), args...)...)
	cmd.Env = append(cmd.Env, env...)
	r := launch(t, cmd)
	banner := r.out.String()
	r.events = find(t, banner, `events +(http://[^/\s]+)/v1/track`)
	r.messages = find(t, banner, `messages +(http://\S+)`)
	r.nats = find(t, banner, `nats +(nats://\S+)`)
	r.curl = find(t, banner, `(?s)  (curl .*?\}\}')`)
	return r
}

// launch starts the program and waits until it says that it is up. It is killed when the
// test ends without having stopped it.
func launch(t *testing.T, cmd *exec.Cmd) *running {
	t.Helper()
	began := time.Now()
	r := &running{
		cmd: cmd, out: newOutput(), errs: newOutput(), gone: make(chan struct{}),
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}, Timeout: patience},
	}
	cmd.Stdout, cmd.Stderr = r.out, r.errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(r.gone)
		_ = cmd.Wait() // The test looks at ProcessState.
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // It may have ended.
		<-r.gone
		if t.Failed() {
			t.Logf("standard error of %s:\n%s", cmd, r.errs)
		}
	})
	r.out.await(t, "Ctrl-C stops", r.gone)
	t.Logf("up: ready after %s", time.Since(began).Round(time.Millisecond))
	return r
}

func find(t *testing.T, text, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in:\n%s", pattern, text)
	}
	return m[1]
}

// interrupt is Ctrl-C; it returns the exit code.
func (r *running) interrupt(t *testing.T) int {
	t.Helper()
	began := time.Now()
	if err := r.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Skipf("there is no Ctrl-C here: %v", err)
	}
	select {
	case <-r.gone:
	case <-time.After(patience):
		t.Fatalf("still running %s after Ctrl-C", patience)
	}
	took := time.Since(began)
	t.Logf("Ctrl-C: stopped after %s", took.Round(time.Millisecond))
	if took > 10*time.Second {
		t.Errorf("Ctrl-C took %s, promised are 10 s", took)
	}
	return r.cmd.ProcessState.ExitCode()
}

// order is an order of a customer as a shop's backend tells it.
func order(id, customer, name, product string) string {
	return fmt.Sprintf(`{"userId":%q,"event":"Order Completed","messageId":%q,
		"context":{"traits":{"firstName":%q,"email":"%s@example.com"}},
		"properties":{"order_id":%q,"total":12.75,"currency":"GBP","products":[{"product_id":"22423","name":%q,"price":12.75,"quantity":1}]}}`,
		customer, id, name, customer, id, product)
}

// post sends a call to the door and returns the status. An error is the program's death.
func (r *running) post(body string) (int, error) {
	req, err := http.NewRequest(http.MethodPost, r.events+"/v1/track", strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.SetBasicAuth("dev", "")
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close() //nolint:errcheck // It has been read.
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// accepted posts a call that has to be accepted.
func (r *running) accepted(t *testing.T, body string) {
	t.Helper()
	if status, err := r.post(body); err != nil || status != http.StatusOK {
		t.Fatalf("the door answered %d, %v", status, err)
	}
}

// caught are the messages in the catcher, oldest first.
func (r *running) caught(t *testing.T, filter url.Values) []catcher.Message {
	t.Helper()
	var all []catcher.Message
	for after := int64(0); ; {
		query := url.Values{"after": {fmt.Sprint(after)}, "limit": {"1000"}}
		for k, v := range filter {
			query[k] = v
		}
		var page struct{ Messages []catcher.Message }
		r.get(t, "/api/messages?"+query.Encode(), &page)
		all = append(all, page.Messages...)
		if len(page.Messages) < 1000 {
			return all
		}
		after = all[len(all)-1].ID
	}
}

// await waits until the catcher holds n messages that match.
func (r *running) await(t *testing.T, n int, filter url.Values) []catcher.Message {
	t.Helper()
	return r.awaitThat(t, filter, func(all []catcher.Message) string {
		if len(all) >= n {
			return ""
		}
		return fmt.Sprintf("%d messages of %v, want %d", len(all), filter, n)
	})
}

// awaitThat waits until nothing is missing. It asks again after a moment: that is what
// another process can do.
func (r *running) awaitThat(t *testing.T, filter url.Values, missing func([]catcher.Message) string) []catcher.Message {
	t.Helper()
	over := time.NewTimer(patience)
	defer over.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		all := r.caught(t, filter)
		still := missing(all)
		if still == "" {
			return all
		}
		select {
		case <-again.C:
		case <-r.gone:
			t.Fatalf("ended too early: %s:\n%s", still, r.errs)
		case <-over.C:
			t.Fatalf("after %s: %s", patience, still)
		}
	}
}

// content is a message with its bodies.
func (r *running) content(t *testing.T, id int64) catcher.Content {
	t.Helper()
	var c catcher.Content
	r.get(t, fmt.Sprintf("/api/messages/%d", id), &c)
	return c
}

func (r *running) get(t *testing.T, path string, into any) {
	t.Helper()
	resp, err := r.http.Get(r.messages + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // It has been read.
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s answered %d: %s", path, resp.StatusCode, b.String())
	}
	if err := json.Unmarshal(b.Bytes(), into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
