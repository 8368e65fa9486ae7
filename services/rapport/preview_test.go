package main_test

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rapport/services/catcher"
)

// The commands and the sample of the language's page, on a workspace that init made.
func TestLookingAtMessages(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../templates/LANGUAGE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "### Looking at messages")
	block := func(language string) string {
		m := regexp.MustCompile("(?ms)^```" + language + "\n(.*?)^```$").FindStringSubmatch(section)
		if m == nil {
			t.Fatalf("there is no block of %s", language)
		}
		return m[1]
	}
	lines := strings.Split(strings.TrimSpace(block("sh")), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d commands", len(lines))
	}
	dir := t.TempDir()
	if got := execute(t, command(t, dir, "init", "my-shop")); got.code != 0 {
		t.Fatal(got.errors)
	}
	if err := os.Mkdir(filepath.Join(dir, "my-shop", "samples"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "my-shop/samples/grace.json", block("json"))

	c := caught(t)
	got := execute(t, command(t, dir, append(strings.Fields(lines[1])[1:], "--smtp", c.SMTPAddr())...))
	all, err := c.Messages(t.Context(), catcher.Filter{})
	if got.code != 0 || err != nil || len(all) != 1 || !strings.HasPrefix(all[0].Subject, "[Test] Vielen Dank") {
		t.Errorf("%s: exit code %d, caught %+v (%v)\n%s%s", lines[1], got.code, all, err, got.out, got.errors)
	}

	cmd := command(t, dir, append(strings.Fields(lines[0])[1:], "--addr", "127.0.0.1:0")...)
	url := previewing(t, cmd)
	body := fetched(t, url+"/?message=email/thank-you&profile=samples/grace.json")
	if !strings.Contains(body, "Vielen Dank für Ihre Bestellung A-7") || !strings.Contains(body, "Grace, who bought a lamp") {
		t.Errorf("the page is:\n%s", body)
	}
}

// previewing starts a preview and returns the address of its page. It ends with the test, without an error.
func previewing(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, gone := newOutput(), make(chan struct{})
	cmd.Stdout, cmd.Stderr = out, out
	// The test's context ends before what is cleaned up.
	cmd.Cancel, cmd.WaitDelay = func() error { return cmd.Process.Signal(os.Interrupt) }, patience
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		<-gone
		if code := cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("exit code %d:\n%s", code, out)
		}
	})
	go func() {
		defer close(gone)
		_ = cmd.Wait() // The exit code says it.
	}()
	out.await(t, "Ctrl-C stops", gone)
	return regexp.MustCompile(`http://\S+`).FindString(out.String())
}

func fetched(t *testing.T, address string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	resp, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // Read to its end.
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// A preview that cannot start says why: addresses of others, ports that are taken, workspaces that do not read.
func TestPreviewThatCannotBe(t *testing.T) {
	t.Parallel()
	dir := starter(t)
	at := strings.TrimPrefix(previewing(t, command(t, dir, "preview", "--addr", "127.0.0.1:0")), "http://")
	write(t, dir, "torn.yaml", "")
	for line, want := range map[string]string{
		"preview --addr " + at:        "--addr " + at + ": ",
		"preview none":                "the workspace none cannot be read",
		"preview torn.yaml":           "the workspace torn.yaml is a file",
		"preview --addr 0.0.0.0:0":    "--addr 0.0.0.0:0 can be reached from other machines, and unpublished messages would be, too: use 127.0.0.1, or add --allow-remote",
		"preview --addr [::]:0":       "add --allow-remote",
		"preview . --addr 127.0.0.1:": "127.0.0.1:\": has no port",
	} {
		got := execute(t, command(t, dir, strings.Fields(line)...))
		if got.code == 0 || !strings.Contains(got.errors, want) || got.out != "" {
			t.Errorf("%s: exit code %d; %s%s\nwant in it: %s", line, got.code, got.out, got.errors, want)
		}
	}
}
