package profile_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"pgregory.net/rapid"

	"rapport/pkg/profile"
)

// The stored form is that of any list of texts, so that it stays what it was.
func TestKeysAreStoredAsAnyList(t *testing.T) {
	t.Parallel()
	key := rapid.OneOf(rapid.String(), rapid.Map(rapid.IntRange(0, 70_000), func(n int) string { return strings.Repeat("k", n) }))
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(key, 0, 30).Draw(t, "keys")
		keys = append(keys, make([]string, rapid.SampledFrom([]int{0, 300, 70_000}).Draw(t, "more"))...)
		type list struct {
			Keys []string `cbor:"8,keyasint,omitempty"`
		}
		type own struct {
			Keys profile.Keys `cbor:"8,keyasint,omitzero"`
		}
		want, err := cbor.Marshal(list{keys})
		if err != nil {
			t.Fatal(err)
		}
		got, err := cbor.Marshal(own{keys})
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("stored as %x, %v, want %x", got, err, want)
		}
		var back own
		if err := cbor.Unmarshal(got, &back); err != nil || !slices.Equal(back.Keys, keys) {
			t.Errorf("read %q, %v, want %q", back.Keys, err, keys)
		}
	})
}

func TestKeysRefuseWhatIsNoList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		var keys profile.Keys
		if err := keys.UnmarshalCBOR(b); err != nil {
			return
		}
		var want []string
		mode, err := cbor.DecOptions{UTF8: cbor.UTF8DecodeInvalid}.DecMode()
		if err != nil {
			t.Fatal(err)
		}
		if err := mode.Unmarshal(b, &want); err != nil || !slices.Equal(keys, want) {
			t.Errorf("%x was read as %q; any reader: %q, %v", b, keys, want, err)
		}
	})
}
