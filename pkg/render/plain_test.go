package render

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPlainAddress: what is taken for an address at a glance is what the library makes of it.
func TestPlainAddress(t *testing.T) {
	t.Parallel()
	if !plainAddress("https://shop.example/p/84029G?ref=mail&v=1") {
		t.Error("a usual address is not taken")
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`(https?|ftp|HTTP)://[a-zA-Z0-9.:@-]{0,12}(/[A-Za-z0-9%?=&#~._ ü/-]{0,20})?`).Draw(t, "address")
		if !plainAddress(s) {
			return
		}
		if u, err := url.Parse(s); err != nil || u.Host == "" || u.String() != s {
			t.Fatalf("%q is %v, %v", s, u, err)
		}
	})
}

// TestOneLine: the fast way gives what the slow one gives.
func TestOneLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[ a\n\tü\x{a0}.]{0,12}`).Draw(t, "text")
		if got, want := oneLine(s), strings.Join(strings.Fields(s), " "); got != want {
			t.Fatalf("%q is %q, want %q", s, got, want)
		}
	})
}
