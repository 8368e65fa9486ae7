package signature

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func mac(h func() hash.Hash, key string, parts ...string) []byte {
	m := hmac.New(h, []byte(key))
	for _, p := range parts {
		_, _ = m.Write([]byte(p))
	}
	return m.Sum(nil)
}

func b64(raw []byte) string { return base64.StdEncoding.EncodeToString(raw) }

// TestTamperedBodies draws requests, changes one byte of something that is signed, and wants them refused.
func TestTamperedBodies(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringN(1, 40, -1).Draw(t, "key")
		body := rapid.SliceOfN(rapid.Byte(), 1, 200).Draw(t, "body")
		id, stamp := rapid.StringMatching(`[a-z]{1,9}`).Draw(t, "id"), rapid.StringMatching(`[1-9][0-9]{3,9}`).Draw(t, "time")
		standard := Standard{id, stamp, "v1," + b64(mac(sha256.New, key, id, ".", stamp, ".", string(body)))}
		schemes := map[string]func([]string, []byte) error{
			"shopify": func(k []string, b []byte) error { return Shopify(k, b, b64(mac(sha256.New, key, string(body)))) },
			"mailersend": func(k []string, b []byte) error {
				return MailerSend(k, b, hex.EncodeToString(mac(sha256.New, key, string(body))))
			},
			"standard": func(k []string, b []byte) error { return standard.Verify(k, b) },
			"mailgun": func(k []string, b []byte) error {
				return Mailgun(k, stamp, string(b), hex.EncodeToString(mac(sha256.New, key, stamp, string(body))))
			},
			"twilio": func(k []string, b []byte) error {
				return Twilio(k, "https://a.example/x", url.Values{"Body": {string(b)}}, b64(mac(sha1.New, key, "https://a.example/x", "Body", string(body))))
			},
		}
		other := append([]byte(nil), body...)
		other[rapid.IntRange(0, len(body)-1).Draw(t, "place")] ^= byte(1 << rapid.IntRange(0, 7).Draw(t, "bit"))
		for name, verify := range schemes {
			if err := verify([]string{"another key", key}, body); err != nil {
				t.Fatalf("%s: refused what was signed: %v", name, err)
			}
			if err := verify([]string{key}, other); !errors.Is(err, ErrWrong) {
				t.Fatalf("%s: %v for another body, want ErrWrong", name, err)
			}
			for _, keys := range [][]string{{key + "x"}, {""}, nil} {
				if err := verify(keys, body); !errors.Is(err, ErrWrong) {
					t.Fatalf("%s: %v for the keys %q, want ErrWrong", name, err, keys)
				}
			}
		}
	})
}

func TestTwilioPorts(t *testing.T) {
	t.Parallel()
	const key = "12345"
	for _, c := range []struct {
		called, signed string
		fits           bool
	}{
		{"https://a.example/x?b=1:2", "https://a.example:443/x?b=1:2", true},
		{"https://a.example:443/x", "https://a.example/x", true},
		{"http://a.example/x", "http://a.example:80/x", true},
		{"https://user:pw@a.example/x", "https://user:pw@a.example:443/x", true},
		{"https://user:pw@a.example:8443/x", "https://user:pw@a.example/x", true},
		{"https://[::1]/x", "https://[::1]:443/x", true},
		{"https://[::1]:8443/x", "https://[::1]/x", true},
		{"https://a.example", "https://a.example:443", true},
		{"https://a.example?b=1", "https://a.example:443?b=1", true},
		{"https://a.example:8443/x", "https://a.example:443/x", false},
		{"http://a.example/x", "https://a.example/x", false},
		{"https://a.example/x", "https://b.example/x", false},
		{"https://a.example/x?b=%20", "https://a.example/x?b=+", false},
		{"/x", "/x", true},
	} {
		err := Twilio([]string{key}, c.called, nil, b64(mac(sha1.New, key, c.signed)))
		if (err == nil) != c.fits {
			t.Errorf("%s, signed as %s: %v", c.called, c.signed, err)
		}
	}
	form := url.Values{"b": {"2", "1", "2"}, "a": {""}}
	if err := Twilio([]string{key}, "https://a.example/", form, b64(mac(sha1.New, key, "https://a.example/", "a", "b1", "b2"))); err != nil {
		t.Errorf("a name with several values: %v", err)
	}
}

func TestTwilioBodyDigest(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("{}"))
	with := "https://a.example/?bodySHA256=" + hex.EncodeToString(sum[:])
	fragment := strings.Replace(with, "?", "#?", 1)
	sign := func(u string) string { return b64(mac(sha1.New, "k", u)) }
	if err := TwilioBody([]string{"k"}, with, []byte("{}"), sign(with)); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"other body":  TwilioBody([]string{"k"}, with, []byte("{ }"), sign(with)),
		"no digest":   TwilioBody([]string{"k"}, "https://a.example/", []byte("{}"), sign("https://a.example/")),
		"two digests": TwilioBody([]string{"k"}, with+"&bodySHA256=0", []byte("{}"), sign(with+"&bodySHA256=0")),
		"in fragment": TwilioBody([]string{"k"}, fragment, []byte("{}"), sign(fragment)),
	} {
		if !errors.Is(err, ErrWrong) {
			t.Errorf("%s: %v, want ErrWrong", name, err)
		}
	}
}

func TestStandardManySignatures(t *testing.T) {
	t.Parallel()
	s := Standard{"id", "1614265330", ""}
	good := "v1," + b64(mac(sha256.New, "k", "id.1614265330.", "body"))
	bad := "v1," + b64(make([]byte, 32))
	for signatures, fits := range map[string]bool{
		good:                                  true,
		bad + " " + good:                      true,
		"v1a,x v9," + good + " " + good:       true,
		strings.Repeat(bad+" ", 15) + good:    true,
		strings.Repeat(bad+" ", 10000) + good: false, // The work for one header is bounded.
		"v2" + good[2:]:                       false,
		good[:len(good)-4]:                    false,
		good[3:]:                              false,
		" ":                                   false,
	} {
		s.Signatures = signatures
		if err := s.Verify([]string{"k"}, []byte("body")); (err == nil) != fits {
			t.Errorf("%.60s: %v", signatures, err)
		}
	}
}

func TestAmazonURLs(t *testing.T) {
	t.Parallel()
	for raw, fits := range map[string]bool{
		"https://sns.us-east-1.amazonaws.com/SimpleNotificationService-01d0.pem": true,
		"https://sns.us-gov-west-1.amazonaws.com/a.pem":                          true,
		"https://sns.cn-north-1.amazonaws.com.cn/a.pem":                          true,
		"https://sns.ap-southeast-2.amazonaws.com/a.pem":                         true,
		"http://sns.us-east-1.amazonaws.com/a.pem":                               false,
		"https://sns.us-east-1.amazonaws.com.evil.example/a.pem":                 false,
		"https://evil.example/sns.us-east-1.amazonaws.com/a.pem":                 false,
		"https://sns.us-east-1.amazonaws.com@evil.example/a.pem":                 false,
		"https://user@sns.us-east-1.amazonaws.com/a.pem":                         false,
		"https://sns.us-east-1.amazonaws.com:8443/a.pem":                         false,
		"https://sns.us-east-1.amazonaws.com/a.pem?x=1":                          false,
		"https://sns.us-east-1.amazonaws.com/":                                   false,
		"https://sns.s3.amazonaws.com/a.pem":                                     false,
		"https://sns.amazonaws.com/a.pem":                                        false,
		"https://bucket.s3.us-east-1.amazonaws.com/a.pem":                        false,
		"https://snsxus-east-1.amazonaws.com/a.pem":                              false,
		"https://sns.us-east-1.amazonaws.com\n/a.pem":                            false,
		"https:sns.us-east-1.amazonaws.com/a.pem":                                false,
		"": false,
	} {
		if err := CertificateURL(raw); (err == nil) != fits {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func TestKeysAndTimes(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "whsec_", "whsec_%%%", "not base64!"} {
		if _, err := StandardKey(bad); !errors.Is(err, ErrKey) {
			t.Errorf("StandardKey(%q): %v, want ErrKey", bad, err)
		}
	}
	if _, err := StandardKey("whsec_YWI"); err != nil { // without padding
		t.Error(err)
	}
	const ed25519Key = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
	for _, bad := range []string{"", "%", "AAAA", ed25519Key} {
		if _, err := SendGridKey(bad); !errors.Is(err, ErrKey) {
			t.Errorf("SendGridKey(%q): %v, want ErrKey", bad, err)
		}
	}
	now := time.Unix(1_700_000_000, 0)
	for d, fits := range map[time.Duration]bool{
		0: true, 5 * time.Minute: true, -5 * time.Minute: true, 5*time.Minute + 1: false, -5*time.Minute - 1: false, 1e6 * time.Hour: false,
	} {
		if err := Fresh(now.Add(d), now, 5*time.Minute); (err == nil) != fits || err != nil && !errors.Is(err, ErrStale) {
			t.Errorf("%s away: %v", d, err)
		}
	}
	for _, bad := range []string{"", "1.5", "x", "-1", "99999999999999999999", "999999999999999"} {
		if _, err := Seconds(bad); !errors.Is(err, ErrWrong) {
			t.Errorf("Seconds(%q): %v, want ErrWrong", bad, err)
		}
	}
	if !Same("a", "a") || Same("a", "b") || Same("a", "aa") || Same("", "a") {
		t.Error("Same does not tell secrets apart")
	}
}
