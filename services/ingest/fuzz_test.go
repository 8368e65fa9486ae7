package ingest_test

import (
	"net/http"
	"strings"
	"testing"

	"rapport/services/ingest"
)

// FuzzKeys reads any text as write keys: what is taken can be looked up and used, and errors never
// tell a key.
func FuzzKeys(f *testing.F) {
	for _, text := range []string{"shop:secret", "a:b,c:d\n# x\ne:f", "web:pk:browser;origin=https://shop.example;rate=5", "a:b:c:d", ":", "a:hush:rate=x", "x:y:browser;;"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		set, err := ingest.ParseKeys(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "write keys: ") {
				t.Errorf("the error is %v", err)
			}
			return
		}
		if k, ok := set.Lookup(""); ok {
			t.Errorf("no key is the key of %v", k)
		}
		for _, line := range strings.Split(text, "\n") {
			line, _, _ = strings.Cut(line, "#")
			for _, entry := range strings.Split(line, ",") {
				name, rest, _ := strings.Cut(strings.TrimSpace(entry), ":")
				key, _, _ := strings.Cut(rest, ":")
				if k, ok := set.Lookup(strings.TrimSpace(key)); strings.TrimSpace(entry) != "" && (!ok || k.Source != strings.TrimSpace(name)) {
					t.Errorf("the key of %q is of %v, %v", name, k, ok)
				}
			}
		}
	})
}

// FuzzGzip posts any bytes as a compressed body: nothing but JSON inside gets in.
func FuzzGzip(f *testing.F) {
	f.Add(zipped(f, []byte(batchOf(0, 2))))
	f.Add(zipped(f, []byte(strings.Repeat(" ", 1<<20))))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, body []byte) {
		a := send(t, newService(t, &recording{}, nil).Handler(), http.MethodPost, "/v1/batch", body, map[string]string{
			"Content-Encoding": "gzip", "Authorization": "Bearer secret",
		})
		if a.status != http.StatusOK && a.status != http.StatusBadRequest && a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("answered %d %s", a.status, a.body)
		}
	})
}

// FuzzProducts posts any bytes as products: each record has its result.
func FuzzProducts(f *testing.F) {
	for _, body := range []string{`{"product_id":"p"}`, `[{"product_id":1},{}]`, "{\"product_id\":\"a\"}\n{\"product_id\":\"b\"}\n", "[", "{}{}", "null"} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s := &shelf{}
		a := post(t, newService(t, &recording{}, func(o *ingest.Options) { o.Catalogue = s }).Handler(), "/v1/products", string(body))
		var got struct {
			Accepted int
			Results  []struct{ Status string }
			Rejected []struct{ Index int }
		}
		a.into(t, &got)
		if a.status == http.StatusOK && (got.Accepted != len(s.told) || got.Accepted+len(got.Rejected) != len(got.Results)) {
			t.Errorf("answered %s, stored %d", a.body, len(s.told))
		}
		if a.status != http.StatusOK && len(s.told) > 0 || a.status >= 500 {
			t.Errorf("answered %d %s, stored %d", a.status, a.body, len(s.told))
		}
	})
}
