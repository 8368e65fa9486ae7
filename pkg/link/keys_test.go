package link

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/message"
)

// secrets of tests only.
const (
	secret = "a secret of tests: 0123456789abcdef"
	other  = "another secret of tests: fedcba9876543210"
)

func keysOf(t testing.TB, secrets ...string) *Keys {
	t.Helper()
	k, err := NewKeys(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var decided = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// full is a click with every field set.
func full() Ticket {
	return Ticket{
		Kind: Click, Profile: "ada", Ref: message.Ref{ID: "0123456789abcdef0123456789abcdef", Partition: 37},
		Journey: "welcome", Instance: "fedcba9876543210fedcba9876543210", Step: "hello", Template: "welcome-favourites",
		Channel: message.Email, Category: message.Marketing, Purpose: "news", URL: "https://shop.example/lamps?a=1&b=2#top",
		Link: "hero", Product: "85123A", LinkCategory: "Lamps & Bulbs", SentAt: decided, Expires: decided.Add(livesClick),
	}
}

// golden is what full was sealed as when the format was made. It stands in mails that people
// keep: a change that breaks this test breaks their links.
const golden = "Aa_5sUxrOmky5f36Qex5cSXadszqumfHc9wjLvtVmc1bsAPU3eXgtu86Yg63E0m5BnPfWDHp4FZIx-NgrmKKYc36xAjd8-GUtyhCaHogSooKIXIO8RmQ2vTNWD2elkAUqcp8q2E5szlsvLcmz-bgq-40bIQRhMUS7okQTdnRofT9tnjwxTC9Ml-9CivHEVHq02EsC3eOSHjwaR7gHWxVGi-BII_Znbcrmt5b2gw06oKo1XgtuPoGnjMeOAwLkhR6iYgBROT4c-B0UQ"

func TestTokensStayReadableForEver(t *testing.T) {
	t.Parallel()
	got, err := keysOf(t, other, secret).Open(golden, decided)
	if err != nil || got != full() {
		t.Errorf("read %+v, %v\nwant %+v", got, err, full())
	}
	if again := keysOf(t, secret).Seal(full()); again != golden {
		t.Errorf("sealed again it is %s", again)
	}
	for i, v := 0, reflect.ValueOf(full()); i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Errorf("the golden ticket lacks %s", v.Type().Field(i).Name)
		}
	}
}

// tickets are such as may be sealed, with any text in them.
func tickets() *rapid.Generator[Ticket] {
	words := rapid.OneOf(
		rapid.String(), rapid.StringMatching(`[0-9a-f]{0,40}`), rapid.SampledFrom(words),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 40), func(b []byte) string { return string(b) }),
	)
	times := rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "none") {
			return time.Time{}
		}
		return time.Unix(rapid.Int64Range(-1<<35, 1<<37).Draw(t, "seconds"), 0).UTC()
	})
	return rapid.Custom(func(t *rapid.T) Ticket {
		k := Ticket{Kind: rapid.SampledFrom([]Kind{Click, Open, Unsubscribe, Preferences, Confirm}).Draw(t, "kind")}
		fields := reflect.ValueOf(&k).Elem()
		for i := 1; i < fields.NumField(); i++ {
			name := fields.Type().Field(i).Name
			switch f := fields.Field(i); f.Interface().(type) {
			case time.Time:
				f.Set(reflect.ValueOf(times.Draw(t, name)))
			case message.Ref:
				f.Set(reflect.ValueOf(message.Ref{ID: words.Draw(t, name), Partition: rapid.Int().Draw(t, "partition")}))
			default:
				f.SetString(words.Draw(t, name))
			}
		}
		if k.URL = ""; k.Kind == Click {
			k.URL = rapid.StringMatching(`https?://[a-z]{1,10}\.example(:[0-9]{2,4})?(/[!-\[\]-~]{0,40})?`).
				Filter(func(s string) bool { _, err := parse(s); return err == nil }).Draw(t, "url")
		}
		return k
	})
}

func TestWhatIsSealedIsOpened(t *testing.T) {
	t.Parallel()
	keys, rotated, foreign := keysOf(t, secret), keysOf(t, other, secret), keysOf(t, other)
	rapid.Check(t, func(t *rapid.T) {
		in := tickets().Draw(t, "ticket")
		token := keys.Seal(in)
		if again := keys.Seal(in); token == "" || again != token {
			t.Fatalf("sealed as %q and as %q", token, again)
		}
		if strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Fatalf("%q is not fit for an address", token)
		}
		early := in.Expires.Add(-time.Second)
		for _, k := range []*Keys{keys, rotated} {
			if out, err := k.Open(token, early); err != nil || out != in {
				t.Fatalf("came as %+v, %v\nwas %+v", out, err, in)
			}
		}
		out, err := keys.Open(token, in.Expires)
		if expires := !in.Expires.IsZero(); errors.Is(err, ErrExpired) != expires || out != in {
			t.Fatalf("at its end it is %+v, %v", out, err)
		}
		if out, err := foreign.Open(token, early); !errors.Is(err, ErrForged) || out != (Ticket{}) {
			t.Fatalf("opened by the keys of another: %+v, %v", out, err)
		}
		for _, kind := range []Kind{Click, Open, Unsubscribe, Preferences, Confirm} {
			if _, err := keys.OpenAs(kind, token, early); (err == nil) != (kind == in.Kind) {
				t.Fatalf("a %s opened as %s: %v", in.Kind, kind, err)
			}
		}
	})
}

// TestTicketsHaveTokensOfTheirOwn: two tickets that differ anywhere have two tokens.
func TestTicketsHaveTokensOfTheirOwn(t *testing.T) {
	t.Parallel()
	keys := keysOf(t, secret)
	rapid.Check(t, func(t *rapid.T) {
		a, b := tickets().Draw(t, "a"), tickets().Draw(t, "b")
		if (a == b) != (keys.Seal(a) == keys.Seal(b)) {
			t.Fatalf("%+v\n%+v", a, b)
		}
	})
}

// TestNothingForgedOpens: a token that differs from what was sealed in one bit, in length or
// in letter case is none.
func TestNothingForgedOpens(t *testing.T) {
	t.Parallel()
	keys := keysOf(t, secret)
	rapid.Check(t, func(t *rapid.T) {
		token := keys.Seal(tickets().Draw(t, "ticket"))
		raw, err := keys.encoding.DecodeString(token)
		if err != nil {
			t.Fatal(err)
		}
		bit := rapid.IntRange(0, 8*len(raw)-1).Draw(t, "bit")
		flipped := bytes.Clone(raw)
		flipped[bit/8] ^= 1 << (bit % 8)
		cut := rapid.IntRange(0, len(token)-1).Draw(t, "cut")
		for what, forged := range map[string]string{
			"a bit": keys.encoding.EncodeToString(flipped), "cut off": token[:cut], "without its beginning": token[cut+1:],
			"longer": token + "A", "a line end in it": token[:cut] + "\n" + token[cut:], "padded": token + "=", "twice": token + token,
		} {
			if out, err := keys.Open(forged, decided); !errors.Is(err, ErrForged) || out != (Ticket{}) {
				t.Fatalf("%s: opened %q: %+v, %v", what, forged, out, err)
			}
		}
		last := token[:len(token)-1]
		for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
			if one := last + string(c); one != token {
				if _, err := keys.Open(one, decided); !errors.Is(err, ErrForged) {
					t.Fatalf("%q opens as %q does", one, token)
				}
			}
		}
	})
}

// TestNoncesAreDerived: a token that is authentic, but whose nonce is not that of its ticket,
// was made by somebody who knows the key of one part only.
func TestNoncesAreDerived(t *testing.T) {
	t.Parallel()
	keys := keysOf(t, secret)
	k, ticket := &keys.list[0], full()
	head, nonce := []byte{version, k.id}, make([]byte, nonceLen)
	token := keys.encoding.EncodeToString(append(append(bytes.Clone(head), nonce...), k.aead.Seal(nil, nonce, ticket.pack(nil), head)...))
	if _, err := keys.Open(token, decided); !errors.Is(err, ErrForged) {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsNotSealed(t *testing.T) {
	t.Parallel()
	keys := keysOf(t, secret)
	for _, to := range []string{
		"", "/lamps", "//evil.example", "lamps", "#top", "https:", "https://", "https:///evil.example", "https:evil.example", "https://:80/",
		"javascript:alert(1)", "JavaScript://shop.example/%0aalert(1)", "data:text/html,x", "mailto:a@shop.example", "ftp://shop.example/",
		`https://shop.example\@evil.example/`, `https:\\evil.example`, "https://shop.example/\r\nSet-Cookie: a=b", "https://shop.example/\tx", "https://shop.example/\x00",
		"https://shop.example/a b", " https://shop.example/", "https://shop.example@evil.example/", "https://user:password@shop.example/",
		"https://exämple.example/", "https://ex%C3%A4mple.example/", "https://a b.example/", `https://a"b.example/`, "https://a<b>.example/", "https://shop.example/%zz",
		"https://shop.example/" + strings.Repeat("x", maxURL),
	} {
		k := full()
		if k.URL = to; keys.Seal(k) != "" {
			t.Errorf("a click to %q was sealed", to)
		}
	}
	for _, to := range []string{"http://shop.example", "HTTPS://Shop.Example:8443/a?b=%20&c[]=d#e", "https://[2001:db8::1]:443/", "https://xn--exmple-cua.example/"} {
		k := full()
		if k.URL = to; keys.Seal(k) == "" {
			t.Errorf("a click to %q was not sealed", to)
		}
	}
	for name, change := range map[string]func(*Ticket){
		"no kind":              func(k *Ticket) { k.Kind = "" },
		"an unknown kind":      func(k *Ticket) { k.Kind = "survey" },
		"an open with address": func(k *Ticket) { k.Kind = Open },
		"too long":             func(k *Ticket) { k.Link = strings.Repeat("x", maxToken) },
	} {
		k := full()
		if change(&k); keys.Seal(k) != "" {
			t.Errorf("%s was sealed", name)
		}
	}
}

// TestStricterRulesHoldForOldTokens: what was sealed under other rules leads nowhere, either.
func TestStricterRulesHoldForOldTokens(t *testing.T) {
	t.Parallel()
	keys := keysOf(t, secret)
	k, head := &keys.list[0], []byte{version, keys.list[0].id}
	seal := func(packed []byte) string {
		nonce := k.desk().appendNonce(nil, head, packed)
		return keys.encoding.EncodeToString(k.aead.Seal(append(bytes.Clone(head), nonce...), nonce, packed, head))
	}
	bad := full()
	bad.URL = "javascript:alert(1)"
	good := full()
	for name, packed := range map[string][]byte{
		"an address that is none": bad.pack(nil), "fields in disorder": append(good.pack(nil), 1<<2|asWord, 0), "half a field": append(good.pack(nil), 20<<2),
		"more text than there is": append(good.pack(nil), 20<<2|asText, 9), "a word there is not": append(good.pack(nil), 20<<2|asWord, 200), "a number for text": {1 << 2, 1}, "nothing": nil,
	} {
		if _, err := keys.Open(seal(packed), decided); !errors.Is(err, ErrForged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	later := append(good.pack(nil), 20<<2|asText, 3, 'n', 'e', 'w', 21<<2, 7)
	if got, err := keys.Open(seal(later), decided); err != nil || got != good {
		t.Errorf("with fields of a later version: %+v, %v", got, err)
	}
}

func TestKeysNeedSecrets(t *testing.T) {
	t.Parallel()
	for _, secrets := range [][]string{nil, {""}, {secret, "short"}} {
		if _, err := NewKeys(secrets...); err == nil || strings.Contains(err.Error(), "short") {
			t.Errorf("%q: %v", secrets, err)
		}
	}
}

// FuzzOpen: whatever stands in an address, it is no token unless it was sealed.
func FuzzOpen(f *testing.F) {
	keys := keysOf(f, secret)
	f.Add(golden)
	f.Add(keys.Seal(Ticket{Kind: Open}))
	f.Add("")
	f.Add("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, token string) {
		if got, err := keys.Open(token, decided); err == nil && keys.Seal(got) != token {
			t.Errorf("%q opened as %+v, which is sealed otherwise", token, got)
		}
	})
}

// FuzzUnpack reads what no forger gets to: it never panics, and what it reads it writes.
func FuzzUnpack(f *testing.F) {
	k := full()
	f.Add(k.pack(nil))
	f.Add([]byte{1<<2 | asText, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, packed []byte) {
		var one, again Ticket
		if one.unpack(packed) && (!again.unpack(one.pack(nil)) || again != one) {
			t.Errorf("%+v became %+v", one, again)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	keys, k := keysOf(b, secret), full()
	b.ReportAllocs()
	for b.Loop() {
		if keys.Seal(k) == "" {
			b.Fatal("not sealed")
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	keys := keysOf(b, secret)
	token := keys.Seal(full())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := keys.Open(token, decided); err != nil {
			b.Fatal(err)
		}
	}
}
