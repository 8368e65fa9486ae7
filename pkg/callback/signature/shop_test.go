package signature

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

func TestStripe(t *testing.T) {
	t.Parallel()
	const secret, at = "whsec_of_an_endpoint", "1492774577"
	good := hex.EncodeToString(mac(sha256.New, secret, at+".", `{"id":"evt_1"}`))
	bad := strings.Repeat("0", 64)
	for header, fits := range map[string]bool{
		"t=" + at + ",v1=" + good:                                   true,
		"t=" + at + ",v1=" + bad + ",v1=" + good:                    true,
		"t=" + at + ", v1=" + good + ",v0=" + bad:                   true,
		"v1=" + good + ",t=" + at:                                   true,
		"t=" + at + strings.Repeat(",v1="+bad, 100) + ",v1=" + good: false,
		"t=" + at + ",v0=" + good:                                   false,
		"t=" + at + ",v1=" + bad:                                    false,
		"t=" + at + ",t=1492774578,v1=" + good:                      false,
		"t=1492774578,v1=" + good:                                   false,
		"t=x,v1=" + good:                                            false,
		"v1=" + good:                                                false,
		"t=" + at:                                                   false,
		good:                                                        false,
		"":                                                          false,
		"t=" + at + ",v1=" + good[:len(good)-2]:                     false,
		"t=" + at + ",v1=" + strings.Replace(good, good[:2], "zz", 1): false,
	} {
		sent, err := Stripe([]string{"old", secret}, []byte(`{"id":"evt_1"}`), header)
		if (err == nil) != fits || err != nil && !errors.Is(err, ErrWrong) {
			t.Errorf("%s: %v", header, err)
		}
		if err == nil && sent.Unix() != 1492774577 {
			t.Errorf("%s: signed at %s", header, sent)
		}
	}
	if _, err := Stripe([]string{""}, nil, "t="+at+",v1="+hex.EncodeToString(mac(sha256.New, "", at+"."))); err == nil {
		t.Error("an empty secret signs")
	}
}

func TestHMAC(t *testing.T) {
	t.Parallel()
	sum := mac(sha256.New, "k", "body")
	for _, c := range []struct {
		scheme HMAC
		got    string
		fits   bool
	}{
		{HMAC{Header: "X"}, b64(sum), true},
		{HMAC{Header: "X", Hex: true}, hex.EncodeToString(sum), true},
		{HMAC{Header: "X", Hex: true}, strings.ToUpper(hex.EncodeToString(sum)), true},
		{HMAC{Header: "X", Hex: true, Prefix: "sha256="}, "sha256=" + hex.EncodeToString(sum), true},
		{HMAC{Header: "X", Hex: true, Prefix: "sha256="}, hex.EncodeToString(sum), false},
		{HMAC{Header: "X"}, hex.EncodeToString(sum), false},
		{HMAC{Header: "X", Prefix: "sha256="}, "", false},
		{HMAC{Header: "X"}, "", false},
	} {
		if err := c.scheme.Verify([]string{"old", "k"}, c.got, []byte("bo"), []byte("dy")); (err == nil) != c.fits || err != nil && !errors.Is(err, ErrWrong) {
			t.Errorf("%+v, %s: %v", c.scheme, c.got, err)
		}
	}
}
