package store_test

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/pkg/message"
	"rapport/pkg/store"
)

func TestNormal(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		channel    message.Channel
		text, want string
	}{
		{message.Email, " Ada@Example.COM\n", "ada@example.com"},
		{message.Email, "a+b@bücher.example", "a+b@bücher.example"},
		{message.SMS, "+44 (7700) 900-001", "+447700900001"},
		{message.SMS, "00447700900001", "+447700900001"},
		{message.WhatsApp, "447700900001", "+447700900001"},
		{message.SMS, "", "+"},
	} {
		if got := (store.Address{Channel: tc.channel, Address: tc.text}).Normal(); got != tc.want {
			t.Errorf("%s %q is %q, want %q", tc.channel, tc.text, got, tc.want)
		}
	}
}

// What is normal stays so; writing an address otherwise makes no other hash, and another
// salt, channel or use does.
func TestHashes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		one, two := store.Salt(bytes.Repeat([]byte{1}, store.SaltSize)), store.Salt(bytes.Repeat([]byte{2}, store.SaltSize))
		a := store.Address{
			Channel: rapid.SampledFrom(message.Channels()).Draw(r, "channel"),
			Address: rapid.StringMatching(`[a-z0-9.+ ]{1,12}@?[a-zA-Z0-9.]{0,12}`).Draw(r, "address"),
		}
		again := store.Address{Channel: a.Channel, Address: a.Normal()}
		if again.Normal() != a.Normal() {
			r.Fatalf("%q becomes %q, and that %q", a.Address, a.Normal(), again.Normal())
		}
		upper := store.Address{Channel: a.Channel, Address: " " + strings.ToUpper(a.Address)}
		hash := one.Hash(a)
		if !bytes.Equal(hash, one.Hash(upper)) || !bytes.Equal(hash, one.Hash(again)) {
			r.Fatalf("%q and %q have other hashes", a.Address, upper.Address)
		}
		for what, other := range map[string][]byte{
			"salt": two.Hash(a), "number": one.Phone(a.Address), "profile": one.Profile(a.Normal()),
			"channel": one.Hash(store.Address{Channel: a.Channel + "x", Address: a.Address}),
		} {
			if bytes.Equal(hash, other) {
				r.Fatalf("another %s, and the same hash", what)
			}
		}
		if b := store.Bucket(hash); b < 0 || b > 255 || len(hash) != 32 {
			r.Fatalf("bucket %d of %d bytes", b, len(hash))
		}
	})
}

func TestStronger(t *testing.T) {
	t.Parallel()
	all := store.AllGrounds()
	for i, a := range all {
		for j, b := range all {
			if got := store.Stronger(a, b); got != all[min(i, j)] {
				t.Errorf("of %s and %s, %s", a, b, got)
			}
		}
		if store.Stronger("", a) != a || store.Stronger(a, "") != a {
			t.Errorf("%s is not stronger than none", a)
		}
	}
}
