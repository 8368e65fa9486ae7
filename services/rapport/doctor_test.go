package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rapport/pkg/dkim"
)

// TestKeysAndDoctor: the keys that the program makes are the ones it signs with, what it prints is what is to be published,
// and the doctor, with a DNS server that nobody runs, finds nothing wrong and nothing right.
func TestKeysAndDoctor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	made := execute(t, command(t, dir, "dkim", "new", "--domain", "Shop.example", "--selector", "2026a", "--dir", "keys"))
	if made.code != 0 {
		t.Fatalf("exit code %d:\n%s", made.code, made.errors)
	}
	ring, err := dkim.ReadDir(os.DirFS(filepath.Join(dir, "keys")))
	if err != nil {
		t.Fatal(err)
	}
	keys := ring.Keys("shop.example")
	if len(keys) != 2 {
		t.Fatalf("%d keys, want 2", len(keys))
	}
	glued := strings.ReplaceAll(made.out, `" "`, "")
	for _, k := range keys {
		record, err := dkim.Record(k.Private)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(glued, k.Selector+"._domainkey.shop.example. IN TXT ( \""+record+"\" )") {
			t.Errorf("no record of %s in\n%s", k.Selector, made.out)
		}
		info, err := os.Stat(filepath.Join(dir, "keys", dkim.FileName("shop.example", k.Selector)))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
	}
	for _, s := range regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(made.out, -1) {
		if len(s[1]) > 255 {
			t.Errorf("a string of %d octets", len(s[1]))
		}
	}
	if again := execute(t, command(t, dir, "dkim", "new", "--domain", "shop.example", "--selector", "2026a", "--dir", "keys")); again.code != 1 {
		t.Errorf("keys are made again, exit code %d", again.code)
	}

	got := execute(t, command(t, dir, "doctor", "--from", "shop.example", "--dkim-keys", "keys", "--bounce-domain", "b.shop.example", "--dns", "127.0.0.1:1", "--json"))
	var all []struct{ Check, Subject, Status, Detail string }
	if err := json.Unmarshal([]byte(got.out), &all); err != nil || got.code != 0 || len(all) < 8 {
		t.Fatalf("exit code %d, %v, %d findings:\n%s%s", got.code, err, len(all), got.out, got.errors)
	}
	for _, f := range all {
		if f.Status == "ok" || f.Status == "fail" {
			t.Errorf("nobody was asked, and %s of %s is %s: %s", f.Check, f.Subject, f.Status, f.Detail)
		}
	}
	plain := execute(t, command(t, dir, "doctor", "--from", "shop.example", "--dns", "127.0.0.1", "--portal-url", "nowhere"))
	if plain.code != 1 || !strings.Contains(plain.out, "fail     portal") || !strings.Contains(plain.errors, "there are checks that fail") {
		t.Errorf("exit code %d:\n%s%s", plain.code, plain.out, plain.errors)
	}
}
