package main_test

import (
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// doorSections are the sections of the page about doors, with their commands.
func doorSections(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile("../ingest/DOORS.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	name := ""
	for _, m := range regexp.MustCompile("(?ms)^#+ ([^\n]*)$|^```(?:sh|text)\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		if m[1] != "" {
			name = m[1]
		} else {
			all[name] = append(all[name], m[2])
		}
	}
	return all
}

// Every command of the page about doors works as it stands, but for the addresses.
func TestDoors(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("no sh here")
	}
	sections := doorSections(t)
	started := strings.TrimSpace(strings.Join(sections["Doors"], ""))
	secret, _, _ := strings.Cut(started, " ")
	if started != secret+" bin/rapport up" {
		t.Fatalf("the page starts %q", started)
	}
	dir := root(t)
	r := upWith(t, dir, []string{secret}, "--data", "data")
	delete(sections, "Doors")
	says := map[string][]string{
		"Analytics SDKs":     {`"accepted":2`, `"index":2`, "userId"},
		"CloudEvents":        {`{"success":true,"id":"1"}`, `{"success":true,"id":"2"}`},
		"NATS":               {"There are no dead letters"},
		"Webhooks of a shop": {`"outcome":"mapped"`},
		"Files":              {"would be imported, and nothing was", "2 rows: 2 imported", "1 row: 1 imported"},
		"Products":           {`"accepted":1`},
		"Ids of one person":  {"are one person", "are two people"},
	}
	for name, blocks := range sections {
		if name == "Pages" {
			tryBrowserKeys(t, blocks[0])
			continue
		}
		var out string
		for _, block := range blocks {
			if rest, is := strings.CutPrefix(block, "nats pub in.shop --jetstream '"); is {
				publishAs(t, r.nats, "in.shop", strings.TrimSuffix(strings.TrimSpace(rest), "'"))
				continue
			}
			out += pasted(t, dir, r, block)
		}
		want, known := says[name]
		if !known {
			t.Errorf("nobody says what the commands of %q print:\n%s", name, out)
		}
		for _, text := range want {
			if !strings.Contains(out, text) {
				t.Errorf("%s: no %q in:\n%s", name, text, out)
			}
		}
		delete(says, name)
	}
	if len(says) > 0 {
		t.Errorf("the page does not have %v", says)
	}
	r.await(t, 1, url.Values{"to": {"ida@example.com"}, "template": {"thank-you"}})
}

// pasted runs a block of commands beside a running stack.
func pasted(t *testing.T, dir string, r *running, block string) string {
	t.Helper()
	if _, code := shell(t, dir, "true"); code != 0 { // It puts bin/rapport there.
		t.Fatal("no shell")
	}
	cmd := command(t, dir)
	cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-e", "-c", strings.ReplaceAll(block, "http://127.0.0.1:8080", r.events)}
	cmd.Env = append(cmd.Env, "RAPPORT_URL="+r.events, "RAPPORT_NATS_URL="+r.nats)
	got := execute(t, cmd)
	if got.code != 0 {
		t.Errorf("exit code %d:\n%s\n%s%s", got.code, block, got.out, got.errors)
	}
	return got.out + got.errors
}

func publishAs(t *testing.T, address, subject, body string) {
	t.Helper()
	conn, err := nats.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), subject, []byte(body)); err != nil {
		t.Fatal(err)
	}
}

// tryBrowserKeys starts with the keys that the page shows.
func tryBrowserKeys(t *testing.T, block string) {
	t.Helper()
	m := regexp.MustCompile(`^(RAPPORT_WRITE_KEYS=)'([^']+)' bin/rapport up\n$`).FindStringSubmatch(block)
	if m == nil {
		t.Fatalf("the page shows %q", block)
	}
	cmd := command(t, t.TempDir(), append([]string{"up"}, append(free(), "--data", "data")...)...)
	cmd.Env = append(cmd.Env, m[1]+m[2])
	if code := launch(t, cmd).interrupt(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
