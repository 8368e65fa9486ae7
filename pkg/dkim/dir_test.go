package dkim

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestReadDir(t *testing.T) {
	t.Parallel()
	key := func(algorithm string) []byte {
		text, err := NewKey(algorithm)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	from := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	dir := fstest.MapFS{
		FileName("shop.example", "2026a-rsa"): {Data: key("rsa")},
		FileName("shop.example", "2026a"):     {Data: key("ed25519")},
		FileName("shop.example", "2026b"):     {Data: FileText(from, key("ed25519"))},
		"..data/x._domainkey.shop.example":    {Data: []byte("x")},
		"README":                              {Data: []byte("x")},
	}
	r, err := ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Time]string{from.Add(-1): "2026a-rsa 2026a", from: "2026a-rsa 2026b"} {
		var got []string
		for _, k := range r.Signer("shop.example", at).keys {
			got = append(got, k.Selector)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("at %v %v sign, want %s", at, got, want)
		}
	}
	for want, text := range map[string]string{"no PEM file": "x", "such as 2026-04-01": "Signs-From: soon\n" + string(key("ed25519"))} {
		bad := fstest.MapFS{FileName("shop.example", "a"): {Data: []byte(text)}}
		if _, err := ReadDir(bad); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "a._domainkey.shop.example.pem") {
			t.Errorf("error %v, want one with %q and the file's name", err, want)
		}
	}
}
