package dkim

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// verifier reads {"records": {name: record}, "mail": text} and prints for each signature whether dkimpy verifies it.
const verifier = `
import json, sys
import dkim
told = json.load(sys.stdin)
records = {name + ".": record.encode() for name, record in told["records"].items()}
def txt(name, timeout=5):
    return records.get(name.decode() if isinstance(name, bytes) else name)
mail = told["mail"].encode()
d = dkim.DKIM(mail)
for i in range(told["signatures"]):
    try:
        print(d.verify(idx=i, dnsfunc=txt))
    except dkim.DKIMException as e:
        print("False", e)
`

// TestDkimpy: a library in another language verifies both signatures, too, and refuses a changed mail.
func TestDkimpy(t *testing.T) {
	t.Parallel()
	python := ""
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), name, "-c", "import dkim, nacl").Run() == nil {
			python = name
			break
		}
	}
	if python == "" {
		t.Skip("dkimpy is not installed: apt-get install python3-dkim python3-nacl")
	}
	r := ring(t, "rsa", "ed25519")
	records := map[string]string{}
	lookup := zone(t, r)
	for _, k := range r.Keys("shop.example") {
		name := k.Selector + "._domainkey.shop.example"
		found, err := lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		records[name] = found[0]
	}
	signed := string(sign(t, r, header+"\r\n"+text))
	for mail, want := range map[string]string{
		signed: "True\nTrue\n",
		strings.Replace(signed, "Feedback-ID: a", "Feedback-ID: b", 1):          "False\nFalse\n",
		strings.Replace(signed, "\r\nTo:", "\r\nFrom: <x@y.example>\r\nTo:", 1): "False\nFalse\n",
	} {
		told, err := json.Marshal(map[string]any{"records": records, "mail": mail, "signatures": 2})
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), python, "-c", verifier)
		cmd.Stdin = strings.NewReader(string(told))
		out, err := cmd.CombinedOutput()
		got := strings.Join(strings.Fields(string(out)), "\n") + "\n"
		if err != nil || !strings.HasPrefix(got, strings.Split(want, "\n")[0]) || strings.Count(got, "True") != strings.Count(want, "True") {
			t.Errorf("dkimpy says %q (%v), want %q", out, err, want)
		}
	}
}

// short is a key that no signature may be made with.
func short(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024) // gosec: too short on purpose
	if err != nil {
		t.Fatal(err)
	}
	return key
}
