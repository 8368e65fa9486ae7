package dkim

import (
	"bytes"
	"crypto"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	msgauth "github.com/emersion/go-msgauth/dkim"
)

var signedAt = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// someKeys makes keys once for all tests: RSA takes its time.
var someKeys = sync.OnceValue(func() map[string]crypto.Signer {
	keys := map[string]crypto.Signer{}
	for _, algorithm := range []string{"rsa", "ed25519"} {
		text, err := NewKey(algorithm)
		if err == nil {
			keys[algorithm], err = ReadKey(text)
		}
		if err != nil {
			panic(err)
		}
	}
	return keys
})

// ring has a key of each of the algorithms for shop.example; the selectors are their names.
func ring(t testing.TB, algorithms ...string) *Ring {
	t.Helper()
	var keys []Key
	for _, a := range algorithms {
		keys = append(keys, Key{Domain: "shop.example", Selector: a, Private: someKeys()[a]})
	}
	r, err := NewRing(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// zone answers for the records of the keys.
func zone(t testing.TB, r *Ring) func(string) ([]string, error) {
	t.Helper()
	records := map[string]string{}
	for _, domain := range r.Domains() {
		for _, k := range r.Keys(domain) {
			record, err := Record(k.Private)
			if err != nil {
				t.Fatal(err)
			}
			records[k.Selector+"._domainkey."+domain] = strings.Join(Strings(record), "")
		}
	}
	return func(name string) ([]string, error) {
		if record, ok := records[strings.TrimSuffix(name, ".")]; ok {
			return []string{record}, nil
		}
		return nil, fmt.Errorf("%s is not in the zone", name)
	}
}

// header has every field that is covered; %s is where a test adds another.
const header = "From: =?utf-8?q?Bl=C3=BCm?= <shop@shop.example>\r\nTo: <ann@example.com>\r\nSubject: Your  order\r\n\tis on its way\r\n" +
	"Date: Mon, 02 Mar 2026 09:00:00 +0000\r\nMessage-ID: <0123.7@shop.example>\r\nReply-To: <care@shop.example>\r\n" +
	"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n" +
	"List-Unsubscribe: <https://news.shop.example/u/abc>, <mailto:u@shop.example>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" +
	"List-Id: <marketing.shop.example>\r\nList-Help: <https://shop.example/help>\r\nFeedback-ID: a:b:email:shop.example\r\nAuto-Submitted: auto-generated\r\n" +
	"Precedence: bulk\r\nIn-Reply-To: <1@shop.example>\r\nReferences: <1@shop.example>\r\nX-Rapport-Ref: 0123.7\r\n"

const text = "Hello  Ann,\t \r\n\r\n  two spaces and a tab:\t.\r\n.\r\ngood bye \r\n\r\n\r\n"

// sign signs and returns the whole mail.
func sign(t testing.TB, r *Ring, mail string) []byte {
	t.Helper()
	fields, err := r.Signer("shop.example", signedAt).Sign([]byte(mail), signedAt)
	if err != nil {
		t.Fatal(err)
	}
	return append(fields, mail...)
}

// valid is how many signatures a mail has and how many of them another library finds right.
func valid(t testing.TB, r *Ring, mail []byte) (signatures, right int) {
	t.Helper()
	all, err := msgauth.VerifyWithOptions(bytes.NewReader(mail), &msgauth.VerifyOptions{LookupTXT: zone(t, r)})
	if err != nil {
		return 0, 0
	}
	for _, v := range all {
		if v.Err == nil && v.Domain == "shop.example" {
			right++
		}
	}
	return len(all), right
}

// TestVerified: whatever the body looks like, another library verifies each signature.
func TestVerified(t *testing.T) {
	t.Parallel()
	for _, algorithms := range [][]string{{"rsa"}, {"ed25519"}, {"rsa", "ed25519"}} {
		r := ring(t, algorithms...)
		for name, body := range map[string]string{
			"text": text, "empty": "", "empty lines": "\r\n\r\n\r\n", "only spaces": " \t \r\n  ", "no end": "no line end",
			"leading lines": "\r\n\r\nlate", "long": strings.Repeat("a  long\tline of words ", 4000) + "\r\n", "many lines": strings.Repeat("word\r\n\r\n", 9000),
		} {
			all, right := valid(t, r, sign(t, r, header+"\r\n"+body))
			if all != len(algorithms) || right != all {
				t.Errorf("%v, %s: %d of %d signatures verified, want %d", algorithms, name, right, all, len(algorithms))
			}
		}
	}
}

// TestSteady: the same keys and mail are signed the same, to the byte, and white space that servers change does not matter.
func TestSteady(t *testing.T) {
	t.Parallel()
	r := ring(t, "rsa", "ed25519")
	signed := sign(t, r, header+"\r\n"+text)
	if !bytes.Equal(signed, sign(t, r, header+"\r\n"+text)) {
		t.Error("the same mail is signed in two ways")
	}
	for _, line := range strings.Split(string(signed), "\r\n") {
		if len(line) > 78 && !strings.HasPrefix(line, "List-Unsubscribe:") {
			t.Errorf("a line of %d characters: %s", len(line), line)
		}
	}
	folded := strings.NewReplacer("Subject: Your  order\r\n\tis", "SUBJECT:Your order is", "good bye \r\n\r\n\r\n", "good bye\r\n", "Hello  Ann,\t ", "Hello Ann,").Replace(string(signed))
	if all, right := valid(t, r, []byte(folded)); folded == string(signed) || all != 2 || right != 2 {
		t.Errorf("%d of %d signatures survive other white space, want 2 of 2", right, all)
	}
}

// TestChanged: a change of any signed field, of the body, and a second field of what a reader sees break all signatures.
func TestChanged(t *testing.T) {
	t.Parallel()
	r := ring(t, "rsa", "ed25519")
	signed := string(sign(t, r, header+"\r\n"+text))
	broken := func(name, mail string) {
		t.Helper()
		if mail == signed {
			t.Errorf("%s: the test changes nothing", name)
		}
		if _, right := valid(t, r, []byte(mail)); right != 0 {
			t.Errorf("%s: %d signatures still verify", name, right)
		}
	}
	for _, line := range strings.Split(strings.ReplaceAll(header, "\r\n\t", " "), "\r\n") {
		name, _, ok := strings.Cut(line, ": ")
		if !ok {
			continue
		}
		broken(name+" changed", strings.Replace(signed, "\r\n"+name+": ", "\r\n"+name+": x", 1))
		start := strings.Index(signed, "\r\n"+name+":")
		end := start + 2 + strings.Index(signed[start+2:], "\r\n")
		if signed[end+2] == '\t' {
			end += 2 + strings.Index(signed[end+2:], "\r\n")
		}
		broken(name+" removed", signed[:start]+signed[end:])
	}
	for _, name := range Oversigned() {
		broken("a second "+name+" before", strings.Replace(signed, "\r\nFrom:", "\r\n"+name+": x\r\nFrom:", 1))
		broken("a second "+name+" behind", strings.Replace(signed, "\r\n\r\n", "\r\n"+name+": x\r\n\r\n", 1))
	}
	broken("a word of the body", strings.Replace(signed, "good", "Good", 1))
	broken("text behind", signed+"and more\r\n")
	broken("a line taken away", strings.Replace(signed, ".\r\ngood", "good", 1))
	broken("white space put in", strings.Replace(signed, "good", "go od", 1))
}

// TestRotation: the key that came into force last signs, and a key without a date did so first.
func TestRotation(t *testing.T) {
	t.Parallel()
	r, err := NewRing(
		Key{Domain: "Shop.example", Selector: "old", Private: someKeys()["ed25519"]},
		Key{Domain: "shop.example", Selector: "new", Private: someKeys()["ed25519"], From: signedAt},
		Key{Domain: "shop.example", Selector: "rsa", Private: someKeys()["rsa"], From: signedAt.AddDate(0, 1, 0)},
		Key{Domain: "news.shop.example", Selector: "news", Private: someKeys()["ed25519"]},
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		domain string
		at     time.Time
		want   string
	}{
		{"shop.example", signedAt.Add(-time.Second), "shop.example/old"},
		{"SHOP.example", signedAt, "shop.example/new"},
		{"shop.example", signedAt.AddDate(0, 2, 0), "shop.example/rsa shop.example/new"},
		{"mail.shop.example", signedAt, "shop.example/new"},
		{"news.shop.example", signedAt, "news.shop.example/news"},
		{"notshop.example", signedAt, ""},
		{"example", signedAt, ""},
	} {
		var got []string
		if s := r.Signer(tc.domain, tc.at); s != nil {
			for _, k := range s.keys {
				got = append(got, k.Domain+"/"+k.Selector)
			}
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s at %v is signed by %q, want %q", tc.domain, tc.at, got, tc.want)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	good := Key{Domain: "shop.example", Selector: "a", Private: someKeys()["ed25519"]}
	for want, keys := range map[string][]Key{
		"domain is no name":      {{Domain: "shop example", Selector: "a", Private: good.Private}},
		"as in 2026a":            {{Domain: "shop.example", Selector: "a;d=evil.example", Private: good.Private}},
		"neither RSA nor":        {{Domain: "shop.example", Selector: "a"}},
		"two DKIM keys":          {good, good},
		"shorter than 2048 bits": {{Domain: "shop.example", Selector: "a", Private: short(t)}},
	} {
		if _, err := NewRing(keys...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	for _, text := range []string{"", "secret", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n", "-----BEGIN CERTIFICATE-----\nc2VjcmV0\n-----END CERTIFICATE-----\n"} {
		if _, err := ReadKey([]byte(text)); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("ReadKey(%q): %v", text, err)
		}
	}
	s := ring(t, "ed25519").Signer("shop.example", signedAt)
	for _, mail := range []string{"", "To: a@b.example\r\n\r\nx", "no header\r\n\r\nx"} {
		if _, err := s.Sign([]byte(mail), signedAt); err == nil {
			t.Errorf("%q was signed", mail)
		}
	}
}

// TestRecord: a record's strings fit a zone file.
func TestRecord(t *testing.T) {
	t.Parallel()
	for algorithm, strs := range map[string]int{"rsa": 2, "ed25519": 1} {
		record, err := Record(someKeys()[algorithm])
		if err != nil {
			t.Fatal(err)
		}
		parts := Strings(record)
		if len(parts) != strs || strings.Join(parts, "") != record || !strings.HasPrefix(record, "v=DKIM1; k="+algorithm+"; p=") {
			t.Errorf("%s: %d strings of %q, want %d", algorithm, len(parts), record, strs)
		}
		for _, p := range parts {
			if len(p) > maxString {
				t.Errorf("a string of %d octets", len(p))
			}
		}
	}
}

// FuzzSign: no mail breaks it, and what is signed has as many fields of signatures as there are keys.
func FuzzSign(f *testing.F) {
	f.Add("From: a@shop.example\r\n", "x\r\n")
	f.Add("From:a\r\n b\r\nTo :c\r\n", " \r\n\r\n")
	r := ring(f, "ed25519")
	signer := r.Signer("shop.example", signedAt)
	f.Fuzz(func(t *testing.T, header, body string) {
		signed, err := signer.Sign([]byte(header+"\r\n"+body), signedAt)
		if err != nil {
			return
		}
		if fields, _, err := split(signed); err != nil || len(fields) != 1 || fields[0].name != "dkim-signature" {
			t.Errorf("%q is no single field (%v)", signed, err)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	mail := []byte(header + "\r\n" + strings.Repeat(strings.Repeat("td { padding: 4px } ", 3)+"=\r\n", 650)) // 40 KB
	for _, algorithms := range [][]string{{"rsa"}, {"ed25519"}, {"rsa", "ed25519"}} {
		b.Run(strings.Join(algorithms, "+"), func(b *testing.B) {
			s := ring(b, algorithms...).Signer("shop.example", signedAt)
			b.SetBytes(int64(len(mail)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Sign(mail, signedAt); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
