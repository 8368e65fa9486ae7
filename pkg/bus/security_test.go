package bus_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"rapport/pkg/bus"
)

// Files that are not what they should be are named with their flag, before anybody connects.
func TestSecurityNamesTheFileThatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("no key, no certificate\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	gone := filepath.Join(dir, "gone")
	for want, s := range map[string]bus.Security{
		"--nats-ca " + gone + ": open":                   {CA: gone},
		"--nats-ca " + text + ": the file holds no":      {CA: text},
		"--nats-cert " + text + ": its key is missing":   {Cert: text},
		"--nats-key " + text + ": its certificate":       {Key: text},
		"--nats-cert " + text + ", --nats-key " + text:   {Cert: text, Key: text},
		"--nats-nkey " + gone + ": ":                     {NKeySeedFile: gone},
		"the file must hold the seed of a user, a line ": {NKeySeedFile: text},
	} {
		if _, err := s.Options(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", s, err, want)
		}
	}
	if opts, err := (bus.Security{}).Options(); err != nil || len(opts) != 0 {
		t.Errorf("the zero value: %d options, %v", len(opts), err)
	}
}

// Answers to a user with a key come where nobody else listens.
func TestSecurityGivesInboxesOfOnesOwn(t *testing.T) {
	t.Parallel()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := pair.Seed()
	if err != nil {
		t.Fatal(err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "user.nk")
	if err := os.WriteFile(file, append(seed, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	opts, err := bus.Security{NKeySeedFile: file}.Options()
	if err != nil {
		t.Fatal(err)
	}
	var o nats.Options
	for _, set := range opts {
		if err := set(&o); err != nil {
			t.Fatal(err)
		}
	}
	if o.Nkey != public || o.InboxPrefix != bus.InboxPrefix(public) {
		t.Errorf("connects as %s with inboxes %s, want %s", o.Nkey, o.InboxPrefix, public)
	}
}
